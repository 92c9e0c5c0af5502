"""What callbacks of scikit-learn see of a fit."""

import numpy as np
import pytest
from sklearn.base import clone

from mnist_estimators import DenseDigitClassifier, NumpyDigitClassifier

pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 brings callbacks")


class Recorder:
    """Records all calls of its methods."""

    def __init__(self, stop_at=None):
        self.calls = []
        self.fitted = []
        self.stop_at = stop_at

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, metadata=None):
        self.calls.append(f"{context.task_name} {context.task_id} begins")
        self.metadata = metadata

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, fitted_estimator=None
    ):
        self.calls.append(f"{context.task_name} {context.task_id} ends")
        self.max_subtasks = (context.parent or context).max_subtasks
        self.fitted.append(fitted_estimator)
        self.data = (X, y)
        return context.task_name == "epoch" and context.task_id == self.stop_at


@pytest.fixture(params=[NumpyDigitClassifier, DenseDigitClassifier])
def network(request):
    return request.param(
        hidden_layer_sizes=(8,), epochs=3, batch_size=100, random_state=0
    )


@pytest.fixture(scope="module")
def digits(small_digits):
    return tuple(part[:300] for part in small_digits)


def test_epochs_are_tasks_of_the_fit(network, digits):
    recorder = Recorder()
    network.set_callbacks(recorder).fit(*digits)
    assert recorder.calls == [
        "setup",
        "fit 0 begins",
        *(f"epoch {n} {what}" for n in range(3) for what in ("begins", "ends")),
        "fit 0 ends",
        "teardown",
    ]
    assert recorder.max_subtasks == 3
    assert recorder.metadata is None
    assert recorder.data == digits


def test_they_get_the_classifier_as_it_is_after_each_epoch(network, digits):
    recorder = Recorder()
    network.set_callbacks(recorder).fit(*digits)
    assert [fitted.n_iter_ for fitted in recorder.fitted] == [1, 2, 3, 3]
    assert [fitted.loss_curve_ for fitted in recorder.fitted[:3]] == [
        network.loss_curve_[:n] for n in (1, 2, 3)
    ]
    predictions = [fitted.predict_proba(digits[0]) for fitted in recorder.fitted]
    assert (predictions[0] != predictions[1]).any()
    for last in predictions[2:]:
        np.testing.assert_array_equal(last, network.predict_proba(digits[0]))


def test_they_change_nothing_that_is_learned(network, digits):
    expected = clone(network).fit(*digits).predict_proba(digits[0])
    observed = network.set_callbacks(Recorder()).fit(*digits)
    np.testing.assert_array_equal(observed.predict_proba(digits[0]), expected)


def test_one_that_returns_true_stops_the_training(network, digits):
    recorder = Recorder(stop_at=1)
    network.set_callbacks(recorder).fit(*digits)
    assert network.n_iter_ == 2
    assert recorder.calls[-3:] == ["epoch 1 ends", "fit 0 ends", "teardown"]


def test_they_get_weights_and_are_told_of_early_stops(network, digits):
    recorder = Recorder()
    network.set_params(early_stopping=True, patience=1, epochs=50, learning_rate=0.5)
    weight = np.ones(300)
    network.set_callbacks(recorder).fit(*digits, sample_weight=weight)
    assert recorder.metadata["sample_weight"] is weight
    assert recorder.calls.count("epoch 0 ends") == 1
    assert len(recorder.fitted) == network.n_iter_ + 1 < 51


def test_teardown_follows_a_fit_that_fails(network, digits):
    X, y = digits
    recorder = Recorder()
    network.set_params(hidden_layer_sizes=(0,)).set_callbacks(recorder)
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        network.fit(X, y)
    assert recorder.calls == ["setup", "fit 0 begins", "teardown"]
    assert not hasattr(network, "_callback_fit_ctx")


def test_partial_fit_is_no_fit(network, digits):
    recorder = Recorder()
    network.set_callbacks(recorder).partial_fit(*digits, classes=range(10))
    assert recorder.calls == []
