"""Keras models built from descriptions, and their initial weights."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .._tensorflow import load_keras
from .layers.table import KINDS
from .specs import Network

if TYPE_CHECKING:
    import keras


def build_network(
    network: Network,
    image_shape: tuple[int, int],
    *,
    seed: int,
    precision: str = "float32",
) -> "keras.Sequential":
    """Build the Keras model of a network.

    Parameters
    ----------
    network : tuple of LayerSpec
        The layers.
    image_shape : tuple of two int
        Height and width of the images.
    seed : int
        Seed of the initial weights and of the dropout layers.
    precision : {'float32', 'mixed_bfloat16'}
        What all layers but the final softmax compute with.

    Returns
    -------
    keras.Sequential
        Takes float32 images of shape (n, height, width, 1) with values in [0, 1].
    """
    keras = load_keras()
    model = keras.Sequential(
        [keras.Input((*image_shape, 1), name="images", dtype="float32")]
    )
    for index, spec in enumerate(network):
        name = f"{spec.kind.lower()}_{index}"
        dtype = "float32" if index == len(network) - 1 else precision
        kind, settings = KINDS[spec.kind], dict(spec.settings)
        model.add(kind.build(settings, name, image_shape, seed + index, dtype))
    return model


def initial_weights(
    model: "keras.Sequential", network: Network, *, seed: int
) -> list[NDArray[np.float32]]:
    """Draw new initial weights for a model that was built from `network`.

    Parameters
    ----------
    model : keras.Sequential
        From ``build_network``. Not changed.
    network : tuple of LayerSpec
        Its layers.
    seed : int
        Seed of the draw.

    Returns
    -------
    list of ndarray
        In the order of ``model.weights``; the same as a model that is built with this
        seed has.
    """
    weights: list[NDArray[np.float32]] = []
    for index, (spec, keras_layer) in enumerate(
        zip(network, model.layers, strict=True)
    ):
        kind, settings = KINDS[spec.kind], dict(spec.settings)
        weights += kind.initial_weights(keras_layer, settings, seed + index)
    return weights


def penalized_weights(
    model: "keras.Sequential", network: Network
) -> "list[keras.Variable]":
    """List the weights that the l2 penalty is on.

    Parameters
    ----------
    model : keras.Sequential
        From ``build_network``.
    network : tuple of LayerSpec
        Its layers.

    Returns
    -------
    list of keras.Variable
    """
    return [
        variable
        for spec, keras_layer in zip(network, model.layers, strict=True)
        if dict(spec.settings).get("l2")
        for variable in keras_layer.weights
        if variable.name in KINDS[spec.kind].kernels
    ]
