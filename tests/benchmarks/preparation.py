"""Measure what augmentation and preprocessing cost, and what they gain, on MNIST.

``python tests/benchmarks/preparation.py`` runs every part and writes what it found to
``docs/benchmarks/preparation.csv``. Nothing is chosen on the test images: networks,
epochs and augmenters are the defaults or stand here.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from parts import (
    Row,
    gains_table,
    mnist,
    run_parts,
    scans_of_test_images,
    seconds_of,
    seconds_table,
)
from threadpoolctl import threadpool_limits


def tutorial_cnn(**settings: Any) -> Any:
    """Make the CNN of the tutorials: 32C3-P2-64C3-P2-128."""
    from mnist_estimators import recipes

    return recipes.simple_cnn().set_params(**settings)


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
    limits = threadpool_limits(1)  # of NumPy's matrix products
    for augmenter in (
        AffineAugmenter(shear=5.0),
        ElasticAugmenter(),
        ErasingAugmenter(),
        DigitAugmenter(),
    ):
        augmenter.fit(X)
        make_variants = partial(augmenter.augment, X, random_state=0)
        for seconds in seconds_of(make_variants):
            yield "variants of 60,000 images", type(augmenter).__name__, seconds
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
    for name, warp in alternatives:
        for seconds in seconds_of(warp):
            yield "60,000 affine warps, one by one, matrix given", name, 10 * seconds
    limits.restore_original_limits()


def epochs() -> Iterator[Row]:
    """Time an epoch of the CNN with augmentation and without, in turn."""
    from mnist_estimators.augmentation import DigitAugmenter

    X, y, *_ = mnist()
    estimators = {
        name: tutorial_cnn(random_state=0, augmenter=augmenter).set_params(epochs=3)
        for name, augmenter in [("without", None), ("with", DigitAugmenter())]
    }
    estimators["without"].fit(X[:1000], y[:1000])
    for _ in range(4):
        for name, estimator in estimators.items():
            for seconds in seconds_of(partial(estimator.fit, X, y), repeats=1):
                yield "one epoch of the CNN", name, seconds / 3


NAMES = ("rotation", "translation", "zoom", "shear", "alpha", "sigma")
SETTINGS = [
    (5.0, 0.05, 0.05, 3.0, 0.3, 4.0),
    (7.0, 0.05, 0.07, 5.0, 0.0, 4.0),
    (7.0, 0.05, 0.07, 5.0, 0.5, 4.0),
    (7.0, 0.05, 0.1, 5.0, 0.6, 6.0),
    (10.0, 0.04, 0.1, 8.0, 0.4, 6.0),
    (10.0, 0.06, 0.1, 8.0, 0.0, 4.0),
    (10.0, 0.06, 0.1, 8.0, 0.8, 4.0),
    (10.0, 0.06, 0.1, 8.0, 1.2, 4.0),
    (10.0, 0.06, 0.1, 8.0, 1.2, 6.0),
    (10.0, 0.1, 0.1, 8.0, 0.8, 4.0),
    (12.0, 0.08, 0.15, 12.0, 0.8, 4.0),
    (12.0, 0.1, 0.15, 12.0, 1.2, 4.0),
]


def settings() -> Iterator[Row]:
    """Compare settings of DigitAugmenter on two splits of the training images."""
    from sklearn.model_selection import GridSearchCV, StratifiedShuffleSplit

    from mnist_estimators.augmentation import DigitAugmenter

    X, y, *_ = mnist()
    augmenters = [
        DigitAugmenter(**dict(zip(NAMES, values, strict=True))) for values in SETTINGS
    ]
    splits = StratifiedShuffleSplit(2, test_size=10_000, random_state=0)
    search = GridSearchCV(
        tutorial_cnn(random_state=0),
        {"augmenter": [None, *augmenters]},
        cv=splits,
        refit=False,
    )
    scores = search.fit(X, y).cv_results_["mean_test_score"]
    for values, score in zip([None, *SETTINGS], scores, strict=True):
        yield "held-out training images", str(values), score


def cnn() -> Iterator[Row]:
    """Train the CNN with five seeds, with an augmenter and without."""
    from mnist_estimators.augmentation import DigitAugmenter

    X, y, X_test, y_test = mnist()
    for schedule in ("one_cycle", None):
        rate = "constant learning rate" if schedule is None else "one cycle"
        for name, augmenter in [("without", None), ("with", DigitAugmenter())]:
            for seed in range(5):
                classifier = tutorial_cnn(
                    augmenter=augmenter,
                    learning_rate_schedule=schedule,
                    random_state=seed,
                )
                score = classifier.fit(X, y).score(X_test, y_test)
                yield f"CNN 32C3-64C3-128, {rate}: DigitAugmenter", name, score


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
    for name, classifier in [("without", svc), ("with", augmented)]:
        score = classifier.fit(X[:10_000], y[:10_000]).score(X_test, y_test)
        yield "RBF-SVM on 10,000 images: AugmentedClassifier", name, score


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
        for kind, steps in [("without", ()), ("with", (Deskewer(),))]:
            pipeline = make_pipeline(*steps, MinMaxScaler(clip=True), classifier)
            score = pipeline.fit(X, y).score(X_test, y_test)
            yield f"{name}: Deskewer", kind, score


def scans() -> Iterator[Row]:
    """Read simulated scans of the test images with the CNN of clean images."""
    from scans import naively_resized

    from mnist_estimators.augmentation import DigitAugmenter
    from mnist_estimators.preprocessing import DigitCanonicalizer

    X, y, X_test, y_test = mnist()
    classifier = tutorial_cnn(random_state=0, augmenter=DigitAugmenter()).fit(X, y)
    pictures = scans_of_test_images()
    canonical = DigitCanonicalizer().fit_transform(pictures)
    naive = naively_resized(pictures).reshape(-1, 784)
    work = "the CNN with augmenter on simulated scans: DigitCanonicalizer"
    clean = classifier.score(X_test, y_test)
    yield "the CNN with augmenter on clean images", "without", clean
    yield work, "without", classifier.score(naive, y_test)
    yield work, "with", classifier.score(canonical, y_test)


PARTS = {
    part.__name__: part
    for part in (speed, epochs, settings, cnn, svm, deskewing, scans)
}


def settings_table(found: pd.DataFrame) -> str:
    """Write what the settings of the augmenter reached in validation."""
    lines = [f"| {', '.join(NAMES)} | accuracy |", "|---|---|"]
    lines += [
        f"| {row.variant.strip('()')} | {100 * row.value:.2f} % |"
        for row in found.itertuples()
    ]
    return "\n".join(lines) + "\n"


def write_tables(found: pd.DataFrame, path: Path) -> None:
    parts = found["part"]
    is_timed = parts.isin(["speed", "epochs"])
    is_gain = ~is_timed & (parts != "settings")
    text = "# What augmentation and preprocessing gain, and cost\n\n"
    text += "Made by `python tests/benchmarks/preparation.py`.\n\n"
    text += gains_table(found[is_gain]) + "\n"
    text += "Settings of DigitAugmenter with the CNN, one cycle, on two splits of the "
    text += "training images into 50,000 and 10,000:\n\n"
    text += settings_table(found[parts == "settings"]) + "\n"
    text += "Times; all but the epochs of the CNN ran on one core:\n\n"
    text += seconds_table(found[is_timed])
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run_parts(__doc__, PARTS, "preparation", write_tables)
