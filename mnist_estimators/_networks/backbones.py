"""Networks of ``keras.applications`` as the first part of a classifier."""

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from os import PathLike, fspath
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._tensorflow import load_keras
from ..exceptions import WeightsNotFoundError

if TYPE_CHECKING:
    import keras

# Each with the module of its preprocessing. All draw nothing at random in training:
# dropout would have seeds of its own.
BACKBONES = {
    "DenseNet121": "densenet",
    "MobileNet": "mobilenet",
    "MobileNetV2": "mobilenet_v2",
    "MobileNetV3Small": "mobilenet_v3",
    "ResNet50": "resnet50",
    "VGG16": "vgg16",
}
# How many arrays of weights each has, and how many weights are in them all.
WEIGHT_COUNTS = {
    "DenseNet121": (604, 7_037_504),
    "MobileNet": (135, 3_228_864),
    "MobileNetV2": (260, 2_257_984),
    "MobileNetV3Small": (206, 939_120),
    "ResNet50": (318, 23_587_712),
    "VGG16": (26, 14_714_688),
}
# They halve the sides of an image five times: 28 pixels would be less than one.
SIDE = 64
BYTES_PER_WEIGHT = 4  # float32
# Keras' 0.99 keeps the initial statistics for hundreds of steps, more than a fit on
# few images has.
NORMALIZATION_MOMENTUM = 0.9

_lock = Lock()


def build_backbone(
    name: str, image_shape: tuple[int, ...], *, precision: str
) -> "keras.Model":
    """Build a network that turns grey images into features.

    Parameters
    ----------
    name : str
        A member of ``BACKBONES``.
    image_shape : tuple of two int
        Height and width of the images.
    precision : str
        Keras' name for the numbers that the layers compute with.

    Returns
    -------
    keras.Model
        Takes images (n, height, width, 1) with values from 0 to 1, enlarges them to 64
        x 64 pixels in three equal channels, and gives (n, n_features).
    """
    keras = load_keras()
    preprocess = getattr(keras.applications, BACKBONES[name]).preprocess_input
    black, white = (
        preprocess(np.full((1, 1, 3), value, np.float32)).ravel()
        for value in (0.0, 255.0)
    )
    with _keras_defaults(precision):
        images = keras.Input((*image_shape, 1), dtype="float32")
        # By default this layer means training, to those after it as well.
        enlarged = keras.layers.Resizing(SIDE, SIDE)(images, training=False)
        channels = keras.layers.Concatenate()([enlarged] * 3)
        scaled = keras.layers.Rescaling((white - black).tolist(), black.tolist())
        application = _build_application(name, None)
        features = application(scaled(channels))
        model = keras.Model(images, features, name=name.lower())
    for layer in application.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = NORMALIZATION_MOMENTUM
    return model


def check_size_of_weights(name: str, weights: Any) -> None:
    """Check that there are enough weights for a backbone, without building it.

    Parameters
    ----------
    name : str
        A member of ``BACKBONES``.
    weights : object
        What may be the list of arrays of a network that begins with it.

    Raises
    ------
    ValueError
        If there are too few. An array counts once, wherever it is repeated.
    """
    n_arrays, n_weights = WEIGHT_COUNTS[name]
    sizes = {id(one): one.nbytes for one in weights if type(one) is np.ndarray}
    if len(sizes) < n_arrays or sum(sizes.values()) < n_weights * BYTES_PER_WEIGHT:
        raise ValueError(
            f"weights_ must have the {n_arrays} arrays with {n_weights} weights of "
            f"{name}, with which the network begins"
        )


@cache
def backbone_shapes(name: str) -> tuple[tuple[tuple[int, ...], ...], int]:
    """Find the shapes of a backbone's weights, and how many features it gives.

    The network is built once for that: only Keras knows its hundreds of layers.

    Parameters
    ----------
    name : str
        A member of ``BACKBONES``.

    Returns
    -------
    shapes : tuple of tuple of int
        In the order of ``build_backbone(name, ...).weights``.
    n_features : int
    """
    with _keras_defaults("float32"):
        application = _build_application(name, None)
    shapes = tuple(tuple(variable.shape) for variable in application.weights)
    return shapes, application.output_shape[-1]


def initial_backbone_weights(
    backbone: "keras.Model", seed: int
) -> list[NDArray[np.float32]]:
    """Draw new initial weights, in the order of ``backbone.weights``.

    Parameters
    ----------
    backbone : keras.Model
        From ``build_backbone``. Not changed.
    seed : int
        Seed of the draw.

    Returns
    -------
    list of ndarray
    """
    keras = load_keras()
    application = backbone.layers[-1]
    values = []
    for number, layer in enumerate(application.layers):
        for variable in layer.weights:
            if variable.name == "kernel":
                depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
                initializer = keras.initializers.serialize(
                    layer.depthwise_initializer
                    if depthwise
                    else layer.kernel_initializer
                )
                initializer["config"]["seed"] = seed + number
                drawn = keras.initializers.deserialize(initializer)
                value = np.asarray(drawn(variable.shape, dtype="float32"))
            else:
                value = constant_weights(variable)
            values.append(value)
    return values


def constant_weights(variable: "keras.Variable") -> NDArray[np.float32]:
    """Make what weights begin with that are not drawn: scales of 1, and zeros."""
    scales = variable.name in ("gamma", "moving_variance")
    return np.full(variable.shape, 1.0 if scales else 0.0, np.float32)


def pretrained_weights(
    name: str, weights: str | PathLike[str]
) -> list[NDArray[np.float32]]:
    """Read the weights of a backbone.

    Parameters
    ----------
    name : str
        A member of ``BACKBONES``.
    weights : 'imagenet' or path
        What Keras downloads, or a file that ``save_weights`` of such a network wrote.

    Returns
    -------
    list of ndarray
        In the order of ``build_backbone(name, ...).weights``.

    Raises
    ------
    WeightsNotFoundError
        If there is no such file, or nothing can be downloaded.
    ValueError
        If the file holds other weights.
    """
    path = fspath(weights)
    mend = (
        f"On a machine with a network, keras.applications.{name}(include_top=False)"
        ".save_weights('backbone.weights.h5') writes a file; give its path: "
        "weights='backbone.weights.h5'."
    )
    if path != "imagenet":
        path = str(Path(path).expanduser())
        if not Path(path).is_file():
            raise WeightsNotFoundError(
                f"There is no file weights={path!r}. weights='imagenet' has Keras "
                f"download some. {mend}"
            )
    try:
        with _keras_defaults("float32"):
            application = _build_application(name, path)
    except Exception as error:  # whatever Keras, h5py or a download raise
        if path == "imagenet":
            raise WeightsNotFoundError(
                f"weights='imagenet' of {name} can't be downloaded: {error} {mend}"
            ) from error
        raise ValueError(
            f"weights={path!r} does not hold the weights of {name} without its top: "
            f"{error} {mend}"
        ) from error
    return [np.asarray(variable.numpy()) for variable in application.weights]


def _build_application(name: str, weights: str | None) -> "keras.Model":
    keras = load_keras()
    with warnings.catch_warnings():
        # MobileNets warn that weights for 64 x 64 pixels are those for 224 x 224.
        warnings.filterwarnings("ignore", message=".*input_shape.*")
        # Of weights that are not in a file, Keras warns; the network would be random.
        warnings.filterwarnings("error", message="Skipping nested container")
        return getattr(keras.applications, name)(
            include_top=False,
            weights=weights,
            input_shape=(SIDE, SIDE, 3),
            pooling="avg",
        )


@contextmanager
def _keras_defaults(precision: str) -> Iterator[None]:
    """Build with settings of our own, and leave the user's as they were.

    The applications take none as arguments, and draw seeds from Python's global random
    state.
    """
    keras = load_keras()
    with _lock:
        policy = keras.config.dtype_policy()
        data_format = keras.config.image_data_format()
        state = random.getstate()
        try:
            keras.config.set_dtype_policy(precision)
            keras.config.set_image_data_format("channels_last")
            yield
        finally:
            keras.config.set_dtype_policy(policy)
            keras.config.set_image_data_format(data_format)
            random.setstate(state)
