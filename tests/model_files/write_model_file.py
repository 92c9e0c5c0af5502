"""Write a file of the present format, and what it predicts, from the repository's root.

Run this once, after FORMAT_VERSION is raised and before a version with it is released.
From then on the file must stay as it is.
"""

import json
from pathlib import Path

import keras
import numpy as np

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
    save_model,
)
from mnist_estimators.augmentation import AffineAugmenter
from mnist_estimators.persistence._manifest import FORMAT_VERSION

FOLDER = Path(__file__).parent
LABELS = np.array(["null", "eins", "zwei"])
N_EPOCHS = 150  # a history that is stored as an array


def main() -> None:
    rng = np.random.default_rng(0)
    targets = np.arange(240) % 3
    X = rng.integers(0, 120, (240, 4, 4)).astype(np.uint8)
    X[np.arange(240), targets] += 100  # the row of the class is brighter
    X, y = X.reshape(240, 16), LABELS[targets]
    small = {"epochs": 3, "random_state": 0, "image_shape": (4, 4)}
    dense = DenseDigitClassifier(
        hidden_layer_sizes=(6,),
        dropout=0.1,
        batch_normalization=True,
        optimizer=keras.optimizers.SGD(0.1, momentum=0.9),
        class_weight={0: 1.0, 1: 2.0},
        warm_start=True,
        **small,
    )
    cnn = CNNDigitClassifier(
        filters=(2, (3, 3)),
        dense_layer_sizes=(5,),
        spatial_dropout=0.1,
        augmenter=AffineAugmenter(),
        early_stopping=True,
        validation_fraction=0.2,
        **small,
    )
    numpy = NumpyDigitClassifier(
        hidden_layer_sizes=(5,), **{**small, "epochs": N_EPOCHS}
    )
    members = [("dense", dense), ("cnn", cnn), ("numpy", numpy)]
    vote = DigitVotingClassifier(members, voting="soft", weights=[1.0, 1.0, 2.0])
    vote.fit(X[:200], y[:200])
    name = f"format-{FORMAT_VERSION}"
    save_model(vote, FOLDER / f"{name}-networks.model")
    probabilities = vote.predict_proba(X[200:210]).round(8).tolist()
    told = {"X": X[200:210].tolist(), "networks": probabilities}
    (FOLDER / f"{name}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
