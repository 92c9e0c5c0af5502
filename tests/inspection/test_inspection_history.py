"""The display of loss and accuracy over the epochs."""

import warnings

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from states import in_state

from mnist_estimators import NumpyDigitClassifier
from mnist_estimators.inspection import TrainingHistoryDisplay

HISTORY = {
    "loss": [2.0, 1.0, 0.5, 0.25],
    "accuracy": [0.2, 0.5, 0.7, 0.9],
    "val_loss": [1.5, 0.75, 0.5, 0.625],
    "val_accuracy": [0.25, 0.5, 0.625, 0.75],
}


def curves(ax):
    return {line.get_label(): np.asarray(line.get_ydata()) for line in ax.lines}


def legend(display):
    return [text.get_text() for text in display.figure_.legends[0].get_texts()]


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:200], y[:200]


@pytest.fixture
def network(fitted_classifier):
    return fitted_classifier("numpy")


def test_training_and_validation_are_drawn_for_loss_and_accuracy(draw):
    display = draw(TrainingHistoryDisplay.from_history(HISTORY))

    loss, accuracy = display.axes_
    assert loss.get_title() == "Loss"
    assert accuracy.get_title() == "Accuracy"
    assert loss.get_xlabel() == accuracy.get_xlabel() == "epoch"
    for ax, name in [(loss, "loss"), (accuracy, "accuracy")]:
        training, validation, _ = ax.lines
        assert training.get_label() == "training"
        assert training.get_linestyle() == "--"
        assert training.get_xdata().tolist() == [1, 2, 3, 4]
        assert training.get_ydata().tolist() == HISTORY[name]
        assert validation.get_linestyle() == "-"
        assert validation.get_ydata().tolist() == HISTORY[f"val_{name}"]


def test_the_epoch_of_the_lowest_validation_loss_is_marked_in_both():
    display = TrainingHistoryDisplay.from_history(HISTORY)

    assert display.best_epochs_ == {"": 3}
    for ax, value in zip(display.axes_, [0.5, 0.625], strict=True):
        mark = ax.lines[-1]
        assert mark.get_label() == "best epoch: 3"
        assert mark.get_xdata() == [3]
        assert mark.get_ydata() == [value]
    assert legend(display) == ["training", "validation", "best epoch: 3"]


def test_other_metrics_have_panels_of_their_own(draw):
    auc = {"auc": [0.5, 0.6, 0.7, 0.8], "val_auc": [0.5, 0.6, 0.7, 0.6]}
    rate = {"learning_rate": [0.1, 0.1, 0.01, 0.01]}
    display = draw(TrainingHistoryDisplay.from_history({**HISTORY, **auc, **rate}))
    titles = [ax.get_title() for ax in display.axes_]
    assert titles == ["Loss", "Accuracy", "Auc", "Learning rate"]
    assert len(display.figure_.axes) == 4
    _, _, third, fourth = display.axes_
    assert curves(third)["validation"].tolist() == auc["val_auc"]
    assert curves(fourth)["training"].tolist() == rate["learning_rate"]
    assert legend(display) == ["training", "validation", "best epoch: 3"]


def test_without_validation_no_epoch_is_the_best(draw):
    history = {name: HISTORY[name] for name in ("loss", "accuracy")}
    display = draw(TrainingHistoryDisplay.from_history(history))

    assert display.best_epochs_ == {"": None}
    assert legend(display) == ["training"]


def test_several_histories_are_laid_over_each_other(draw):
    short = {"loss": [1.0], "val_loss": [2.0]}
    display = draw(TrainingHistoryDisplay.from_history({"a": HISTORY, "b": short}))

    loss, accuracy = display.axes_
    assert curves(loss)["b, validation"].tolist() == [2.0]
    assert curves(accuracy).keys() == {
        "a, training",
        "a, validation",
        "a, best epoch: 3",
    }
    assert display.best_epochs_ == {"a": 3, "b": 1}
    a, b = loss.lines[0], loss.lines[-1]
    assert a.get_color() != b.get_color()


def test_validation_losses_that_are_not_numbers_are_never_the_best():
    history = {"val_loss": [np.nan, 3.0, 2.0, np.nan]}
    assert TrainingHistoryDisplay.from_history(history).best_epochs_ == {"": 3}
    history = {"val_loss": [np.nan]}
    assert TrainingHistoryDisplay.from_history(history).best_epochs_ == {"": None}


def test_epochs_without_validation_are_passed_over():
    history = {"loss": [4.0, 3.0, 2.0, 1.0], "val_loss": [np.nan, 3.0, np.nan, 2.5]}
    display = TrainingHistoryDisplay.from_history(history)

    training, validation, best = display.axes_[0].lines
    assert training.get_xdata().tolist() == [1, 2, 3, 4]
    assert validation.get_xydata().tolist() == [[2, 3], [4, 2.5]]
    assert best.get_xydata().tolist() == [[4, 2.5]]


def test_a_training_without_a_whole_epoch_has_nothing_to_show(network):
    interrupted = in_state(network, history={})

    with pytest.raises(ValueError, match="NumpyDigitClassifier was interrupted before"):
        TrainingHistoryDisplay.from_estimator(interrupted)


@pytest.mark.parametrize(
    ("name", "network_within"),
    [
        ("numpy", lambda fitted: fitted),
        ("pipeline", lambda fitted: fitted[-1]),
        ("search", lambda fitted: fitted.best_estimator_[-1]),
    ],
)
def test_the_network_is_found_where_it_is(fitted_classifier, name, network_within):
    fitted = fitted_classifier(name)
    display = TrainingHistoryDisplay.from_estimator(fitted)

    expected = network_within(fitted).history_["val_loss"]
    assert curves(display.axes_[0])["validation"].tolist() == expected


@pytest.mark.parametrize("name", ["dense", "cnn"])
def test_a_keras_network_shows_its_history(fitted_classifier, name):
    fitted = fitted_classifier(name)
    expected = fitted.history_frame_

    for display in (
        TrainingHistoryDisplay.from_estimator(fitted),
        TrainingHistoryDisplay.from_history(expected),
    ):
        loss, accuracy = display.axes_
        np.testing.assert_allclose(curves(loss)["training"], expected["loss"])
        np.testing.assert_allclose(
            curves(accuracy)["validation"], expected["val_accuracy"]
        )
        assert display.best_epochs_[""] == expected["val_loss"].idxmin()


def test_several_estimators_are_laid_over_each_other(network, digits):
    other = NumpyDigitClassifier(epochs=2).fit(*digits)
    display = TrainingHistoryDisplay.from_estimator({"one": network, "two": other})

    assert {"one, training", "one, validation", "two, training"} <= set(legend(display))
    assert curves(display.axes_[0])["two, training"].tolist() == other.loss_curve_


def test_the_perceptron_of_scikit_learn_shows_what_it_has(draw, digits):
    X, y = digits
    plain = MLPClassifier((8,), max_iter=3, random_state=0)
    stopping = MLPClassifier((8,), max_iter=3, random_state=0, early_stopping=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # neither has converged
        plain.fit(X / 255, y)
        stopping.fit(X / 255, y)

    (loss,) = draw(TrainingHistoryDisplay.from_estimator(plain)).axes_
    assert curves(loss)["training"].tolist() == plain.loss_curve_

    display = TrainingHistoryDisplay.from_estimator(stopping)
    loss, accuracy = display.axes_
    assert curves(accuracy)["validation"].tolist() == stopping.validation_scores_
    best = np.argmax(stopping.validation_scores_) + 1
    assert display.best_epochs_[""] == best
    assert len(loss.lines) == 1


def test_a_figure_that_is_given_is_drawn_on(draw):
    figure = Figure()
    display = draw(TrainingHistoryDisplay.from_history(HISTORY, figure=figure))

    assert display.figure_ is figure
    assert display.axes_ == figure.axes
    legend = figure.legends[0].get_window_extent()
    assert not any(ax.get_window_extent().overlaps(legend) for ax in figure.axes)


def test_an_estimator_without_history_is_refused(fitted_classifier):
    forest = fitted_classifier("forest")

    with pytest.raises(TypeError, match="RandomForestClassifier keeps no history"):
        TrainingHistoryDisplay.from_estimator(forest)
    with pytest.raises(TypeError, match="Pipeline keeps no history"):
        TrainingHistoryDisplay.from_estimator(
            {"forest": make_pipeline("passthrough", forest)}
        )
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(NumpyDigitClassifier())
    with pytest.raises(ValueError, match="estimator must hold at least one"):
        TrainingHistoryDisplay.from_estimator({})


@pytest.mark.parametrize(
    ("history", "error", "message"),
    [
        ([1.0, 0.5], TypeError, "history must be a mapping .* Got list"),
        ({}, ValueError, "history must hold at least one"),
        ({"learning_rate": [1]}, ValueError, "Got learning_rate instead"),
        ({"a": {"loss": []}}, ValueError, "history must hold some of loss, accuracy"),
        (
            {"loss": [2.0, 1.0], "val_loss": [1.5]},
            ValueError,
            r"one number an epoch.* Got loss of shape \(2,\), val_loss of shape \(1,\)",
        ),
        ({"loss": 2.0}, ValueError, r"Got loss of shape \(\) instead"),
    ],
)
def test_what_is_no_history_is_refused(history, error, message):
    with pytest.raises(error, match=message):
        TrainingHistoryDisplay.from_history(history)
