"""Fitted networks as ONNX nodes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._networks.backbones import build_backbone
from .._networks.shapes import Shape, layer_shapes
from .._networks.specs import NORMALIZATION_MOMENTUM, Network
from .graph import OnnxGraph
from .layers import add_layer

if TYPE_CHECKING:
    import keras


class FittedNetwork(NamedTuple):
    """All that computes probabilities from pixels.

    The layers, their weights in the order of ``model.weights``, height and width of the
    images, the range of their pixels, and the factor that scales them.
    """

    network: Network
    weights: Sequence[NDArray[Any]]
    image_shape: tuple[int, int]
    pixel_range: tuple[float, float]
    pixel_scale: float


def add_network(graph: OnnxGraph, fitted: FittedNetwork, images: str) -> str:
    """Add the nodes of a network, without the softmax at its end.

    Parameters
    ----------
    graph : OnnxGraph
        Gets the nodes.
    fitted : FittedNetwork
        The network.
    images : str
        Name of the pixels, float32 of shape (n, height, width).

    Returns
    -------
    str
        Name of the logits, float32 of shape (n, n_classes).
    """
    values = graph.add("Mul", images, graph.numbers(fitted.pixel_scale))
    channel_axis = graph.constant(np.array([1], np.int64))
    values = graph.add("Unsqueeze", values, channel_axis)
    remaining = iter(fitted.weights)
    shape: Shape = (*fitted.image_shape, 1)
    for spec in fitted.network[:-1]:
        settings = dict(spec.settings)
        if spec.kind == "Backbone":
            backbone = build_backbone(
                settings["application"],
                fitted.image_shape,
                momentum=NORMALIZATION_MOMENTUM,
                precision="float32",
            )
            backbone.set_weights(_take(remaining, len(backbone.weights)))
            values = _add_model(graph, backbone, values)
            shape = backbone.output_shape[1:]
        elif spec.kind != "Flatten" or len(shape) > 1:
            shapes, shape = layer_shapes(spec, shape)
            weights = _take(remaining, len(shapes))
            values = add_layer(graph, spec.kind, settings, weights, values)
    return values


def _take(remaining: Iterator[NDArray[Any]], number: int) -> list[NDArray[Any]]:
    return [next(remaining) for _ in range(number)]


def _add_model(graph: OnnxGraph, model: "keras.Model", images: str) -> str:
    """Add the nodes of a functional Keras model of one input and one output."""
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    outputs: dict[str, str] = {}

    def value_of(argument: Any) -> str:
        if isinstance(argument, dict):
            source, _, _ = argument["config"]["keras_history"]
            return outputs[source]
        return graph.numbers(argument)

    for operation in model.get_config()["layers"]:
        name, kind = operation["name"], operation["class_name"]
        if kind == "InputLayer":
            outputs[name] = images
            continue
        (call,) = operation["inbound_nodes"]
        inputs = [value_of(argument) for argument in _flat(call["args"])]
        if kind == "Functional":
            outputs[name] = _add_model(graph, model.get_layer(name), *inputs)
        else:
            settings = operation["config"] | (operation.get("build_config") or {})
            outputs[name] = add_layer(
                graph, kind, settings, weights.get(name, []), *inputs
            )
    return outputs[model.output_names[0]]


def _flat(arguments: Any) -> Iterator[Any]:
    if isinstance(arguments, list | tuple):
        for argument in arguments:
            yield from _flat(argument)
    else:
        yield arguments
