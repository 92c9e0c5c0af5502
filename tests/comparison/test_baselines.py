"""The classic baselines: unfitted, seeded, for any range of pixels."""

import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from mnist_estimators import classic_baselines


def test_the_baselines_are_unfitted_and_named():
    baselines = classic_baselines()

    assert list(baselines) == [
        "LogisticRegression",
        "KNeighbors",
        "RandomForest",
        "SVC",
        "HistGradientBoosting",
        "MLP",
    ]
    for estimator in baselines.values():
        with pytest.raises(NotFittedError):
            check_is_fitted(estimator)


@pytest.mark.parametrize("name", classic_baselines())
def test_a_baseline_does_as_well_whatever_the_range_of_the_pixels(digits, name):
    X, y = (array[digits[1] < 3] for array in digits)
    baseline = classic_baselines()[name]

    scores = [
        clone(baseline).fit(X[:60] * scale, y[:60]).score(X[60:] * scale, y[60:])
        for scale in (1 / 16, 1, 255 / 16)
    ]

    assert min(scores) > 0.9
    assert max(scores) - min(scores) < 0.05


def test_the_seed_of_the_baselines_reaches_what_is_random():
    for seed in (0, 5):
        seeds = {
            value
            for estimator in classic_baselines(random_state=seed).values()
            for name, value in estimator.get_params().items()
            if name.endswith("random_state") and value is not None
        }
        assert seeds == {seed}
