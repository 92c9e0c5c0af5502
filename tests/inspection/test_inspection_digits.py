"""Displays of images, of mistakes, and of labels."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from mnist_estimators import NumpyDigitClassifier
from mnist_estimators.inspection import (
    ClassDistributionDisplay,
    DigitGridDisplay,
    MisclassifiedDisplay,
)
from mnist_estimators.inspection._display import VERMILION

N_TRAIN = 150  # so few that each classifier makes mistakes
NAMES = np.array(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
)


def titles(display):
    return [ax.get_title() for ax in display.axes_]


def heading(display):
    return display.figure_.get_suptitle()


def drawn_images(display):
    return np.array([np.asarray(ax.images[0].get_array()) for ax in display.axes_])


@pytest.fixture(scope="module")
def test_images(small_digits):
    X, y = small_digits
    return X[1400:], y[1400:]


@pytest.fixture(params=["dense", "cnn", "numpy", "pipeline", "search", "svc", "forest"])
def classifier(request, fitted_classifier):
    return fitted_classifier(request.param)


class TestDigitGridDisplay:
    def test_images_stand_under_their_labels(self, draw, small_digits):
        X, y = small_digits
        display = draw(DigitGridDisplay.from_images(X, y, n_images=7))

        assert titles(display) == [str(label) for label in y[:7]]
        assert heading(display) == "Images: 7"
        np.testing.assert_array_equal(drawn_images(display), X[:7].reshape(-1, 28, 28))
        assert all(ax.images[0].cmap.name == "gray_r" for ax in display.axes_)

    def test_labels_may_be_missing_or_text(self, small_digits):
        X, y = small_digits

        assert titles(DigitGridDisplay.from_images(X, n_images=2)) == ["", ""]
        named = DigitGridDisplay.from_images(X, NAMES[y], n_images=2)
        assert titles(named) == ["zero", "one"]

    def test_by_default_there_are_25_and_of_few_images_all(self, small_digits):
        X, _ = small_digits

        assert len(DigitGridDisplay.from_images(X).axes_) == 25
        display = DigitGridDisplay.from_images(X[:3])
        assert len(display.axes_) == 3
        assert sum(ax.get_visible() for ax in display.figure_.axes) == 3

    @pytest.mark.parametrize("shape", [(784,), (28, 28), (28, 28, 1)])
    def test_images_of_any_shape_are_drawn_alike(self, small_digits, shape):
        X = small_digits[0][:4]
        expected = X.reshape(-1, 28, 28)

        for data in (X.reshape(-1, *shape), X.reshape(-1, *shape).tolist()):
            display = DigitGridDisplay.from_images(data)
            np.testing.assert_array_equal(drawn_images(display), expected)

    def test_a_data_frame_and_an_image_shape_are_accepted(self, small_digits):
        frame = pd.DataFrame(small_digits[0][:4])
        display = DigitGridDisplay.from_images(frame, image_shape=(14, 56))

        assert drawn_images(display).shape == (4, 14, 56)

    def test_wrong_predictions_are_marked_by_colour_and_text(self, draw, small_digits):
        X, y = small_digits
        predicted = y[:5].copy()
        predicted[2] = 7
        display = draw(DigitGridDisplay.from_predictions(X[:5], y[:5], predicted))

        assert titles(display) == ["0", "1", "predicted 7\ntrue 2", "3", "4"]
        assert heading(display).startswith("Predictions: 4 of 5 right\n")
        frames = [to_hex(ax.spines["top"].get_edgecolor()) for ax in display.axes_]
        assert [frame == VERMILION.lower() for frame in frames] == [
            *(False, False, True, False, False)
        ]

    def test_with_no_wrong_prediction_nothing_is_said_of_them(self, small_digits):
        X, y = small_digits
        display = DigitGridDisplay.from_predictions(X[:4], y[:4], y[:4])

        assert heading(display) == "Predictions: 4 of 4 right"

    def test_any_estimator_predicts_what_is_shown(self, classifier, test_images):
        X, y = test_images
        display = DigitGridDisplay.from_estimator(classifier, X, y, n_images=20)

        predicted = classifier.predict(X[:20])
        np.testing.assert_array_equal(display.y_pred, predicted)
        assert heading(display).startswith(
            f"Predictions: {(predicted == y[:20]).sum()} of 20 right"
        )

    def test_an_estimator_for_rows_gets_rows(self, small_digits, test_images):
        X, y = small_digits
        model = LogisticRegression(max_iter=20, tol=1.0).fit(X[:100], y[:100])
        rows, labels = test_images
        stack = rows.reshape(-1, 28, 28)

        display = DigitGridDisplay.from_estimator(model, stack, labels)

        np.testing.assert_array_equal(display.y_pred, model.predict(rows[:25]))
        np.testing.assert_array_equal(drawn_images(display), stack[:25])

    def test_the_estimator_knows_the_shape_of_rows(self, small_digits):
        X, y = small_digits
        wide = X[:60].reshape(-1, 14, 56)
        network = NumpyDigitClassifier(epochs=1).fit(wide, y[:60])

        display = DigitGridDisplay.from_estimator(
            make_pipeline("passthrough", network), X[:60], y[:60]
        )

        assert display.images.shape == (25, 14, 56)

    def test_a_figure_that_is_given_is_drawn_on(self, small_digits):
        figure = Figure()
        display = DigitGridDisplay.from_images(small_digits[0][:4], figure=figure)

        assert display.figure_ is figure
        assert len(figure.axes) == 4

    @pytest.mark.parametrize(
        ("X", "options", "message"),
        [
            (np.zeros((3, 784)), {"n_images": 0}, "n_images must be .* Got 0 instead"),
            (np.zeros((3, 784)), {"n_images": 2.5}, "n_images must be an integer"),
            (np.zeros((3, 784)), {"image_shape": (9, 9)}, "means 81 pixels"),
            (np.zeros((3, 28, 28, 3)), {}, "3 channels"),
            (np.zeros((0, 784)), {}, "0 sample"),
            (np.full((3, 4), np.nan), {}, "X contains NaN"),
            (np.zeros((3, 4)), {"y": [1, 2]}, "inconsistent numbers of samples"),
        ],
    )
    def test_wrong_input_is_refused(self, X, options, message):
        with pytest.raises(ValueError, match=message):
            DigitGridDisplay.from_images(X, **options)

    def test_an_unfitted_estimator_is_refused(self, test_images):
        with pytest.raises(NotFittedError):
            DigitGridDisplay.from_estimator(SVC(random_state=0), *test_images)


class TestMisclassifiedDisplay:
    def test_the_most_confident_mistake_comes_first(self, draw, small_digits):
        X, y = small_digits[0][:6], small_digits[1][:6]
        predicted = np.array([0, 9, 2, 8, 4, 7])
        confidence = [1.0, 0.5, 0.9, 0.875, 0.4, 0.6]
        display = draw(
            MisclassifiedDisplay.from_predictions(
                X, y, predicted, confidence=confidence
            )
        )

        assert display.indices.tolist() == [3, 5, 1]
        assert titles(display) == [
            "predicted 8\ntrue 3\n87.5%",
            "predicted 7\ntrue 5\n60.0%",
            "predicted 9\ntrue 1\n50.0%",
        ]
        assert heading(display) == (
            "3 mistakes in 6 images\nthe 3 most confident, with their probability"
        )
        np.testing.assert_array_equal(
            drawn_images(display), X[[3, 5, 1]].reshape(-1, 28, 28)
        )

    def test_without_confidence_they_keep_their_order(self, draw, small_digits):
        X, y = small_digits[0][:5], small_digits[1][:5]
        display = draw(
            MisclassifiedDisplay.from_predictions(X, y, [1, 1, 1, 1, 1], n_images=3)
        )

        assert display.indices.tolist() == [0, 2, 3]
        assert display.confidence is None
        assert heading(display) == (
            "4 mistakes in 5 images\nthe first 3, in the order of the images"
        )

    def test_any_estimator_shows_its_mistakes(self, classifier, test_images):
        X, y = test_images
        display = MisclassifiedDisplay.from_estimator(classifier, X, y, n_images=9)

        wrong = classifier.predict(X) != y
        assert display.n_mistakes == wrong.sum() > 0
        assert display.n_samples == len(y)
        assert len(display.axes_) == min(9, display.n_mistakes)
        assert (display.y_pred != display.y_true).all()
        np.testing.assert_array_equal(display.y_true, y[display.indices])
        assert (np.diff(display.confidence) <= 0).all()

    def test_confidence_is_the_probability_of_the_predicted_class(
        self, small_digits, test_images
    ):
        X, y = small_digits
        forest = RandomForestClassifier(10, random_state=0)
        forest.fit(X[:N_TRAIN], NAMES[y[:N_TRAIN]])
        rows, labels = test_images
        display = MisclassifiedDisplay.from_estimator(forest, rows, NAMES[labels])

        highest = forest.predict_proba(rows).max(axis=1)
        wrong = forest.predict(rows) != NAMES[labels]
        np.testing.assert_allclose(display.confidence, np.sort(highest[wrong])[:-26:-1])

    def test_scores_give_a_margin(self, small_digits, test_images):
        X, y = small_digits
        svc = SVC(random_state=0).fit(X[:N_TRAIN], y[:N_TRAIN])
        rows, labels = test_images
        display = MisclassifiedDisplay.from_estimator(
            svc, rows.reshape(-1, 28, 28), labels, n_images=4
        )

        scores = svc.decision_function(rows[display.indices])
        for row, predicted, margin in zip(
            scores, display.y_pred, display.confidence, strict=True
        ):
            assert margin == pytest.approx(
                row[predicted] - np.delete(row, predicted).max()
            )
        assert titles(display)[0].endswith(f"\n{display.confidence[0]:.2f}")
        assert heading(display).endswith("with their margin")

    def test_two_classes_have_one_score(self, small_digits):
        X, y = small_digits
        X, y = X[(y == 3) | (y == 8)], y[(y == 3) | (y == 8)]
        svc = SVC(kernel="linear", random_state=0).fit(X[:4], y[:4])
        display = MisclassifiedDisplay.from_estimator(svc, X, y)

        assert display.n_mistakes > 0
        np.testing.assert_allclose(
            display.confidence, np.abs(svc.decision_function(X[display.indices]))
        )

    @pytest.mark.parametrize(
        "model",
        [
            SVC(decision_function_shape="ovo", random_state=0),
            VotingClassifier([("svc", SVC(random_state=0))]),
        ],
    )
    def test_without_a_score_for_each_class_they_keep_their_order(
        self, small_digits, model
    ):
        X, y = small_digits
        X, y = X[y < 3], y[y < 3]  # three classes, and as many pairs of them
        display = MisclassifiedDisplay.from_estimator(model.fit(X[:9], y[:9]), X, y)

        assert display.n_mistakes > 0
        assert display.confidence is None
        assert (np.diff(display.indices) > 0).all()

    def test_no_mistakes_are_told(self, draw, small_digits):
        X, y = small_digits
        display = draw(MisclassifiedDisplay.from_predictions(X, y, y))

        (ax,) = display.axes_
        assert [text.get_text() for text in ax.texts] == ["No mistakes in 1,797 images"]
        assert display.images.shape == (0, 28, 28)

    def test_wrong_input_is_refused(self, small_digits):
        X, y = small_digits
        with pytest.raises(ValueError, match="inconsistent"):
            MisclassifiedDisplay.from_predictions(X, y, y[:-1])
        with pytest.raises(ValueError, match="inconsistent"):
            MisclassifiedDisplay.from_predictions(X, y, y, confidence=[0.5])
        with pytest.raises(ValueError, match=r"probabilities.* from 0\.5 to 3\.2 inst"):
            MisclassifiedDisplay.from_predictions(
                X[:2], y[:2], y[:2], confidence=[0.5, 3.2]
            )
        with pytest.raises(ValueError, match="n_images must be"):
            MisclassifiedDisplay.from_predictions(X, y, y, n_images=-1)
        with pytest.raises(NotFittedError):
            MisclassifiedDisplay.from_estimator(SVC(random_state=0), X, y)


class TestClassDistributionDisplay:
    def test_counts_are_drawn_and_written(self, draw):
        display = draw(ClassDistributionDisplay.from_labels([3, 1, 3, 3]))

        assert display.classes.tolist() == [1, 3]
        assert [bar.get_height() for bar in display.ax_.patches] == [1, 3]
        assert [text.get_text() for text in display.ax_.texts] == ["1", "3"]
        assert [t.get_text() for t in display.ax_.get_xticklabels()] == ["1", "3"]
        assert display.ax_.get_title() == "Images of each class (4 in all)"
        assert display.ax_.get_ylabel() == "number of images"

    def test_several_sets_stand_side_by_side(self, draw):
        train, test = ["a"] * 1200 + ["b"], pd.Series(["b", "c"])
        display = draw(
            ClassDistributionDisplay.from_labels({"train": train, "test": test})
        )

        assert display.classes.tolist() == ["a", "b", "c"]
        assert display.counts["train"].tolist() == [1200, 1, 0]
        assert display.counts["test"].tolist() == [0, 1, 1]
        assert [text.get_text() for text in display.ax_.texts] == [
            *("1,200", "1", "0", "0", "1", "1")
        ]
        legend = display.ax_.get_legend().get_texts()
        assert [text.get_text() for text in legend] == ["train: 1,201", "test: 2"]

    def test_axes_that_are_given_are_drawn_on(self):
        ax = Figure().subplots()
        display = ClassDistributionDisplay.from_labels([1, 2], ax=ax)

        assert display.ax_ is ax
        assert display.figure_ is ax.figure

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            ([], "at least one label"),
            ({}, "at least one label"),
            ({"a": [1], "b": ["x"]}, "Mix of label input types"),
            ([0.5, 1.5], "Unknown label type"),
            (np.zeros((2, 2)), "should be a 1d array"),
        ],
    )
    def test_wrong_labels_are_refused(self, y, message):
        with pytest.raises(ValueError, match=message):
            ClassDistributionDisplay.from_labels(y)
