"""Every kind of layer computes what it does in Keras, wherever a classifier goes."""

import pickle
import random

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.base import clone

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    OnnxDigitClassifier,
    load_model,
    to_keras,
    to_onnx,
)
from mnist_estimators._networks.layers.table import KINDS
from mnist_estimators._networks.shapes import (
    check_network,
    layer_shapes,
    weight_shapes,
)
from mnist_estimators._networks.specs import as_network, as_plain, layer

# Keras reads its own variables in a way that NumPy 2 is about to end.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

SHAPE = (9, 7)
N_CLASSES = 3


@pytest.fixture(autouse=True)
def _global_random_states_stay():
    """Put Python's back, from which Keras takes the seeds of the models made here."""
    state = random.getstate()
    yield
    random.setstate(state)


def rows(*hidden):
    return [layers.Flatten(), *hidden]


def maps(*hidden):
    return [layers.Conv2D(4, 3, activation="tanh"), *hidden, layers.Flatten()]


L2 = keras.regularizers.L2(0.01)
# Layers between the images and the output.
DENSE = {
    "dense without bias": lambda: rows(layers.Dense(5, "relu", use_bias=False)),
    "normalised rows": lambda: rows(
        layers.Dense(5), layers.LayerNormalization(epsilon=1e-6), layers.ReLU()
    ),
    "average pooling": lambda: [layers.AveragePooling2D(2), *rows(layers.Dense(5))],
    "pooling and normalised pixels": lambda: [
        layers.MaxPooling2D(2),
        *rows(layers.LayerNormalization()),
    ],
}
CONVOLUTIONAL = {
    "strides": lambda: maps(layers.Conv2D(3, 2, strides=2, padding="same")),
    "valid strides": lambda: maps(layers.Conv2D(3, 2, strides=(2, 3))),
    "oblong window": lambda: maps(layers.Conv2D(3, (3, 1), strides=(1, 2))),
    "convolution without bias": lambda: maps(layers.Conv2D(3, 2, use_bias=False)),
    "average pooling of maps": lambda: maps(layers.AveragePooling2D((3, 2))),
    "overlapping averages": lambda: maps(
        layers.AveragePooling2D(3, strides=2, padding="same")
    ),
    "overlapping maxima": lambda: maps(
        layers.MaxPooling2D(3, strides=(2, 1), padding="same")
    ),
    "maxima of a rest": lambda: maps(layers.MaxPooling2D(2, padding="same")),
    "global average": lambda: [
        layers.Conv2D(4, 3, activation="gelu"),
        layers.BatchNormalization(),
        layers.GlobalAveragePooling2D(),
    ],
    "global average and dense": lambda: [
        layers.Conv2D(4, 3),
        layers.GlobalAveragePooling2D(),
        layers.LayerNormalization(),
        layers.Dense(5, activation="elu", use_bias=False),
        layers.Dropout(0.2),
    ],
    "normalised maps": lambda: [
        layers.Conv2D(4, 3),
        layers.LayerNormalization(),
        layers.Flatten(),
    ],
    "depthwise": lambda: maps(
        layers.DepthwiseConv2D(3, padding="same", activation="relu")
    ),
    "depthwise with a multiplier": lambda: maps(
        layers.DepthwiseConv2D(
            2, strides=2, depth_multiplier=3, use_bias=False, depthwise_regularizer=L2
        )
    ),
    "depthwise first": lambda: [layers.DepthwiseConv2D(3), layers.Flatten()],
    "separable": lambda: maps(
        layers.SeparableConv2D(5, 3, padding="same", activation="relu")
    ),
    "separable with a multiplier": lambda: maps(
        layers.SeparableConv2D(
            5,
            (2, 3),
            strides=2,
            depth_multiplier=2,
            use_bias=False,
            depthwise_initializer="he_normal",
            pointwise_initializer="he_normal",
            depthwise_regularizer=L2,
            pointwise_regularizer=L2,
        )
    ),
    "separable first": lambda: [
        layers.SeparableConv2D(4, 3),
        layers.GlobalAveragePooling2D(),
    ],
}
CASES = {**DENSE, **CONVOLUTIONAL}


def model_of(name):
    """Make a model with weights as after a training: none is 0."""
    output = layers.Dense(N_CLASSES, activation="softmax")
    model = keras.Sequential([keras.Input((*SHAPE, 1)), *CASES[name](), output])
    rng = np.random.default_rng(0)
    drawn = [rng.normal(0, 0.4, weights.shape) for weights in model.get_weights()]
    # Variances must be positive.
    model.set_weights([one if one.ndim > 1 else np.abs(one) for one in drawn])
    return model


def class_for(name):
    return DenseDigitClassifier if name in DENSE else CNNDigitClassifier


@pytest.fixture(params=CASES)
def case(request):
    """A model, and the classifier that it has become."""
    model = model_of(request.param)
    return model, class_for(request.param).from_keras(model)


@pytest.fixture
def images():
    return np.random.default_rng(1).random((20, *SHAPE), np.float32)


def test_the_classifier_predicts_what_keras_does(case, images):
    model, classifier = case
    expected = model(images[..., np.newaxis]).numpy()
    # Probabilities of one kernel in batches of other sizes: a few roundings of 6e-8.
    np.testing.assert_allclose(
        classifier.predict_proba(images), expected, rtol=0, atol=1e-6
    )
    assert expected.std(axis=0).max() > 1e-4, "the images make no difference"


def test_files_and_models_predict_the_same(case, images, tmp_path):
    _, classifier = case
    classifier.save(tmp_path / "digits.model")
    to_onnx(classifier, tmp_path / "digits.onnx")
    to_keras(classifier, tmp_path / "digits.keras")
    expected = classifier.predict_proba(images)
    for other, tolerance in (
        (load_model(tmp_path / "digits.model"), 1e-6),
        (pickle.loads(pickle.dumps(classifier)), 1e-6),
        (type(classifier).from_keras(classifier.model_), 1e-6),
        (
            type(classifier).from_keras(
                keras.models.load_model(tmp_path / "digits.keras")
            ),
            1e-6,
        ),
        # Another library, with kernels of its own.
        (OnnxDigitClassifier(tmp_path / "digits.onnx"), 1e-5),
    ):
        found = other.predict_proba(images)
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def test_its_model_has_the_same_layers(case):
    _, classifier = case
    again = type(classifier).from_keras(classifier.model_)
    assert again.layers == classifier.layers
    assert as_plain(as_network(classifier.layers)) == classifier.layers


def test_shapes_are_those_of_keras(case):
    _, classifier = case
    network = check_network(classifier.layers, N_CLASSES)
    model = classifier.model_
    expected = [tuple(variable.shape) for variable in model.weights]
    assert weight_shapes(network, SHAPE) == expected
    values = (*SHAPE, 1)
    for spec, keras_layer in zip(network, model.layers, strict=True):
        _, values = layer_shapes(spec, values)
        assert values == keras_layer.output.shape[1:]


def test_all_of_it_trains(case, images):
    _, classifier = case
    y = (images[:, :4].mean(axis=(1, 2)) * 100).astype(int) % N_CLASSES
    y[:N_CLASSES] = np.arange(N_CLASSES)
    before = classifier.weights_
    classifier.set_params(epochs=30, learning_rate=0.01, random_state=0)
    for _ in range(30):
        classifier.partial_fit(images, y)
    for old, new in zip(before, classifier.weights_, strict=True):
        assert (old != new).any()
    loss = classifier.history_["loss"]
    assert loss[-1] < loss[0]


@pytest.mark.parametrize("name", ["depthwise", "separable", "separable first"])
def test_a_fit_draws_each_kernel_anew(name, images):
    classifier = class_for(name).from_keras(model_of(name))
    classifier.set_params(epochs=1, learning_rate=1e-9, random_state=0)
    classifier.fit(images, np.arange(20) % N_CLASSES)
    kernels = [weights for weights in classifier.weights_ if weights.ndim > 1]
    for kernel in kernels:
        assert 0.01 < kernel.std() < 2
    assert len({kernel.tobytes() for kernel in kernels}) == len(kernels)


def test_features_before_a_global_average_are_frozen(images):
    source = CNNDigitClassifier.from_keras(model_of("global average and dense"))
    classifier = clone(source).set_params(
        init_from=source, freeze="features", epochs=1, random_state=0
    )
    classifier.fit(images, np.arange(20) % N_CLASSES)
    kernel, bias, *head = zip(source.weights_, classifier.weights_, strict=True)
    for before, after in (kernel, bias):
        np.testing.assert_array_equal(after, before)
    for before, after in head:
        assert (after != before).any()


@pytest.mark.parametrize("name", ["separable with a multiplier", "dense without bias"])
def test_the_penalty_is_on_all_kernels(name, images):
    """With one that outweighs the data they go towards 0, from 0.3 and more."""
    classifier = class_for(name).from_keras(model_of(name))
    penalized = tuple(
        (
            kind,
            tuple((k, 100.0 if k == "l2" else value) for k, value in settings),
        )
        for kind, settings in classifier.layers
    )
    classifier.set_params(
        layers=penalized,
        learning_rate=0.02,
        epochs=60,
        batch_size=5,
        random_state=0,
    )
    classifier.fit(images, np.arange(20) % N_CLASSES)
    for weights in classifier.weights_:
        if weights.ndim > 1:
            assert np.abs(weights).max() < 0.1


def test_an_output_without_bias_gets_one_of_zeros(images):
    output = layers.Dense(N_CLASSES, activation="softmax", use_bias=False)
    model = keras.Sequential([keras.Input((*SHAPE, 1)), layers.Flatten(), output])
    classifier = DenseDigitClassifier.from_keras(model, classes=["c", "a", "b"])
    np.testing.assert_array_equal(classifier.weights_[-1], 0)
    expected = model(images[..., np.newaxis]).numpy()[:, [1, 2, 0]]
    found = classifier.predict_proba(images)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("Add", {}),
        ("ReLU", {}),
        ("Dense", {}),
        ("Dense", {"units": 5}),
        ("Dense", {"use_bias": 1}),
        ("Dense", {"rate": 0.5}),
        ("LayerNormalization", {"epsilon": 0.0}),
        ("LayerNormalization", {"epsilon": 10**400}),
        ("Conv2D", {"strides": (0, 1)}),
        ("Conv2D", {"strides": 2}),
        ("Conv2D", {"kernel_size": (3, 3, 3)}),
        ("AveragePooling2D", {"pool_size": (2, 2), "strides": (2,)}),
        ("GlobalAveragePooling2D", {"keepdims": False}),
    ],
)
def test_other_settings_are_refused(kind, settings):
    weights = {"kernel_initializer": "he_normal", "l2": 0.0}
    complete = {
        "Dense": {"units": 5, **weights},
        "Conv2D": {
            "filters": 2,
            "kernel_size": 3,
            "padding": "same",
            "use_bias": True,
            **weights,
        },
    }.get(kind, {})
    given = complete | settings
    if settings in ({}, {"units": 5}):  # of what is required, only this
        given = settings
    network = (
        layer(kind, **given),
        layer("Flatten"),
        layer("Dense", units=N_CLASSES, **weights),
        layer("Activation", activation="softmax"),
    )
    with pytest.raises(
        ValueError, match=r"network\[0\] is not a layer of a classifier"
    ):
        check_network(network, N_CLASSES, "network")


def test_each_kind_with_a_description_is_tried_here_or_is_older():
    older = {"Activation", "Backbone", "BatchNormalization", "Dropout", "Flatten"}
    tried = (
        {type(one).__name__ for make in CASES.values() for one in make()}
        | older
        | {"SpatialDropout2D"}
    )
    described = {name for name, kind in KINDS.items() if kind.settings is not None}
    assert described <= tried
