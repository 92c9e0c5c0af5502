"""Keras models that a user built, read as networks of the classifiers."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.images import resolve_image_shape
from .._tensorflow import load_keras
from .keras_chain import chain_of_layers
from .layers.reading import read_activation, refuse
from .layers.table import SUPPORTED, kind_of
from .shapes import check_network, weight_shapes
from .specs import LayerSpec, Network, layer

if TYPE_CHECKING:
    import keras


class GivenModel(NamedTuple):
    """What a Keras model holds.

    Its layers, the weights in the order of ``model.weights``, height and width of the
    images, and the pixel value that its rescaling turns to 1.
    """

    network: Network
    weights: list[NDArray[np.float32]]
    image_shape: tuple[int, int]
    white: float


def read_keras_model(model: "keras.Model") -> GivenModel:
    """Read a chain of layers that turns grey images into class probabilities.

    Parameters
    ----------
    model : keras.Model
        Built; not changed. Models inside are taken for their layers.

    Returns
    -------
    GivenModel

    Raises
    ------
    TypeError
        If it is not a Keras model.
    ValueError
        If it has no shape of images yet, more than one colour channel, several inputs
        or outputs, or something that the classifiers do not support.
    """
    keras = load_keras()
    if not isinstance(model, keras.Model):
        raise TypeError(
            "model must be a keras.Model, weights included. Got "
            f"{type(model).__name__} instead."
        )
    layers = list(chain_of_layers(model))
    for number, keras_layer in enumerate(layers):
        if keras_layer.weights and keras_layer in layers[:number]:
            refuse(
                keras_layer,
                "which works in two places with the same weights",
                "The classifiers have weights for each layer.",
            )
    shape = _input_shape(model, layers)
    white, first = 1.0, 0
    for keras_layer in layers:
        if type(keras_layer) is keras.layers.Rescaling:
            white *= _white(keras_layer)
        elif type(keras_layer) is keras.layers.Reshape:
            shape = tuple(keras_layer.compute_output_shape((None, *shape))[1:])
        else:
            break
        first += 1
    image_shape = _image_shape(shape)
    network, weights = _read_layers(layers[first:])
    if network and len(shape) == 1 and network[0].kind != "Flatten":
        network.insert(0, layer("Flatten"))
    if network and network[-1].kind == "Dense":  # its units are logits
        network.append(layer("Activation", activation="softmax"))
    _check_end(layers[-1], network)
    network[-2], biases = _with_bias(network[-2])
    weights += biases
    n_classes = dict(network[-2].settings)["units"]
    check_network(tuple(network), n_classes, "The model")
    shapes = weight_shapes(tuple(network), image_shape)
    if [values.shape for values in weights] != shapes:
        raise ValueError(
            f"The model has weights of the shapes {[one.shape for one in weights]}, "
            f"but its layers say {shapes}. Build it on images of one shape: begin it "
            "with keras.Input((28, 28, 1))."
        )
    return GivenModel(tuple(network), weights, image_shape, white)


def _input_shape(model: Any, layers: list[Any]) -> tuple[int | None, ...]:
    """Find the shape of one image; a rescaling in front leaves it as it is."""
    if layers and hasattr(model, "inputs"):
        return tuple(model.inputs[0].shape[1:])
    for keras_layer in layers:
        if hasattr(keras_layer, "input"):
            return tuple(keras_layer.input.shape[1:])
        if type(keras_layer) is not load_keras().layers.Rescaling:
            break
    raise ValueError(
        "The model does not know the shape of its images yet, and has no weights. "
        "Begin it with keras.Input((28, 28, 1)), or call it on some images."
    )


def _white(keras_layer: "keras.layers.Rescaling") -> float:
    scale, offset = keras_layer.scale, keras_layer.offset
    if np.ndim(scale) or np.ndim(offset) or offset != 0 or not scale > 0:
        refuse(
            keras_layer,
            f"with scale={scale!r} and offset={offset!r}",
            "Black stays 0 in the classifiers, as with Rescaling(1 / 255).",
        )
    return float(round(1 / scale, 6))


def _image_shape(shape: tuple[int | None, ...]) -> tuple[int, int]:
    sides = shape[:2] if len(shape) == 3 and shape[2] == 1 else shape
    if len(sides) not in (1, 2) or None in sides:
        raise ValueError(
            f"The model takes images of shape {shape}, but the classifiers have grey "
            "ones of one size: (height, width, 1), (height, width) or (pixels,)."
        )
    known = tuple(int(side) for side in sides if side)
    return resolve_image_shape((1, *known), None)


def _read_layers(
    layers: list[Any],
) -> tuple[list[LayerSpec], list[NDArray[np.float32]]]:
    network: list[LayerSpec] = []
    weights: list[NDArray[np.float32]] = []
    l2 = 0.0
    for keras_layer in layers:
        described = _describe_layer(keras_layer)
        own_l2 = max(
            (dict(one.settings).get("l2", 0.0) for one in described), default=0
        )
        if own_l2 and l2 and own_l2 != l2:
            refuse(
                keras_layer,
                f"with an L2 penalty of {own_l2:g} where one before has {l2:g}",
                "The classifiers have one penalty for all. Setting kernel_regularizer "
                "leaves the weights as they are.",
            )
        l2 = l2 or own_l2
        network += described
        weights += [np.asarray(one.numpy(), np.float32) for one in keras_layer.weights]
    return network, weights


def _describe_layer(keras_layer: "keras.layers.Layer") -> list[LayerSpec]:
    """Describe a layer, and its activation as a layer of its own."""
    kind = kind_of(keras_layer)
    if kind is None or (kind.settings is None and not kind.activation):
        name = type(keras_layer).__name__
        own = not isinstance(keras_layer, getattr(load_keras().layers, name, ()))
        what = "which is of no kind of Keras' own" if own else "an unsupported kind"
        refuse(keras_layer, what, SUPPORTED)
    activation = (kind.activation or read_activation)(keras_layer)
    settings = kind.read(keras_layer)
    described = [] if settings is None else [layer(kind.name, **settings)]
    if activation:
        described.append(layer("Activation", activation=activation))
    return described


def _with_bias(output: LayerSpec) -> tuple[LayerSpec, list[NDArray[np.float32]]]:
    """Give the output layer a bias of zeros where it has none, as all others have."""
    settings = dict(output.settings)
    if settings.pop("use_bias", True):
        return output, []
    return layer(output.kind, **settings), [np.zeros(settings["units"], np.float32)]


def _check_end(last: Any, network: list[LayerSpec]) -> None:
    kinds = [spec.kind for spec in network[-2:]]
    if kinds != ["Dense", "Activation"] or (
        dict(network[-1].settings)["activation"] != "softmax"
        or dict(network[-2].settings)["units"] < 2
    ):
        refuse(
            last,
            "at its end",
            "The classifiers end in Dense with a unit for each of two classes or more, "
            "and softmax or, for logits, no activation.",
        )
