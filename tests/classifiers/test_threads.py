"""Estimators that fit and predict in threads at once give what they give alone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from sklearn.base import clone

from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators.augmentation import AffineAugmenter, DigitAugmenter

# Layers that no other test has, so that threads also build and trace networks at once.
DENSE = DenseDigitClassifier(
    hidden_layer_sizes=(11,), dropout=0.3, epochs=3, batch_size=32, random_state=0
)
CNN = CNNDigitClassifier(
    filters=(3,), dense_layer_sizes=(11,), epochs=2, batch_size=32, random_state=0
)
NUMPY = NumpyDigitClassifier(
    hidden_layer_sizes=(11,), epochs=3, validation_fraction=0.2, random_state=0
)
ESTIMATORS = {
    "dense": DENSE,
    "the same network from another seed": clone(DENSE).set_params(random_state=1),
    "batch normalisation": clone(DENSE).set_params(
        batch_normalization=True, optimizer="nadam", early_stopping=True
    ),
    "cnn": CNN,
    "cnn with variants": clone(CNN).set_params(
        augmenter=DigitAugmenter(), batch_normalization=True
    ),
    "numpy": NUMPY,
    "vote": DigitVotingClassifier(DENSE, n_members=2, voting="soft"),
    "augmented": AugmentedClassifier(
        NUMPY, AffineAugmenter(rotation=10), n_copies=1, tta=2, random_state=0
    ),
}


@pytest.fixture(scope="module")
def data(small_digits):
    X, y = small_digits
    return X[:200], y[:200], X[200:260]


def fit_and_predict(estimator, data):
    X, y, X_new = data
    fitted = clone(estimator).fit(X, y)
    return [fitted.predict_proba(X_new) for _ in range(3)]


def test_eight_at_once_give_the_results_of_one_after_the_other(data):
    assert len(ESTIMATORS) == 8
    start = Barrier(8)

    def work(estimator):
        results = []
        for _ in range(3):
            start.wait(timeout=300)
            results.append(fit_and_predict(estimator, data))
        return results

    with ThreadPoolExecutor(8) as pool:
        together = dict(
            zip(ESTIMATORS, pool.map(work, ESTIMATORS.values()), strict=True)
        )
    for name, estimator in ESTIMATORS.items():
        expected = fit_and_predict(estimator, data)
        for found in together[name]:
            np.testing.assert_array_equal(found, expected, name)


def test_eight_threads_predict_with_one_estimator(data):
    X, y, X_new = data
    fitted = clone(CNN).fit(X, y)
    parts = np.array_split(X_new, 8)
    expected = [clone(CNN).fit(X, y).predict_proba(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(fitted.predict_proba, parts)]
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_checkpoints_of_fits_at_once_stay_apart(data, tmp_path):
    X, y, X_new = data
    estimators = [
        clone(DENSE).set_params(
            random_state=seed, checkpoint_dir=tmp_path, warm_start=True
        )
        for seed in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(lambda one: clone(one).fit(X, y), estimators)]
    for estimator, one in zip(estimators, found, strict=True):
        alone = clone(estimator).set_params(checkpoint_dir=None).fit(X, y)
        again = clone(estimator).fit(X, y)
        for fitted in (one, again):
            np.testing.assert_array_equal(
                fitted.predict_proba(X_new), alone.predict_proba(X_new)
            )
