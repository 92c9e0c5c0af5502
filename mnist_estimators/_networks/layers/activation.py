"""Activations, and dropout."""

from collections.abc import Callable
from math import sqrt
from typing import Any

from .kind import ON_MAPS, FittedLayer, Graph, LayerKind, Settings
from .reading import ACTIVATIONS, read_activation
from .settings import RATE, Setting, one_of


def add_activation(graph: Graph, settings: Settings, values: str) -> str:
    """Add the nodes of the activation that the settings of a layer name."""
    return _OPERATORS[settings.get("activation", "linear")](graph, values)


def _gelu(graph: Graph, values: str) -> str:
    """``x * (1 + erf(x / sqrt(2))) / 2``, for which this ONNX has no operator."""
    error = graph.add("Erf", graph.add("Div", values, graph.numbers(sqrt(2.0))))
    share = graph.add("Add", error, graph.numbers(1.0))
    doubled = graph.add("Mul", values, share)
    return graph.add("Mul", doubled, graph.numbers(0.5))


_OPERATORS: dict[str, Callable[[Graph, str], str]] = {
    "linear": lambda graph, values: values,
    "relu": lambda graph, values: graph.add("Relu", values),
    "leaky_relu": lambda graph, values: graph.add("LeakyRelu", values, alpha=0.2),
    "sigmoid": lambda graph, values: graph.add("Sigmoid", values),
    "tanh": lambda graph, values: graph.add("Tanh", values),
    "elu": lambda graph, values: graph.add("Elu", values),
    "gelu": _gelu,
    "hard_silu": lambda graph, values: graph.add("HardSwish", values),
    # Over the channels of maps, which Keras has last, and over the values of rows.
    "softmax": lambda graph, values: graph.add("Softmax", values, axis=1),
}


def _activation(graph: Graph, layer: FittedLayer, values: str) -> str:
    return add_activation(graph, layer.settings, values)


def _relu(graph: Graph, layer: FittedLayer, values: str) -> str:
    if layer.settings["max_value"] is None:
        return graph.add("Relu", values)
    low, high = graph.numbers(0.0), graph.numbers(layer.settings["max_value"])
    return graph.add("Clip", values, low, high)


def _unchanged(graph: Graph, layer: FittedLayer, values: str) -> str:
    return values


def _class_of(activation: str, name: str, **fixed: Any) -> LayerKind:
    """Make the entry of a class of Keras whose layers are one activation."""
    return LayerKind(
        name=name,
        fixed=fixed,
        activation=lambda keras_layer: activation,
        to_onnx=lambda graph, layer, values: _OPERATORS[activation](graph, values),
    )


KINDS = (
    LayerKind(
        name="Activation",
        settings={"activation": Setting(one_of(*ACTIVATIONS, "linear", "softmax"))},
        activation=read_activation,
        to_onnx=_activation,
    ),
    _class_of("elu", "ELU"),
    _class_of("leaky_relu", "LeakyReLU", negative_slope=0.2),
    _class_of("softmax", "Softmax"),
    LayerKind(name="ReLU", activation=lambda keras_layer: "relu", to_onnx=_relu),
    LayerKind(
        name="Dropout",
        settings={"rate": RATE},
        mask_shape=lambda values: values,
        to_onnx=_unchanged,
    ),
    LayerKind(
        name="SpatialDropout2D",
        settings={"rate": RATE},
        mask_shape=lambda maps: (1, 1, maps[2]),
        to_onnx=_unchanged,
        **ON_MAPS,
    ),
)
