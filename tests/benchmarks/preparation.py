"""Measure what augmentation and preprocessing cost, and what they gain, on MNIST.

``python tests/benchmarks/preparation.py`` runs every part and writes what it found to
``docs/benchmarks/preparation.csv``. Nothing is chosen on the test images: networks,
epochs and augmenters are the defaults or stand here.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parents[2] / "docs" / "benchmarks"
Row = tuple[str, str, float]


def mnist() -> Any:
    from mnist_estimators import load_mnist

    X, y = load_mnist(subset="train")
    X_test, y_test = load_mnist(subset="test")
    return X, y.astype(int), X_test, y_test.astype(int)


def tutorial_cnn(**settings: Any) -> Any:
    """Make the CNN of the tutorials: 32C3-P2-64C3-P2-128."""
    from mnist_estimators import CNNDigitClassifier

    return CNNDigitClassifier(
        filters=(32, 64),
        padding="valid",
        dense_layer_sizes=(128,),
        dropout=0.5,
        epochs=10,
        **settings,
    )


def seconds_of(work: Callable[[], Any], repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return float(np.median(times))


def speed() -> Iterator[Row]:
    """Time 60,000 images on one core, beside what other libraries take."""
    import cv2
    from PIL import Image
    from scipy import ndimage

    from mnist_estimators.augmentation import (
        AffineAugmenter,
        DigitAugmenter,
        ElasticAugmenter,
        ErasingAugmenter,
    )

    X, *_ = mnist()
    cv2.setNumThreads(1)
    for augmenter in (
        AffineAugmenter(shear=5.0),
        ElasticAugmenter(),
        ErasingAugmenter(),
        DigitAugmenter(),
    ):
        augmenter.fit(X)
        name = type(augmenter).__name__
        yield (
            "60,000 images, one core",
            f"{name} s",
            seconds_of(
                lambda augmenter=augmenter: augmenter.augment(X, random_state=0)
            ),
        )
    images = X[:6_000].reshape(-1, 28, 28)
    matrix = np.array([[0.95, 0.1], [-0.1, 0.95]])

    def one_by_one_opencv() -> None:
        full = np.column_stack([matrix, [1.0, 1.0]])
        for image in images:
            cv2.warpAffine(image, full, (28, 28))

    def one_by_one_scipy() -> None:
        for image in images:
            ndimage.affine_transform(image, matrix, order=1)

    def one_by_one_pillow() -> None:
        data = (0.95, 0.1, 1.0, -0.1, 0.95, 1.0)
        for image in images:
            Image.fromarray(image).transform(
                (28, 28), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
            )

    alternatives = [
        ("cv2.warpAffine", one_by_one_opencv),
        ("scipy.ndimage", one_by_one_scipy),
        ("Pillow", one_by_one_pillow),
    ]
    for name, work in alternatives:
        yield (
            "60,000 affine warps one by one, matrix given",
            f"{name} s",
            10 * seconds_of(work),
        )


def epochs() -> Iterator[Row]:
    """Time an epoch of the CNN with augmentation and without, in turn."""
    from mnist_estimators.augmentation import DigitAugmenter

    X, y, *_ = mnist()
    estimators = {
        name: tutorial_cnn(random_state=0, augmenter=augmenter).set_params(epochs=3)
        for name, augmenter in [("without", None), ("with", DigitAugmenter())]
    }
    estimators["without"].fit(X[:1000], y[:1000])
    times: dict[str, list[float]] = {name: [] for name in estimators}
    for _ in range(4):
        for name, estimator in estimators.items():
            started = time.perf_counter()
            estimator.fit(X, y)
            times[name].append((time.perf_counter() - started) / 3)
    for name, values in times.items():
        yield "epoch of the CNN", f"{name} augmenter s", float(np.median(values))
    ratios = np.array(times["with"]) / np.array(times["without"])
    yield "epoch of the CNN", "ratio", float(np.median(ratios))


def cnn() -> Iterator[Row]:
    """Train the CNN with five seeds, with an augmenter and without."""
    from mnist_estimators.augmentation import DigitAugmenter

    X, y, X_test, y_test = mnist()
    for name, augmenter in [("without", None), ("with", DigitAugmenter())]:
        scores = []
        for seed in range(5):
            classifier = tutorial_cnn(random_state=seed, augmenter=augmenter)
            scores.append(classifier.fit(X, y).score(X_test, y_test))
            yield "CNN, 10 epochs", f"{name} augmenter, seed {seed}", scores[-1]
        yield "CNN, 10 epochs", f"{name} augmenter, mean", float(np.mean(scores))
        yield "CNN, 10 epochs", f"{name} augmenter, SD", float(np.std(scores, ddof=1))


def svm() -> Iterator[Row]:
    """Train an SVM on 10,000 images, with augmented copies and without."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler
    from sklearn.svm import SVC

    from mnist_estimators import AugmentedClassifier
    from mnist_estimators.augmentation import DigitAugmenter

    X, y, X_test, y_test = mnist()
    svc = make_pipeline(MinMaxScaler(clip=True), SVC(C=5))
    augmented = AugmentedClassifier(svc, DigitAugmenter(), random_state=0)
    for name, classifier in [("alone", svc), ("AugmentedClassifier", augmented)]:
        score = classifier.fit(X[:10_000], y[:10_000]).score(X_test, y_test)
        yield "RBF-SVM, 10,000 images", name, score


def deskewing() -> Iterator[Row]:
    """Hold raw pixels against straightened ones."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    from mnist_estimators.preprocessing import Deskewer

    X, y, X_test, y_test = mnist()
    for name, classifier in [
        ("3-NN", KNeighborsClassifier(3)),
        ("logistic regression", LogisticRegression(C=0.1, max_iter=300)),
    ]:
        for kind, steps in [("raw", ()), ("deskewed", (Deskewer(),))]:
            pipeline = make_pipeline(*steps, MinMaxScaler(clip=True), classifier)
            yield name, kind, pipeline.fit(X, y).score(X_test, y_test)


def scans() -> Iterator[Row]:
    """Read simulated scans of the test images with the CNN of clean images."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from scans import naively_resized, simulate_scans

    from mnist_estimators.augmentation import DigitAugmenter
    from mnist_estimators.preprocessing import DigitCanonicalizer

    X, y, X_test, y_test = mnist()
    classifier = tutorial_cnn(random_state=0, augmenter=DigitAugmenter()).fit(X, y)
    pictures = simulate_scans(X_test.reshape(-1, 28, 28), seed=0)
    canonical = DigitCanonicalizer().fit_transform(pictures)
    naive = naively_resized(pictures).reshape(-1, 784)
    for name, images in [
        ("clean images", X_test),
        ("scans through DigitCanonicalizer", canonical),
        ("scans resized", naive),
    ]:
        yield "CNN with augmenter", name, classifier.score(images, y_test)


PARTS = {part.__name__: part for part in (speed, epochs, cnn, svm, deskewing, scans)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    if arguments.only == ["speed"]:
        # NumPy's matrix product must keep to one core as well.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    path = arguments.folder / "preparation.csv"
    found = pd.read_csv(path) if path.exists() else pd.DataFrame()
    for name in arguments.only:
        if len(found):
            found = found[found["part"] != name]
        for work, what, value in PARTS[name]():
            print(f"{work}: {what}: {value:.4f}", flush=True)
            row = {"part": name, "work": work, "what": what, "value": value}
            found = pd.concat([found, pd.DataFrame([row])], ignore_index=True)
            found.to_csv(path, index=False)


if __name__ == "__main__":
    main()
