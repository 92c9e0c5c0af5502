"""Confidence, the comparison's picture, and the report for each digit."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import classification_report, confusion_matrix
from sklearn.naive_bayes import GaussianNB

from mnist_estimators.inspection import (
    ComparisonDisplay,
    ConfidenceDisplay,
    digit_report,
)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


class TestConfidenceDisplay:
    def test_the_calibration_error_is_that_of_the_bins(self):
        display = ConfidenceDisplay.from_predictions(
            [0, 0, 0, 0, 0], [0, 0, 1, 1, 0], [0.9, 1.0, 0.8, 0.3, 0.5], n_bins=2
        )

        # A bin holds its upper edge: 0.3 and 0.5, then 0.8, 0.9 and 1.0.
        assert display.bin_counts.tolist() == [2, 3]
        np.testing.assert_allclose(display.bin_confidence, [0.4, 0.9])
        np.testing.assert_allclose(display.bin_accuracy, [0.5, 2 / 3])
        assert display.expected_calibration_error == pytest.approx(
            (2 * 0.1 + 3 * (0.9 - 2 / 3)) / 5
        )
        points = display.axes_[1].collections[0].get_offsets()
        np.testing.assert_allclose(points, [[0.4, 0.5], [0.9, 2 / 3]])

    def test_empty_bins_do_not_count(self, draw):
        display = draw(
            ConfidenceDisplay.from_predictions([1, 1], [1, 0], [0.95, 0.95], n_bins=10)
        )

        assert display.bin_counts.tolist() == [0] * 9 + [2]
        assert np.isnan(display.bin_accuracy[:9]).all()
        assert display.expected_calibration_error == pytest.approx(0.45)
        assert display.axes_[1].get_title() == (
            "Reliability: expected calibration error 45.00%"
        )

    def test_right_and_wrong_are_each_drawn_in_percent(self, draw):
        y_true, y_pred = ["a", "a", "b", "b", "b"], ["a", "b", "b", "b", "b"]
        display = draw(
            ConfidenceDisplay.from_predictions(
                y_true, y_pred, [0.2, 0.7, 0.9, 0.9, 0.9], n_bins=4
            )
        )

        assert display.correct.tolist() == [True, False, True, True, True]
        left = display.axes_[0]
        assert legend(left) == ["right: 4 of 5", "wrong: 1 of 5"]
        right, wrong = (patch.get_data() for patch in left.patches)
        np.testing.assert_allclose(right.values, [25, 0, 0, 75])
        np.testing.assert_allclose(wrong.values, [0, 0, 100, 0])
        np.testing.assert_allclose(right.edges, [0, 0.25, 0.5, 0.75, 1])

    def test_both_panels_count_the_same_bins(self):
        edges = [0.2, 0.4, 0.6, 0.8, 1.0]
        display = ConfidenceDisplay.from_predictions([1] * 5, [1] * 5, edges, n_bins=5)

        assert display.bin_counts.tolist() == [1, 1, 1, 1, 1]
        heights = display.axes_[0].patches[0].get_data().values
        np.testing.assert_allclose(heights, 20)

    def test_all_may_be_right(self, draw):
        display = draw(ConfidenceDisplay.from_predictions([1, 2], [1, 2], [1.0, 0.0]))

        assert legend(display.axes_[0]) == ["right: 2 of 2", "wrong: 0 of 2"]
        assert display.expected_calibration_error == pytest.approx(0.5)

    @pytest.mark.parametrize(
        "name", ["dense", "cnn", "numpy", "pipeline", "search", "forest"]
    )
    def test_any_estimator_with_probabilities_is_shown(
        self, small_digits, fitted_classifier, name
    ):
        X, y = small_digits[0][1500:], small_digits[1][1500:]
        model = fitted_classifier(name)
        display = ConfidenceDisplay.from_estimator(model, X, y)

        np.testing.assert_array_equal(display.correct, model.predict(X) == y)
        np.testing.assert_allclose(
            display.confidence, model.predict_proba(X).max(axis=1)
        )
        assert display.bin_counts.sum() == len(y)

    def test_an_estimator_for_rows_gets_rows(self, small_digits):
        X, y = small_digits
        model = GaussianNB().fit(X, y)
        rows = ConfidenceDisplay.from_estimator(model, X[:50], y[:50])
        stack = X[:50].reshape(-1, 28, 28)
        images = ConfidenceDisplay.from_estimator(model, stack, y[:50])

        np.testing.assert_array_equal(rows.confidence, images.confidence)

    def test_without_probabilities_the_mend_is_named_and_works(self, small_digits):
        X, y = small_digits[0][:200] / 255, small_digits[1][:200]
        ridge = RidgeClassifier()

        with pytest.raises(TypeError, match=r"Fit CalibratedClassifierCV\(est"):
            ConfidenceDisplay.from_estimator(ridge.fit(X, y), X, y)
        calibrated = CalibratedClassifierCV(ridge, cv=2).fit(X, y)
        display = ConfidenceDisplay.from_estimator(calibrated, X, y)
        assert display.correct.mean() > 0.8

    def test_an_unfitted_estimator_is_refused(self, small_digits):
        with pytest.raises(NotFittedError):
            ConfidenceDisplay.from_estimator(GaussianNB(), *small_digits)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([1], [1], [1.5]), "from 1.5 to 1.5"),
            (([1], [1], [np.nan]), "confidence must be probabilities"),
            (([1, 2], [1, 2], [0.5]), "inconsistent"),
            (([], [], []), "empty"),
        ],
    )
    def test_wrong_input_is_refused(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            ConfidenceDisplay.from_predictions(*arguments)

    def test_a_wrong_number_of_bins_is_refused(self):
        with pytest.raises(ValueError, match=r"n_bins must be .* Got 0 instead"):
            ConfidenceDisplay.from_predictions([1], [1], [0.5], n_bins=0)


@pytest.fixture
def results():
    return pd.DataFrame(
        {
            "accuracy_mean": [0.9, 0.95, 0.9501],
            "accuracy_std": [0.01, 0.02, 0.0],
            "fit_seconds": [0.1, 10.0, 10.1],
            "predict_microseconds": [500.0, 20.0, 30.0],
        },
        index=pd.Index(["slow", "good", "alike"], name="estimator"),
    )


class TestComparisonDisplay:
    def test_each_estimator_is_a_labelled_point(self, draw, results):
        display = draw(ComparisonDisplay.from_results(results))
        ax = display.ax_

        points = ax.lines[0].get_xydata()
        np.testing.assert_allclose(points, [[0.1, 0.9], [10.0, 0.95], [10.1, 0.9501]])
        assert [text.get_text() for text in ax.texts] == ["slow", "good", "alike"]
        assert ax.get_title() == "Accuracy against fit time"
        assert ax.get_xlabel() == "fit time, seconds a fold (log scale)"
        assert ax.get_xscale() == "log"

    def test_prediction_time_can_be_shown(self, draw, results):
        display = draw(ComparisonDisplay.from_results(results, time="predict"))

        assert display.times.tolist() == [500, 20, 30]
        assert display.ax_.get_title() == "Accuracy against prediction time"
        assert "microseconds" in display.ax_.get_xlabel()

    def test_names_of_close_points_do_not_cover_each_other(self, draw, results):
        display = draw(ComparisonDisplay.from_results(results))

        _, good, alike = (text.get_window_extent() for text in display.ax_.texts)
        assert not good.overlaps(alike)

    def test_a_single_estimator_is_drawn(self, draw, results):
        display = draw(ComparisonDisplay.from_results(results[:1]))

        assert [text.get_text() for text in display.ax_.texts] == ["slow"]

    def test_axes_that_are_given_are_drawn_on(self, results):
        figure = Figure()
        part = figure.subfigures(1, 2)[0]
        ax = part.subplots()
        display = ComparisonDisplay.from_results(results, ax=ax)

        assert display.ax_ is ax
        assert display.figure_ is figure

    @pytest.mark.parametrize(
        ("change", "options", "message"),
        [
            (lambda r: r, {"time": "score"}, "time must be 'fit' or 'predict'"),
            (lambda r: r[:0], {}, "0 rows"),
            (lambda r: r.drop(columns="accuracy_std"), {}, "accuracy_std"),
        ],
    )
    def test_wrong_results_are_refused(self, results, change, options, message):
        with pytest.raises(ValueError, match=message):
            ComparisonDisplay.from_results(change(results), **options)


class TestDigitReport:
    @pytest.fixture
    def labels(self):
        rng = np.random.default_rng(0)
        y_true = rng.integers(0, 10, 300)
        y_pred = np.where(rng.random(300) < 0.7, y_true, rng.integers(0, 10, 300))
        return y_true, y_pred

    def test_shares_are_those_of_scikit_learn(self, labels):
        report = digit_report(*labels)
        expected = classification_report(*labels, output_dict=True)

        for name in map(str, range(10)):
            row = report.loc[int(name)]
            for column, key in [
                ("precision", "precision"),
                ("recall", "recall"),
                ("f1", "f1-score"),
                ("support", "support"),
            ]:
                assert row[column] == pytest.approx(expected[name][key])
        for total in ("macro avg", "weighted avg"):
            assert report.loc[total, "f1"] == pytest.approx(expected[total]["f1-score"])
            assert report.loc[total, "precision"] == pytest.approx(
                expected[total]["precision"]
            )
        assert (report.loc["accuracy"][:4] == expected["accuracy"]).all()

    def test_the_accuracy_of_a_digit_is_its_share_that_was_recognised(self, labels):
        matrix = confusion_matrix(*labels)
        report = digit_report(*labels)

        np.testing.assert_allclose(
            report["accuracy"][:10].to_numpy(), matrix.diagonal() / matrix.sum(axis=1)
        )

    def test_rows_and_columns_are_named(self, labels):
        report = digit_report(*labels)

        totals = ["accuracy", "macro avg", "weighted avg"]
        assert report.index.tolist() == [*range(10), *totals]
        assert report.index.name == "digit"
        assert report.columns.tolist() == [
            *("precision", "recall", "f1", "accuracy", "support")
        ]
        assert report["support"].dtype.kind == "i"
        assert (report["support"][totals] == 300).all()

    def test_labels_may_be_text_and_a_class_may_lack_images(self):
        report = digit_report(pd.Series(["one", "one"]), ["one", "two"])

        assert report.index.tolist()[:2] == ["one", "two"]
        assert report.loc["two"].tolist() == [0, 0, 0, 0, 0]
        assert report.loc["accuracy", "accuracy"] == 0.5

    @pytest.mark.parametrize(
        "arguments", [([1, 2], [1]), ([], []), ([1], ["one"]), ([0.5], [0.7])]
    )
    def test_wrong_labels_are_refused(self, arguments):
        with pytest.raises(ValueError, match=r"inconsistent|empty|Mix|mix|continuous"):
            digit_report(*arguments)
