"""Every parameter that is set on a fitted network acts in its next fit."""

import warnings
from collections.abc import Mapping
from inspect import signature
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
import pytest
from sklearn.base import clone

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators._networks.architectures import dense_network
from mnist_estimators._networks.specs import as_plain
from mnist_estimators.augmentation import ErasingAugmenter

SETTINGS = {"epochs": 3, "batch_size": 16, "random_state": 0}
CLASSIFIERS = {
    "dense": DenseDigitClassifier(hidden_layer_sizes=(12,), **SETTINGS),
    "cnn": CNNDigitClassifier(filters=(3,), dense_layer_sizes=(6,), **SETTINGS),
    "numpy": NumpyDigitClassifier(hidden_layer_sizes=(12,), **SETTINGS),
}


class Case(NamedTuple):
    """A value for a parameter, and others without which it has no meaning.

    ``neutral_when_warm`` is the reason why it changes nothing in a fit that continues.
    """

    value: Any
    others: Mapping[str, Any] = MappingProxyType({})
    neutral_when_warm: str = ""


SHARED = {
    "epochs": Case(4),
    "batch_size": Case(7),
    "validation_fraction": Case(0.3),
    "early_stopping": Case(True),
    "patience": Case(1, {"early_stopping": True, "learning_rate": 0.5, "epochs": 12}),
    "class_weight": Case({0: 20.0}),
    "warm_start": Case(True, {}, "it is True in a fit that continues"),
    "image_shape": Case((4, 16)),
    "random_state": Case(1),
    "verbose": Case(2, {}, "it only prints"),
    "activation": Case("tanh"),
    "learning_rate": Case(0.02),
}
KERAS = SHARED | {
    "dropout": Case(0.8),
    "kernel_initializer": Case(
        "random_normal", {}, "the weights have been drawn before"
    ),
    "l2": Case(0.5),
    "layers": Case(None),  # made below
    "optimizer": Case("rmsprop"),
    "learning_rate_schedule": Case(None),
    "loss": Case(
        "sparse_categorical_crossentropy", {}, "both are one function of the labels"
    ),
    "label_smoothing": Case(0.5),
    "callbacks": Case([keras.callbacks.EarlyStopping("loss", patience=0, min_delta=9)]),
    "metrics": Case(["AUC"]),
    "tensorboard_dir": Case("a folder", {}, "it only records"),
    "checkpoint_dir": Case("a folder", {}, "it only records"),
    "augmenter": Case(ErasingAugmenter(probability=1.0)),
    "init_from": Case("a fitted one", {}, "it is where a first fit starts"),
    "freeze": Case("features"),
    "precision": Case("mixed_bfloat16"),
}
CASES = {
    "dense": KERAS
    | {"hidden_layer_sizes": Case((8,)), "batch_normalization": Case(True)},
    "cnn": KERAS
    | {
        "filters": Case((2,)),
        "kernel_size": Case(5),
        "pool_size": Case(1),
        "padding": Case("valid"),
        "dense_layer_sizes": Case((8,)),
        "backbone": Case("MobileNetV3Small", {"batch_size": 120, "epochs": 1}),
        "weights": Case("imagenet", {}, "they are where a first fit starts"),
        "spatial_dropout": Case(0.8),
        "batch_normalization": Case(True),
    },
    "numpy": SHARED
    | {
        "hidden_layer_sizes": Case((8,)),
        "kernel_initializer": Case(
            "glorot_normal", {}, "the weights have been drawn before"
        ),
        "momentum": Case(0.5),
    },
}
ALL = [(kind, name) for kind, cases in CASES.items() for name in cases]


@pytest.fixture(scope="module")
def digits():
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X[:120], y[:120]


@pytest.fixture(scope="module")
def case(digits, tmp_path_factory):
    """Complete a case with what is made in the test itself."""

    def complete(kind, name):
        found = CASES[kind][name]
        if name in ("tensorboard_dir", "checkpoint_dir"):
            return found._replace(value=tmp_path_factory.mktemp(name))
        if name == "init_from":
            return found._replace(
                value=clone(CLASSIFIERS[kind]).set_params(random_state=5).fit(*digits)
            )
        if name == "layers":
            return found._replace(value=given_layers(kind))
        return found

    return complete


def given_layers(kind):
    if kind == "cnn":
        other = CNNDigitClassifier(filters=(2,), dense_layer_sizes=())
        return as_plain(other._describe_network((8, 8), 10))
    return as_plain(
        dense_network(
            10,
            hidden_layer_sizes=(5,),
            activation="relu",
            dropout=(0.0,),
            batch_normalization=(False,),
            kernel_initializer="glorot_uniform",
            l2=0.0,
        )
    )


def outcome(classifier, digits):
    """Fit, and return all that a user can see of it: also errors and warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # Keras reads its own variables in a way that NumPy 2 is about to end.
        warnings.filterwarnings("ignore", "__array__ implementation")
        try:
            classifier.fit(*digits)
        except (ValueError, TypeError) as error:
            return repr(error)
    weights = [values.tobytes() for values in classifier.weights_]
    messages = [str(warning.message) for warning in caught]
    return weights, classifier.history_, messages


def network(kind, others):
    return clone(CLASSIFIERS[kind]).set_params(**others)


@pytest.mark.parametrize("kind", CASES)
def test_all_parameters_are_tested(kind):
    assert CASES[kind].keys() == signature(type(CLASSIFIERS[kind])).parameters.keys()


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_fit_is_that_of_a_fresh_estimator(kind, name, case, digits):
    value, others, _ = case(kind, name)
    fitted = network(kind, others).fit(*digits)
    fresh = network(kind, others)
    for classifier in (fitted, fresh):
        classifier.set_params(**{name: value})
    if name == "warm_start":
        fitted._fitted = None  # what the value is for
    assert outcome(fitted, digits) == outcome(fresh, digits)


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_fit_that_continues_uses_the_new_value(kind, name, case, digits):
    value, others, neutral = case(kind, name)
    warm = {**others, "warm_start": True}
    old, new = (network(kind, warm).fit(*digits) for _ in range(2))
    new.set_params(**{name: value})
    found, expected = outcome(new, digits), outcome(old, digits)
    if neutral:
        assert found == expected, f"not neutral, though {neutral}"
    else:
        assert found != expected
