"""The layers of a fitted network, and what they make of images.

A ``NumpyDigitClassifier`` has no ``model_``: its layers are named and numbered as those
of the same network in Keras.
"""

from collections.abc import Iterable
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.utils import gen_batches

from .._inputs.estimators import as_taken
from .._inputs.images import as_network_input, pixel_scale
from .._inputs.pixel_ranges import warn_of_other_range
from .._inputs.validation import validate_pixels
from ..backpropagation import Layer, forward
from ._inside import inside, pixel_count

ROWS_PER_FORWARD_PASS = 512


def network_within(estimator: Any, X: Any = None) -> tuple[Any, Any]:
    """Find the fitted network within an estimator, and the images that reach it.

    Parameters
    ----------
    estimator : fitted classifier
        Or one that holds it.
    X : array-like, default=None
        Images as the estimator takes them.

    Returns
    -------
    network : fitted classifier
        Of this package, with layers.
    X : array-like
        Images as the network takes them.

    Raises
    ------
    NotFittedError, ValueError
        As in ``inside``.
    TypeError
        If there is no network in it.
    """
    network, X = inside(estimator, X)
    # Networks of other packages may have model_ or weights_ too.
    if not hasattr(network, "pixel_range_"):
        raise TypeError(
            f"estimator holds a {type(network).__name__}, which is not a "
            "network of this package, and has no layers to look into. Give a fitted "
            "DenseDigitClassifier, CNNDigitClassifier or NumpyDigitClassifier, or a "
            "pipeline or search that ends in one."
        )
    return network, X


def network_and_images(estimator: Any, X: ArrayLike) -> tuple[Any, NDArray[np.float32]]:
    """Find the network within an estimator, and scale the images for it.

    Parameters
    ----------
    estimator : fitted classifier
        Or one that holds it.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images as the estimator takes them. Not changed.

    Returns
    -------
    network : fitted classifier
        Of this package, with layers.
    images : ndarray of shape (n, height, width, 1), dtype float32
        What reaches the first layer: pixels have values from 0 to 1.
    """
    network, X = network_within(estimator, as_taken(estimator, X))
    pixels = validate_pixels(network, X, reset=False)
    warn_of_other_range(pixels, network.pixel_range_)
    high = network.pixel_range_[1]
    images = as_network_input(pixels, high, network.image_shape_)
    return network, images.astype(np.float32) * np.float32(pixel_scale(high))


def check_sees_pixels(estimator: Any, network: Any) -> None:
    """Raise an error if a step before the network makes other features of the pixels.

    Raises
    ------
    ValueError
        If the network takes another number of values than the estimator.
    """
    n_pixels = pixel_count(estimator)
    if n_pixels != network.n_features_in_:
        raise ValueError(
            f"The network takes {network.n_features_in_} features that a step before "
            f"it makes of the {n_pixels} pixels: its weights and gradients are "
            "not images. Fit it on pixels, without that step."
        )


def layer_names(network: Any) -> list[str]:
    """List the names of a network's layers: kind and number."""
    if hasattr(network, "model_"):
        return [layer.name for layer in network.model_.layers]
    n_dense = len(network.weights_) // 2
    kinds = ["flatten"] + ["dense", "activation"] * n_dense
    return [f"{kind}_{number}" for number, kind in enumerate(kinds)]


def architecture(network: Any) -> Literal["convolutional", "dense", "backbone"]:
    """Find out of what kind a network is."""
    if not hasattr(network, "model_"):
        return "dense"
    if hasattr(network.model_.layers[0], "layers"):
        return "backbone"
    return "convolutional" if convolutions(network) else "dense"


def convolutions(network: Any) -> list[int]:
    """List the numbers of the layers that have kernels: weights of four dimensions."""
    return [
        number
        for number, layer in enumerate(network.model_.layers)
        if any(len(weights.shape) == 4 for weights in layer.weights)
    ]


def first_rows(network: Any) -> int:
    """Find the number of the layer that makes rows of feature maps."""
    layers = network.model_.layers
    return next(i for i, layer in enumerate(layers) if len(layer.output.shape) == 2)


def layer_index(network: Any, layer: str | int) -> int:
    """Find the number of a layer, from 0 up.

    Parameters
    ----------
    network : fitted classifier
        With layers.
    layer : str or int
        Name, or number; negative ones count from the last layer.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If `layer` is neither a name nor a number.
    ValueError
        If there is no such layer.
    """
    names = layer_names(network)
    if isinstance(layer, bool) or not isinstance(layer, str | Integral):
        raise TypeError(
            f"layer must be the name or the number of a layer. Got {layer!r} instead."
        )
    if layer in names:
        return names.index(str(layer))
    if isinstance(layer, Integral) and -len(names) <= int(layer) < len(names):
        return int(layer) % len(names)
    raise ValueError(
        f"There is no layer {layer!r}. Name one of {names}, or give its number, from "
        f"{-len(names)} to {len(names) - 1}."
    )


def run_layers(
    network: Any, images: NDArray[np.float32], index: int
) -> NDArray[np.float32]:
    """Compute the outputs of a layer.

    Parameters
    ----------
    network : fitted classifier
        With layers. Not changed.
    images : ndarray of shape (n, height, width, 1), dtype float32
        From ``network_and_images``.
    index : int
        Number of the layer.

    Returns
    -------
    ndarray of shape (n, ...), dtype float32
    """
    run = _run_keras if hasattr(network, "model_") else _run_numpy
    batches = gen_batches(len(images), ROWS_PER_FORWARD_PASS)
    outputs = [run(network, images[rows], index) for rows in batches]
    return np.concatenate(outputs).astype(np.float32, copy=False)


def _run_keras(network: Any, images: NDArray[Any], index: int) -> NDArray[Any]:
    layers = network.model_.layers[: index + 1]
    import tensorflow as tf

    return apply_layers(layers, tf.constant(images)).numpy()


def apply_layers(layers: Iterable[Any], values: Any) -> Any:
    """Pass a tensor through layers in Keras."""
    # Layer by layer, since a backbone's output has no place in the graph of the model.
    for layer in layers:
        values = layer(values, training=False)
    return values


def _run_numpy(network: Any, images: NDArray[Any], index: int) -> NDArray[Any]:
    layers, pixels = numpy_layers(network), images.reshape(len(images), -1)
    if index % 2:  # the sums of a layer
        layers = layers[: index // 2 + 1]
    outputs = forward(layers, pixels, network._activation)
    if index == 2 * len(layers):
        return softmax(outputs[-1], axis=1)
    return outputs[(index + 1) // 2]


def numpy_layers(network: Any) -> list[Layer]:
    """Pair the weights and the biases of a ``NumpyDigitClassifier``."""
    return list(map(Layer, network.weights_[::2], network.weights_[1::2]))
