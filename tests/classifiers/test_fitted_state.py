"""What a fit leaves behind: one state, which only a fit or ``weights_ =`` replaces."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    NumpyDigitClassifier,
)

DENSE = DenseDigitClassifier(
    hidden_layer_sizes=(16,), epochs=2, batch_size=32, random_state=0
)
CNN = CNNDigitClassifier(
    filters=(4,), dense_layer_sizes=(16,), epochs=1, batch_size=32, random_state=0
)
NUMPY = NumpyDigitClassifier(hidden_layer_sizes=(16,), epochs=2, random_state=0)
ALL = [DENSE, CNN, NUMPY]

# Images in other batches: matrix kernels round a row by its place in the batch.
ROUNDING = 1e-5


@pytest.fixture(scope="module")
def data(small_digits):
    X, y = small_digits
    return X[:200], y[:200], X[200:260]


@pytest.fixture(params=ALL, ids=["dense", "cnn", "numpy"])
def fitted(request, data):
    X, y, _ = data
    return clone(request.param).fit(X, y)


class TestWeights:
    def test_others_act_at_once(self, fitted, data):
        X_new = data[2]
        before = fitted.predict_proba(X_new)
        fitted.weights_ = [weights * 0 for weights in fitted.weights_]
        np.testing.assert_allclose(fitted.predict_proba(X_new), 0.1, rtol=1e-6)
        assert not np.allclose(before, 0.1)

    @pytest.mark.parametrize("classifier", [DENSE, CNN], ids=["dense", "cnn"])
    def test_act_on_the_keras_model_too(self, classifier, data):
        X, y, _ = data
        fitted = clone(classifier).fit(X, y)
        assert any(weights.any() for weights in fitted.model_.get_weights())
        fitted.weights_ = [weights * 0 for weights in fitted.weights_]
        assert not any(weights.any() for weights in fitted.model_.get_weights())

    def test_are_copied(self, fitted, data):
        given = [np.array(weights) for weights in fitted.weights_]
        fitted.weights_ = given
        before = fitted.predict_proba(data[2])
        for weights in given:
            weights[...] = 0
        np.testing.assert_array_equal(fitted.predict_proba(data[2]), before)

    def test_keep_their_type(self, fitted):
        kinds = [weights.dtype for weights in fitted.weights_]
        fitted.weights_ = [weights.tolist() for weights in fitted.weights_]
        assert [weights.dtype for weights in fitted.weights_] == kinds

    def test_training_continues_from_them(self, fitted, data):
        X, y, X_new = data
        zero = clone(fitted).fit(X, y)
        zero.weights_ = [weights * 0 for weights in zero.weights_]
        for classifier in (fitted, zero):
            classifier.partial_fit(X, y)
        assert not np.allclose(
            zero.predict_proba(X_new), fitted.predict_proba(X_new), atol=1e-3
        )

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda weights: weights[:-1],
            lambda weights: [one[..., :-1] for one in weights],
            lambda weights: [one.T for one in weights],
        ],
        ids=["one too few", "smaller", "transposed"],
    )
    def test_of_another_shape(self, fitted, data, spoil):
        before = fitted.predict_proba(data[2])
        with pytest.raises(ValueError, match="weights_ must be arrays of the shapes"):
            fitted.weights_ = spoil(fitted.weights_)
        np.testing.assert_array_equal(fitted.predict_proba(data[2]), before)

    def test_of_an_unfitted_classifier(self):
        with pytest.raises(NotFittedError):
            clone(DENSE).weights_ = []


class TestWhatIsHandedOut:
    @pytest.mark.parametrize("name", ["weights_", "classes_"])
    def test_arrays_are_read_only(self, fitted, name):
        value = getattr(fitted, name)
        array = value[0] if isinstance(value, tuple) else value
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0

    def test_the_history_is_a_copy(self, fitted):
        losses = fitted.history_["loss"]
        fitted.history_["loss"].clear()
        fitted.loss_curve_.clear()
        assert fitted.history_["loss"] == losses
        assert fitted.n_iter_ == len(losses) > 0

    @pytest.mark.parametrize(
        "name", ["classes_", "n_features_in_", "pixel_range_", "history_", "n_iter_"]
    )
    def test_other_attributes_can_not_be_assigned(self, fitted, name):
        with pytest.raises(AttributeError):
            setattr(fitted, name, getattr(fitted, name))

    @pytest.mark.parametrize("classifier", ALL, ids=["dense", "cnn", "numpy"])
    def test_an_unfitted_classifier_has_none(self, classifier):
        for name in ("classes_", "weights_", "history_", "feature_names_in_"):
            assert not hasattr(classifier, name)
        with pytest.raises(NotFittedError, match="Call 'fit' first"):
            _ = classifier.weights_


# Other values than those of the fit. These say how to train, so none of them may
# change a prediction.
AFTER_THE_FIT = {
    "activation": "tanh",
    "augmenter": None,
    "backbone": "MobileNet",
    "batch_normalization": True,
    "batch_size": 7,
    "class_weight": "balanced",
    "dense_layer_sizes": (3,),
    "dropout": 0.9,
    "early_stopping": True,
    "epochs": 99,
    "filters": (2, 2),
    "freeze": "features",
    "hidden_layer_sizes": (3,),
    "image_shape": (14, 56),
    "kernel_initializer": "he_normal",
    "kernel_size": 5,
    "l2": 10.0,
    "label_smoothing": 0.5,
    "learning_rate": 1.0,
    "learning_rate_schedule": None,
    "loss": "sparse_categorical_crossentropy",
    "metrics": ["AUC"],
    "momentum": 0.1,
    "optimizer": "sgd",
    "padding": "valid",
    "patience": 1,
    "pool_size": 1,
    "precision": "mixed_bfloat16",
    "random_state": 7,
    "spatial_dropout": 0.9,
    "validation_fraction": 0.5,
    "verbose": 2,
    "warm_start": True,
}
# What stays None here, as other tests have files and callbacks of their own.
NOT_CHANGED = {
    "callbacks",
    "checkpoint_dir",
    "init_from",
    "layers",
    "tensorboard_dir",
    "weights",
}


def test_no_parameter_set_after_fit_changes_a_prediction(fitted, data):
    X_new = data[2]
    before = fitted.predict_proba(X_new)
    for name in fitted.get_params(deep=False).keys() - NOT_CHANGED:
        fitted.set_params(**{name: AFTER_THE_FIT[name]})
        np.testing.assert_array_equal(fitted.predict_proba(X_new), before, name)


@pytest.mark.parametrize("classifier", ALL, ids=["dense", "cnn", "numpy"])
def test_threads_predict_while_one_refits(classifier, data):
    X, y, X_new = data
    seeds = (0, 1)
    expected = [
        clone(classifier).set_params(random_state=seed).fit(X, y).predict_proba(X_new)
        for seed in seeds
    ]
    assert np.abs(expected[0] - expected[1]).max() > 100 * ROUNDING
    shared = clone(classifier).set_params(random_state=0).fit(X, y)
    ended = Event()

    def predict_until_the_end(_):
        answers = [shared.predict_proba(X_new)]
        while not ended.is_set():
            answers.append(shared.predict_proba(X_new))
        return answers

    with ThreadPoolExecutor(8) as pool:
        predicting = [pool.submit(predict_until_the_end, number) for number in range(8)]
        try:
            for refit in range(20):
                shared.set_params(random_state=seeds[refit % 2]).fit(X, y)
        finally:
            ended.set()
        answers = [answer for thread in predicting for answer in thread.result()]
    for answer in answers:
        deviations = [np.abs(answer - one).max() for one in expected]
        assert min(deviations) < ROUNDING


def test_threads_predict_while_one_refits_on_images_of_another_size(data):
    X, y, X_new = data
    small = X.reshape(-1, 28, 28)[:, ::2, ::2]
    shared = clone(NUMPY).fit(X, y)
    ended = Event()

    def predict_until_the_end(_):
        outcomes = set()
        while not ended.is_set():
            try:
                outcomes.add(shared.predict_proba(X_new).shape)
            except ValueError as error:
                outcomes.add(str(error).partition(",")[0])
        return outcomes

    with ThreadPoolExecutor(4) as pool:
        predicting = [pool.submit(predict_until_the_end, number) for number in range(4)]
        try:
            for refit in range(40):
                shared.fit(*((small, y) if refit % 2 else (X, y)))
        finally:
            ended.set()
        outcomes = set().union(*(thread.result() for thread in predicting))
    # The images are those of the present state or they are refused, never a mixture.
    assert outcomes <= {(len(X_new), 10), "X has 784 features"}
