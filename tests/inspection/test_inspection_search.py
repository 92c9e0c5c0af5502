"""The map of a parameter search."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  switches it on
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
)
from sklearn.pipeline import make_pipeline

from mnist_estimators import NumpyDigitClassifier
from mnist_estimators.inspection import GridSearchDisplay


def texts(display):
    return [text.get_text() for text in display.ax_.texts]


class Scored(ClassifierMixin, BaseEstimator):
    """Has the score that its parameters add up to."""

    def __init__(self, a=0.0, b=None, c=0.0, rounds=1):
        self.a = a
        self.b = b
        self.c = c
        self.rounds = rounds

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        extra = {"more": 0.5, (1, 2): 0.25}.get(
            self.b if isinstance(self.b, str | tuple) else None, 0.0
        )
        return self.a + extra + self.c + self.rounds / 64


def search(grid, kind=GridSearchCV, **options):
    X, y = np.zeros((40, 1)), np.arange(40) % 2
    return kind(Scored(), grid, cv=2, **options).fit(X, y)


def test_two_parameters_make_rows_and_columns(draw):
    fitted = search({"a": [0.5, 0.125], "b": [None, "more", (1, 2)]})
    display = draw(GridSearchDisplay.from_estimator(fitted))

    assert (display.row_name, display.column_name) == ("a", "b")
    assert display.row_labels == ["0.125", "0.5"]  # numbers are sorted
    assert display.column_labels == ["None", "more", "(1, 2)"]
    expected = np.array([[0.125, 0.625, 0.375], [0.5, 1.0, 0.75]]) + 1 / 64
    np.testing.assert_allclose(display.scores, expected)
    np.testing.assert_allclose(display.ax_.images[0].get_array(), expected)
    assert texts(display)[:2] == ["0.1406", "0.6406"]
    assert display.ax_.get_title() == "Parameter search: mean accuracy"
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == [
        *("None", "more", "(1, 2)")
    ]


def test_a_frame_marks_what_was_chosen():
    fitted = search({"a": [0.5, 0.125], "b": [None, "more", (1, 2)]})
    display = GridSearchDisplay.from_estimator(fitted)

    assert display.chosen == (1, 1)
    (frame,) = display.ax_.patches
    assert frame.get_xy() == (0.5, 0.5)


def test_other_parameters_are_at_their_best(draw):
    fitted = search({"a": [0.0, 0.5], "b": [None, "more"], "c": [0.125, 0.0]})
    display = draw(GridSearchDisplay.from_estimator(fitted, parameters=["c", "a"]))

    assert display.others == ["b"]
    np.testing.assert_allclose(
        display.scores, np.array([[0.5, 1.0], [0.625, 1.125]]) + 1 / 64
    )
    assert display.ax_.get_title().endswith("\nbest over b")


@pytest.mark.parametrize("parameters", [None, ["a"], "a"])
def test_one_parameter_makes_one_row(draw, parameters):
    fitted = search({"a": [0.25, 0.5], "c": [0.0]})
    display = draw(GridSearchDisplay.from_estimator(fitted, parameters=parameters))

    assert display.scores.shape == (1, 2)
    assert display.row_name == ""
    assert display.column_labels == ["0.25", "0.5"]


def test_grids_with_different_parameters_leave_some_unset(draw):
    fitted = search([{"a": [0.25, 0.5]}, {"a": [0.25], "c": [0.125, 0.25]}])
    display = draw(GridSearchDisplay.from_estimator(fitted))

    assert display.column_labels == ["not set", "0.125", "0.25"]
    assert np.isnan(display.scores[1, 1:]).all()
    assert texts(display).count("-") == 2


def test_objects_are_values_too(draw):
    values = [NumpyDigitClassifier(epochs=3), [1, 2], np.float64(0.25), True]
    fitted = search({"b": values})
    display = draw(GridSearchDisplay.from_estimator(fitted))

    assert display.column_labels == [
        *("NumpyDigitClassifier(ep…", "[1, 2]", "0.25", "True")
    ]


def test_failed_candidates_are_dashes(draw):
    grid = {"a": [0.25, 0.5], "c": [0.0, 0.125]}
    with pytest.warns(UserWarning, match="non-finite"):
        fitted = search(grid, scoring=lambda *_: np.nan)
    display = draw(GridSearchDisplay.from_estimator(fitted))

    assert texts(display) == ["-"] * 4


def test_equal_scores_are_legible(draw):
    fitted = search({"a": [0.25], "b": [None, "none"]})
    display = draw(GridSearchDisplay.from_estimator(fitted))

    assert {text.get_color() for text in display.ax_.texts} == {"white"}


def test_after_halving_a_cell_holds_the_last_round(draw):
    fitted = search(
        {"a": [0.0, 0.25], "b": [None, "more"]},
        HalvingGridSearchCV,
        resource="rounds",
        min_resources=1,
        max_resources=4,
        factor=2,
    )
    display = draw(GridSearchDisplay.from_estimator(fitted))

    assert (display.row_name, display.column_name) == ("a", "b")
    assert display.resources.tolist() == [[1, 2], [1, 4]]
    np.testing.assert_allclose(
        display.scores, [[1 / 64, 0.5 + 2 / 64], [0.25 + 1 / 64, 0.75 + 4 / 64]]
    )
    assert texts(display)[3] == "0.8125\n(4)"
    assert display.ax_.get_title().endswith("(in brackets: rounds)")


def test_random_searches_are_shown(draw):
    fitted = search(
        {"a": [0.0, 0.25, 0.5], "c": [0.0, 0.5]},
        RandomizedSearchCV,
        n_iter=4,
        random_state=0,
    )
    display = draw(GridSearchDisplay.from_estimator(fitted))

    assert np.isfinite(display.scores).sum() == 4


def test_one_of_several_metrics_is_shown():
    scoring = {"high": lambda e, X, y: 2 + e.a, "low": lambda e, X, y: -e.a}
    fitted = search({"a": [0.0, 0.5]}, scoring=scoring, refit="low")

    display = GridSearchDisplay.from_estimator(fitted)
    np.testing.assert_allclose(display.scores, [[0, -0.5]])
    assert display.score_name == "mean low"
    display = GridSearchDisplay.from_estimator(fitted, metric="high")
    np.testing.assert_allclose(display.scores, [[2, 2.5]])

    fitted = search({"a": [0.0, 0.5]}, scoring=scoring, refit=False)
    message = "metric must be one of 'high', 'low': the search has several"
    with pytest.raises(ValueError, match=message):
        GridSearchDisplay.from_estimator(fitted)
    with pytest.raises(ValueError, match="Got 'accuracy' instead"):
        GridSearchDisplay.from_estimator(fitted, metric="accuracy")
    display = GridSearchDisplay.from_estimator(fitted, metric="high")
    assert display.chosen is None


def test_a_search_over_a_network_in_a_pipeline_is_shown(small_digits, draw):
    X, y = small_digits
    pipeline = make_pipeline(NumpyDigitClassifier(random_state=0))
    step = "numpydigitclassifier"
    grid = {f"{step}__epochs": [1, 2], f"{step}__hidden_layer_sizes": [(), (8,)]}
    fitted = GridSearchCV(pipeline, grid, cv=2).fit(X[:60], y[:60])
    display = draw(GridSearchDisplay.from_estimator(fitted))

    assert display.row_labels == ["1", "2"]
    assert display.column_labels == ["()", "(8,)"]
    assert display.scores[display.chosen] == pytest.approx(fitted.best_score_)


def test_axes_that_are_given_are_drawn_on():
    ax = Figure().subplots()
    display = GridSearchDisplay.from_estimator(search({"a": [0, 1]}), ax=ax)

    assert display.ax_ is ax
    assert display.figure_ is ax.figure


@pytest.mark.parametrize(
    "parameters", [["d"], ["a", "a"], ["a", "b", "c"], [], ["a", "rounds"]]
)
def test_parameters_that_were_not_tried_are_refused(parameters):
    fitted = search({"a": [0.0, 0.5], "b": [None], "c": [0.0]})
    message = "parameters must be one or two of 'a', 'b', 'c'"

    with pytest.raises(ValueError, match=message):
        GridSearchDisplay.from_estimator(fitted, parameters=parameters)


def test_what_is_no_fitted_search_is_refused(small_digits):
    X, y = small_digits
    forest = RandomForestClassifier(2, random_state=0).fit(X[:50], y[:50])

    with pytest.raises(TypeError, match="Got RandomForestClassifier instead"):
        GridSearchDisplay.from_estimator(forest)
    with pytest.raises(NotFittedError):
        GridSearchDisplay.from_estimator(GridSearchCV(forest, {"max_depth": [1, 2]}))
    with pytest.raises(ValueError, match="its grid is empty"):
        GridSearchDisplay.from_estimator(search({}))
    with pytest.raises(ValueError, match="metric must be None"):
        GridSearchDisplay.from_estimator(search({"a": [0]}), metric="accuracy")
