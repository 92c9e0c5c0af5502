"""Comparisons: the same splits for all, scores, refusals."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

from mnist_estimators import compare_estimators

COLUMNS = [
    "accuracy_mean",
    "accuracy_std",
    "log_loss_mean",
    "fit_seconds",
    "predict_microseconds",
    "model_size_bytes",
]


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on and guesses the first class."""

    def __init__(self, log, takes_images=False):
        self.log = log
        self.takes_images = takes_images

    def __sklearn_clone__(self):
        return Recorder(self.log, self.takes_images)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = self.takes_images
        return tags

    def fit(self, X, y):
        self.log.append(X)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_there_is_a_row_for_each_estimator_in_the_given_order(digits):
    results = compare_estimators(
        {"dummy": DummyClassifier(), "bayes": GaussianNB()}, *digits
    )

    assert results.index.tolist() == ["dummy", "bayes"]
    assert results.index.name == "estimator"
    assert results.columns.tolist() == COLUMNS
    assert (results[["fit_seconds", "predict_microseconds"]] > 0).all(axis=None)
    assert (results["model_size_bytes"] > 100).all()


def test_scores_are_those_of_cross_val_score_on_shuffled_stratified_folds(digits):
    model = LinearDiscriminantAnalysis()
    folds = StratifiedKFold(4, shuffle=True, random_state=7)
    accuracy = cross_val_score(model, *digits, cv=folds)
    loss = -cross_val_score(model, *digits, cv=folds, scoring="neg_log_loss")

    row = compare_estimators({"lda": model}, *digits, cv=4, random_state=7).loc["lda"]

    assert row["accuracy_mean"] == pytest.approx(accuracy.mean())
    assert row["accuracy_std"] == pytest.approx(accuracy.std())
    assert row["log_loss_mean"] == pytest.approx(loss.mean())


def test_without_probabilities_there_is_no_log_loss(digits):
    results = compare_estimators({"svc": LinearSVC(random_state=0)}, *digits, cv=2)

    assert np.isnan(results.loc["svc", "log_loss_mean"])


@pytest.mark.parametrize(
    "cv", [3, KFold(3, shuffle=True, random_state=0), iter([([0, 1, 2], [3])])]
)
def test_all_estimators_are_fitted_on_the_very_same_images(digits, cv):
    first, second = [], []

    compare_estimators({"a": Recorder(first), "b": Recorder(second)}, *digits, cv=cv)

    assert len(first) == len(second) > 0
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_seed_decides_the_folds(digits):
    def scores(seed):
        results = compare_estimators(
            {"bayes": GaussianNB()}, *digits, random_state=seed
        )
        return results["accuracy_mean"].item()

    assert scores(0) == scores(0)
    assert scores(0) != scores(1)


def test_the_estimators_handed_in_stay_unfitted(digits):
    model = GaussianNB()

    compare_estimators({"bayes": model}, *digits)

    with pytest.raises(NotFittedError):
        check_is_fitted(model)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (16, 4)])
def test_stacked_images_come_as_rows_unless_the_estimator_takes_images(digits, shape):
    X, y = digits
    rows, images = [], []

    compare_estimators(
        {"rows": Recorder(rows), "images": Recorder(images, takes_images=True)},
        X.reshape(-1, *shape),
        y,
    )

    assert {x.shape[1:] for x in rows} == {(64,)}
    assert {x.shape[1:] for x in images} == {shape}


@pytest.mark.parametrize(
    "inside",
    [
        lambda estimator: make_pipeline("passthrough", estimator),
        lambda estimator: GridSearchCV(estimator, {}, cv=2),
    ],
    ids=["pipeline", "search"],
)
def test_stacked_images_keep_their_shape_inside_of_containers(digits, inside):
    X, y = digits
    images = []
    recorder = Recorder(images, takes_images=True)

    compare_estimators({"images": inside(recorder)}, X.reshape(-1, 16, 4), y)

    assert {x.shape[1:] for x in images} == {(16, 4)}


def test_lists_data_frames_and_text_labels_are_accepted(digits):
    X, y = digits
    names = np.array([f"digit {label}" for label in y])
    expected = compare_estimators({"bayes": GaussianNB()}, X, y)["accuracy_mean"].item()

    for data in (X.tolist(), X.reshape(-1, 8, 8).tolist(), pd.DataFrame(X)):
        for labels in (names, names.tolist(), pd.Series(names, index=names)):
            results = compare_estimators({"bayes": GaussianNB()}, data, labels)
            assert results["accuracy_mean"].item() == expected


def test_a_class_that_a_training_fold_lacks_has_probability_zero(digits):
    X, y = digits
    without_zero = np.flatnonzero(y > 0)
    zeros = np.flatnonzero(y == 0)

    results = compare_estimators(
        {"dummy": DummyClassifier()}, X, y, cv=[(without_zero, zeros)]
    )

    assert results.loc["dummy", "accuracy_mean"] == 0
    assert 30 < results.loc["dummy", "log_loss_mean"] < np.inf


def test_an_estimator_that_fails_is_named(digits):
    class Broken(GaussianNB):
        def predict(self, X):
            raise ZeroDivisionError("no luck")

    with pytest.raises(
        RuntimeError, match=r"'broken' .* fold 1 of 3.* no luck"
    ) as error:
        compare_estimators({"fine": GaussianNB(), "broken": Broken()}, *digits)

    assert isinstance(error.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("estimators", "options", "error", "message"),
    [
        ([GaussianNB()], {}, TypeError, "estimators must be a mapping"),
        ({}, {}, ValueError, "estimators must hold at least one"),
        ({"nb": GaussianNB()}, {"cv": 1}, ValueError, "cv must be at least 2"),
        ({"nb": GaussianNB()}, {"cv": []}, ValueError, "cv must give at least one"),
        ({"nb": GaussianNB}, {}, RuntimeError, "'nb' failed"),
        ({"nb": "GaussianNB"}, {}, RuntimeError, "'nb' failed"),
    ],
)
def test_wrong_arguments_are_named(digits, estimators, options, error, message):
    with pytest.raises(error, match=message):
        compare_estimators(estimators, *digits, **options)


def test_wrong_data_are_refused(digits):
    X, y = digits

    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        compare_estimators({"bayes": GaussianNB()}, X, y[:-1])
    with pytest.raises(ValueError, match="channels"):
        compare_estimators({"bayes": GaussianNB()}, np.zeros((300, 8, 8, 3)), y)
    with pytest.raises(ValueError, match=r"^X has \d+ masked values"):
        compare_estimators({"bayes": GaussianNB()}, np.ma.masked_equal(X, 16), y)
