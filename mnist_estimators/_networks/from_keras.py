"""Keras models that a user built, read as networks of the classifiers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.images import resolve_image_shape
from .._tensorflow import load_keras
from .backbones import BACKBONES
from .keras_layers import ALLOWED, describe_layer, refuse
from .shapes import check_network, weight_shapes
from .specs import LayerSpec, Network, layer

if TYPE_CHECKING:
    import keras


# The layers of a backbone, which makes what its application takes of grey images.
PREPARED = ["InputLayer", "Resizing", "Concatenate", "Rescaling", "Functional"]


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
        If it is no Keras model.
    ValueError
        If it has no shape of images yet, more than one colour channel, several inputs
        or outputs, or what the classifiers have not, or not there.
    """
    keras = load_keras()
    if not isinstance(model, keras.Model):
        raise TypeError(
            "model must be a keras.Model, weights included. Got "
            f"{type(model).__name__} instead."
        )
    layers = list(_chain(model))
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


def _chain(model: Any) -> Iterator[Any]:
    """List the layers in the order in which they work."""
    keras = load_keras()
    if isinstance(model, keras.Sequential):
        layers = model.layers
    elif hasattr(model, "inputs"):
        layers = _functional_chain(model)
    else:
        raise ValueError(
            f"The model {model.name!r} ({type(model).__name__}) says in code which "
            "layer comes after which. Build it as keras.Sequential, or wrap it with "
            "scikeras."
        )
    for keras_layer in layers:
        if isinstance(keras_layer, keras.Model) and _application(keras_layer) is None:
            yield from _chain(keras_layer)
        else:
            yield keras_layer


def _functional_chain(model: Any) -> list[Any]:
    """Go from the output of a model back to its input, layer by layer.

    ``model.layers`` would leave out the operations, and the ``input`` of a layer is
    that of its first call, which may belong to another model.
    """
    keras = load_keras()
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"The model {model.name!r} has {len(model.inputs)} inputs and "
            f"{len(model.outputs)} outputs, but the classifiers have one of each. Make "
            "a keras.Model of the one input and the output that gives the classes."
        )
    (start,), (values,) = model.inputs, model.outputs
    backwards: list[Any] = []
    while values is not start:
        operation, call, _ = values._keras_history
        node = operation._inbound_nodes[call]
        if not isinstance(operation, keras.layers.Layer):
            refuse(operation, "an operation that is no layer", ALLOWED)
        if len(node.input_tensors) != 1:
            refuse(
                operation,
                "which takes something else than what the layer before it gives",
                "The classifiers have chains of layers alone.",
            )
        if node.arguments.kwargs.get("training"):
            refuse(
                operation,
                "which was called with training=True",
                "The classifiers predict without dropout, and normalise by what they "
                "learned.",
            )
        backwards.append(operation)
        (values,) = node.input_tensors
    return backwards[::-1]


def _application(model: Any) -> str | None:
    """Name the backbone that a model within ``model_`` of a classifier is."""
    return next((name for name in BACKBONES if name.lower() == model.name), None)


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
        if isinstance(keras_layer, load_keras().Model):
            described = [_backbone(keras_layer)]
        else:
            described = describe_layer(keras_layer)
        own_l2 = max(
            (dict(one.settings).get("l2", 0.0) for one in described), default=0
        )
        if own_l2 and l2 and own_l2 != l2:
            refuse(
                keras_layer,
                f"with an L2 penalty of {own_l2:g} where one before has {l2:g}",
                "The classifiers have one penalty for all. To set kernel_regularizer "
                "leaves the weights as they are.",
            )
        l2 = l2 or own_l2
        network += described
        weights += [np.asarray(one.numpy(), np.float32) for one in keras_layer.weights]
    return network, weights


def _backbone(model: Any) -> LayerSpec:
    application = _application(model)
    assert application is not None
    if [type(keras_layer).__name__ for keras_layer in model.layers] != PREPARED:
        refuse(
            model,
            "which takes prepared images",
            f"CNNDigitClassifier(backbone={application!r}) prepares them itself.",
        )
    return layer("Backbone", application=application)


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
