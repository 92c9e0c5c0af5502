"""Keras models that users built become classifiers."""

import pickle
import random
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from sklearn.base import clone
from states import in_state

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    OnnxDigitClassifier,
    load_model,
    to_keras,
    to_onnx,
)
from mnist_estimators.exceptions import ModelFileError, PixelRangeWarning

# Keras reads its own variables in a way that NumPy 2 is about to end.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

SHAPE = (9, 7)
INPUT = keras.Input((*SHAPE, 1))


@pytest.fixture(autouse=True)
def _global_random_states_stay():
    """Put Python's back, from which Keras takes the seeds of the models made here."""
    state = random.getstate()
    yield
    random.setstate(state)


def with_weights(model):
    """Give a model weights as after a training: none is 0 or like that of another."""
    rng = np.random.default_rng(0)
    model.set_weights(
        [
            np.abs(weights + rng.normal(0, 0.2, weights.shape).astype(np.float32))
            for weights in model.get_weights()
        ]
    )
    return model


def tutorial():
    return keras.Sequential(
        [
            keras.Input((*SHAPE, 1)),
            layers.Conv2D(4, kernel_size=(3, 3), activation="relu"),
            layers.MaxPooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )


def deep():
    l2 = keras.regularizers.L2(0.01)
    return keras.Sequential(
        [
            keras.Input((*SHAPE, 1)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.8),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Conv2D(3, 2, activation="gelu", kernel_initializer="he_normal"),
            layers.SpatialDropout2D(0.1),
            layers.MaxPooling2D((3, 2)),
            layers.Dropout(0.0),
            layers.Flatten(),
            layers.Dense(6, kernel_regularizer=l2),
            layers.BatchNormalization(),
            layers.ELU(),
            layers.Dense(3),
            layers.Softmax(),
        ]
    )


def functional():
    images = keras.Input((*SHAPE,))
    maps = layers.Reshape((*SHAPE, 1))(images)
    maps = layers.Conv2D(4, 3, activation="tanh")(maps)
    rows = layers.Flatten()(maps)
    return keras.Model(images, layers.Dense(3, activation="softmax")(rows))


def nested():
    features = keras.Sequential([keras.Input((*SHAPE, 1)), layers.Conv2D(2, 3)])
    head = [layers.ReLU(), layers.Flatten(), layers.Dense(3, activation="softmax")]
    return keras.Sequential([features, *head])


def one_in_another():
    """A model within another, with a layer that was called elsewhere before."""
    convolution = layers.Conv2D(4, 3)
    convolution(keras.Input((12, 12, 1)))
    start = keras.Input((*SHAPE, 1))
    inner = keras.Model(start, layers.ReLU()(convolution(start)))
    images = keras.Input((*SHAPE, 1))
    rows = layers.Flatten()(inner(images, training=False))
    return keras.Model(images, layers.Dense(3, activation=tf.nn.softmax)(rows))


def dense_on_rows():
    return keras.Sequential(
        [
            keras.Input((63,)),
            layers.Dense(5, activation="sigmoid"),
            layers.Dense(3, activation="softmax"),
        ]
    )


def dense_on_images():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


CNNS = (tutorial, deep, functional, nested, one_in_another)


@pytest.fixture
def images():
    rng = np.random.default_rng(1)
    return rng.integers(0, 256, (20, *SHAPE)).astype(np.float32) / 255


@pytest.fixture(scope="module")
def given():
    return with_weights(tutorial())


@pytest.fixture(scope="module")
def wrapped(given):
    """No test may change it."""
    return CNNDigitClassifier.from_keras(given)


def probabilities_of(model, images):
    shape = (len(images), *model.inputs[0].shape[1:])
    return model(images.reshape(shape)).numpy()


@pytest.mark.parametrize("make", [*CNNS, dense_on_rows, dense_on_images])
def test_the_classifier_predicts_what_the_model_does(make, images):
    model = with_weights(make())
    before = random.getstate()
    cls = CNNDigitClassifier if make in CNNS else DenseDigitClassifier
    classifier = cls.from_keras(model)
    assert random.getstate() == before
    X = images.reshape(20, -1)
    expected = probabilities_of(model, images)
    np.testing.assert_allclose(classifier.predict_proba(X), expected, atol=1e-5)
    assert (classifier.predict(X) == expected.argmax(axis=1)).all()
    assert classifier.history_ == {"loss": [], "accuracy": []}
    assert classifier.n_iter_ == 0


def test_a_model_without_softmax_gives_logits(images):
    model = with_weights(
        keras.Sequential(
            [INPUT, layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)]
        )
    )
    found = CNNDigitClassifier.from_keras(model).predict_log_proba(images)
    expected = keras.ops.log_softmax(probabilities_of(model, images))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_model_that_scales_pixels_makes_a_classifier_of_such_pixels(given, images):
    model = keras.Sequential([layers.Rescaling(1 / 255), given])
    classifier = CNNDigitClassifier.from_keras(model)
    assert classifier.pixel_range_ == (0, 255)
    pixels = (images * 255).astype(np.uint8)
    expected = probabilities_of(given, images)
    np.testing.assert_allclose(classifier.predict_proba(pixels), expected, atol=1e-6)
    unscaled = CNNDigitClassifier.from_keras(given)
    with pytest.warns(PixelRangeWarning, match="fitted on pixels from 0 to 1"):
        unscaled.predict(pixels)


def test_classes_name_the_outputs_in_their_order(given, images):
    classifier = CNNDigitClassifier.from_keras(given, classes=["two", "one", "six"])
    assert classifier.classes_.tolist() == ["one", "six", "two"]
    expected = probabilities_of(given, images)
    found = classifier.predict_proba(images)
    np.testing.assert_allclose(found, expected[:, [1, 2, 0]], atol=1e-6)


@pytest.mark.parametrize("classes", [["a", "b"], [1, 2, 2], [[1, 2, 3]], "abc"])
def test_other_classes_are_refused(classes, given):
    with pytest.raises(ValueError, match="classes must be 3 different labels"):
        CNNDigitClassifier.from_keras(given, classes=classes)


def test_it_is_saved_pickled_and_exported_as_any_other(wrapped, images, tmp_path):
    expected = wrapped.predict_proba(images)
    wrapped.save(tmp_path / "wrapped.model")
    to_onnx(wrapped, tmp_path / "wrapped.onnx")
    to_keras(wrapped, tmp_path / "wrapped.keras")
    for other in (
        load_model(tmp_path / "wrapped.model"),
        pickle.loads(pickle.dumps(wrapped)),
        OnnxDigitClassifier(tmp_path / "wrapped.onnx"),
        CNNDigitClassifier.from_keras(
            keras.models.load_model(tmp_path / "wrapped.keras")
        ),
        CNNDigitClassifier.from_keras(wrapped.model_),
    ):
        np.testing.assert_allclose(other.predict_proba(images), expected, atol=1e-6)


def test_partial_fit_and_a_warm_start_go_on_from_the_weights(given, images):
    y = np.arange(20) % 3
    for train in (
        lambda one: one.partial_fit(images, y),
        lambda one: one.set_params(warm_start=True).fit(images, y),
    ):
        classifier = CNNDigitClassifier.from_keras(given).set_params(
            epochs=1, learning_rate=1e-6, random_state=0
        )
        train(classifier)
        assert classifier.n_iter_ == 1
        for after, before in zip(classifier.weights_, given.get_weights(), strict=True):
            assert not np.array_equal(after, before)
            np.testing.assert_allclose(after, before, atol=1e-4)


def through_a_model_file(classifier, folder):
    classifier.save(folder / "trained.model")
    return load_model(folder / "trained.model")


@pytest.mark.parametrize(
    ("train", "store"),
    [
        (lambda one, *data: one.partial_fit(*data), lambda one, _: one),
        (
            lambda one, *data: one.set_params(warm_start=True).fit(*data),
            lambda one, _: pickle.loads(pickle.dumps(one)),
        ),
        (lambda one, *data: one.partial_fit(*data), through_a_model_file),
    ],
    ids=["partial_fit", "warm_start and pickle", "model file"],
)
def test_statistics_of_batch_normalisation_are_not_forgotten(
    train, store, images, tmp_path
):
    """Each training on the same images moves them less, towards those images'."""
    classifier = CNNDigitClassifier.from_keras(with_weights(deep())).set_params(
        epochs=1, learning_rate=1e-6, random_state=0
    )
    means = [classifier.weights_[3]]
    for _ in range(3):
        train(classifier, images, np.arange(20) % 3)
        means.append(classifier.weights_[3])
        classifier = store(classifier, tmp_path)
    first, second, third = np.abs(np.diff(means, axis=0))
    # The layer's own momentum is 0.8.
    np.testing.assert_allclose(second, 0.8 * first, rtol=0.01)
    np.testing.assert_allclose(third, 0.8 * second, rtol=0.01)


def test_pickles_of_earlier_versions_lack_the_steps_before_the_training(images):
    classifier = CNNDigitClassifier.from_keras(with_weights(deep()))
    classifier.partial_fit(images, np.arange(20) % 3)
    state = classifier.__getstate__()
    del state["_fitted"]["earlier_steps"]
    earlier = clone(classifier)
    earlier.__setstate__(state)
    earlier.partial_fit(images, np.arange(20) % 3)
    assert earlier.n_iter_ == 2


@pytest.mark.parametrize(
    "steps", [[0], [0, -1], [0, 2**70], [0, True], [0, 0.5], (0, 0), 0]
)
def test_other_numbers_of_earlier_steps_are_in_no_model_file(steps, tmp_path):
    classifier = in_state(CNNDigitClassifier.from_keras(deep()), earlier_steps=steps)
    with pytest.raises(ModelFileError, match="earlier_steps must be None, or a list"):
        classifier.save(tmp_path / "forged.model")


def test_a_clone_has_the_layers_and_fits_other_classes(wrapped, images):
    copied = clone(wrapped).set_params(epochs=1, random_state=0)
    assert copied.layers == wrapped.layers
    assert {type(one) for one in copied.layers} == {tuple}
    copied.fit(images, np.arange(20) % 4)
    assert copied.predict_proba(images).shape == (20, 4)
    assert [weights.shape for weights in copied.weights_[:-2]] == [
        weights.shape for weights in wrapped.weights_[:-2]
    ]


def test_another_classifier_begins_with_its_weights(wrapped, images):
    new = clone(wrapped).set_params(init_from=wrapped, freeze="features", epochs=1)
    new.fit(images, np.array(["a", "b"] * 10))
    np.testing.assert_array_equal(new.weights_[0], wrapped.weights_[0])


def chain(*middle, start=INPUT, end=()):
    ending = end or (layers.Flatten(), layers.Dense(3, activation="softmax"))
    return keras.Sequential([start, *middle, *ending])


def branched():
    images = keras.Input((*SHAPE, 1))
    rows = layers.Flatten()(layers.Conv2D(2, 3)(images))
    both = layers.Dense(3, name="one")(rows), layers.Dense(3, name="two")(rows)
    return keras.Model(images, layers.Softmax()(layers.Add()(both)))


def unchanged(values):
    return values


def before_and_after(before=unchanged, after=unchanged):
    images = keras.Input((*SHAPE, 1))
    maps = layers.Conv2D(2, 3)(before(images))
    return keras.Model(images, after(layers.Dense(3)(layers.Flatten()(maps))))


def two_outputs():
    model = tutorial()
    return keras.Model(model.inputs, [model.outputs[0], model.layers[2].output])


def twice():
    same = layers.Conv2D(1, 3, name="same")
    return before_and_after(before=lambda images: same(same(images)))


def always_dropping():
    return before_and_after(
        after=lambda logits: layers.Dropout(0.5, name="half")(logits, training=True)
    )


def relu(values):
    """Has the name of another."""
    return keras.ops.minimum(values, 0)


def low_rank():
    output = layers.Dense(3)
    model = chain(layers.Conv2D(2, 3), end=(layers.Flatten(), output))
    output.enable_lora(1)
    return model


class Subclassed(keras.Model):
    def call(self, images):
        return images


class Own(layers.Dense):
    pass


def application():
    images = keras.Input((64, 64, 3))
    inner = keras.Model(images, layers.GlobalMaxPooling2D()(images), name="vgg16")
    head = (layers.Flatten(), layers.Dense(3))
    return chain(layers.Conv2D(3, 1), inner, start=keras.Input((64, 64, 1)), end=head)


REFUSED = {
    "dilation": (
        lambda: chain(layers.Conv2D(2, 3, dilation_rate=2, name="wide")),
        r"the layer 'wide' \(Conv2D\), with dilation_rate=\(2, 2\). .* have "
        r"dilation_rate=\(1, 1\)",
    ),
    "groups": (
        lambda: chain(layers.Conv2D(4, 3), layers.Conv2D(4, 3, groups=2)),
        "with groups=2. .* have groups=1",
    ),
    "channels first": (
        lambda: chain(
            layers.Conv2D(2, 3),
            layers.AveragePooling2D(2, data_format="channels_first"),
        ),
        "with data_format='channels_first'. .* have data_format='channels_last'",
    ),
    "axis": (
        lambda: chain(layers.Conv2D(2, 3), layers.LayerNormalization(axis=(1, 2))),
        r"with axis=\[1, 2\]. .* have axis=\[-1\]",
    ),
    "two initializers": (
        lambda: chain(layers.SeparableConv2D(2, 3, depthwise_initializer="he_normal")),
        r"whose kernels \(depthwise, pointwise\) have different initializers",
    ),
    "kept dimensions": (
        lambda: chain(
            layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(keepdims=True)
        ),
        "with keepdims=True",
    ),
    "kind": (
        lambda: chain(
            layers.Conv2D(2, 3),
            layers.GaussianNoise(0.1, name="noise"),
            layers.AveragePooling2D(2),
        ),
        r"'noise' \(GaussianNoise\), an unsupported kind. Supported are .*"
        "Conv2D, .* wrap it with scikeras",
    ),
    "own kind": (
        lambda: chain(end=(layers.Flatten(), Own(3))),
        "which is of no kind of Keras' own",
    ),
    "activation": (
        lambda: chain(layers.Conv2D(2, 3, activation="swish")),
        "with activation='silu'. Supported are relu",
    ),
    "activation of the user": (
        lambda: chain(layers.Conv2D(2, 3, activation=relu, name="mine")),
        r"'mine' \(Conv2D\), with activation=\S*test_from_keras.relu. Supported are",
    ),
    "lambda": (
        lambda: chain(layers.Conv2D(2, 3, activation=lambda values: values)),
        r"with activation=\S*<lambda>\. Supported are relu",
    ),
    "layer as activation": (
        lambda: chain(layers.Conv2D(2, 3, activation=layers.ReLU(6))),
        r"with activation=\S*\.ReLU\. Supported are relu",
    ),
    "low rank": (low_rank, r"\(Dense\), with lora_.* have lora_\w+=None"),
    "slope": (
        lambda: chain(layers.Conv2D(2, 3), layers.LeakyReLU(0.3)),
        "with negative_slope=0.3.* have negative_slope=0.2",
    ),
    "initializer": (
        lambda: chain(layers.Conv2D(2, 3, kernel_initializer="zeros")),
        "with kernel_initializer=.*Zeros.* Supported are glorot_normal",
    ),
    "regularizer": (
        lambda: chain(layers.Conv2D(2, 3, kernel_regularizer="l1")),
        "with kernel_regularizer=.* Supported is keras.regularizers.L2",
    ),
    "two penalties": (
        lambda: chain(
            layers.Conv2D(2, 3, kernel_regularizer=keras.regularizers.L2(0.1)),
            layers.Conv2D(2, 3, kernel_regularizer=keras.regularizers.L2(0.2)),
        ),
        "an L2 penalty of 0.2 where one before has 0.1",
    ),
    "offset": (
        lambda: chain(layers.Rescaling(1 / 127.5, -1), layers.Conv2D(2, 3)),
        "and offset=-1. Black stays 0",
    ),
    "colours": (
        lambda: chain(layers.Conv2D(2, 3), start=keras.Input((*SHAPE, 3))),
        r"images of shape \(9, 7, 3\), but the classifiers have grey ones",
    ),
    "any size": (
        lambda: chain(
            layers.Conv2D(2, 3),
            start=keras.Input((None, None, 1)),
            end=(layers.GlobalMaxPooling2D(), layers.Dense(3)),
        ),
        r"images of shape \(None, None, 1\)",
    ),
    "one output": (
        lambda: chain(
            layers.Conv2D(2, 3),
            end=(layers.Flatten(), layers.Dense(1, activation="sigmoid")),
        ),
        "at its end. The classifiers end in Dense with a unit for each",
    ),
    "no flattening": (
        lambda: chain(layers.Conv2D(2, 3), end=(layers.Dense(3),)),
        r"The model must work on images first.* The model\[1\] is misplaced",
    ),
    "no shape": (
        lambda: keras.Sequential([layers.Flatten(), layers.Dense(3)]),
        "does not know the shape of its images yet",
    ),
    "branches": (branched, r"\(Add\), .* something else than what the layer before it"),
    "operation at the end": (
        lambda: before_and_after(after=lambda logits: logits / 5.0),
        "an operation that is not a layer",
    ),
    "flipped": (
        lambda: before_and_after(after=lambda logits: keras.ops.flip(logits, axis=1)),
        r"\(Flip\), an operation that is not a layer",
    ),
    "operation at the beginning": (
        lambda: before_and_after(before=lambda images: 1 - images),
        r"\(Subtract\), an operation that is not a layer",
    ),
    "two outputs": (two_outputs, "has 1 inputs and 2 outputs"),
    "a layer twice": (twice, "'same' .* in two places with the same weights"),
    "always as in training": (always_dropping, "'half' .* with training=True"),
    "application": (
        application,
        r"'vgg16' .* prepared images. CNNDigitClassifier\(backbone='VGG16'\) prepares",
    ),
    "subclass": (Subclassed, r"\(Subclassed\) says in code which layer"),
    "dense": (
        dense_on_images,
        r"has no convolution. Use DenseDigitClassifier.from_keras\(model\)",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_what_the_classifiers_have_not_is_refused_by_its_name(make, message):
    model = make()
    with pytest.raises(ValueError, match=message):
        CNNDigitClassifier.from_keras(model)


def test_a_convolution_is_refused_by_the_dense_classifier(given):
    with pytest.raises(ValueError, match=r"has a convolution\. Use CNNDigitClassifier"):
        DenseDigitClassifier.from_keras(given)


def test_something_else_than_a_model_is_refused():
    with pytest.raises(TypeError, match=r"must be a keras.Model.* Got str instead"):
        CNNDigitClassifier.from_keras("model.keras")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found[:-1], "layers must end in a softmax over 3 classes"),
        (lambda found: ("Conv2D", "Dense", "Softmax"), "must be a tuple of layers"),
        (lambda found: (("ReLU", ()), *found), r"layers\[0\] is not a layer"),
        (lambda found: (), "layers must be a tuple of three layers or more"),
    ],
)
def test_layers_that_make_no_network_are_refused(change, message, wrapped, images):
    classifier = clone(wrapped).set_params(layers=change(wrapped.layers))
    with pytest.raises(ValueError, match=message):
        classifier.fit(images, np.arange(20) % 3)


@pytest.mark.parametrize("backbone", [None, "MobileNetV2"])
def test_weights_of_a_backbone_are_refused_beside_layers(wrapped, images, backbone):
    classifier = clone(wrapped).set_params(weights="imagenet", backbone=backbone)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the ignored backbone
        with pytest.raises(ValueError, match=r"layers were given .* Set weights=None"):
            classifier.fit(images, np.arange(20) % 3)


def test_images_that_are_too_small_for_the_layers_are_refused(wrapped, images):
    classifier = clone(wrapped).set_params(image_shape=None)
    with pytest.raises(ValueError, match="too small for the network"):
        classifier.fit(images[:, :2, :2], np.arange(20) % 3)
