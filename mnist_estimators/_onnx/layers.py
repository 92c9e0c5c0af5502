"""Keras layers as ONNX nodes: what each computes once the network is fitted.

Maps are laid out as (n, channels, height, width), as ONNX has them. A layer is known by
the name of its Keras class, its settings, which are those of ``get_config`` or the ones
that differ from Keras' defaults, and its weights in Keras' order.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .graph import OnnxGraph

Settings = Mapping[str, Any]
Weights = Sequence[NDArray[Any]]


def add_layer(
    graph: OnnxGraph, kind: str, settings: Settings, weights: Weights, *inputs: str
) -> str:
    """Add the nodes of one layer.

    Parameters
    ----------
    graph : OnnxGraph
        Gets the nodes.
    kind : str
        Name of the layer's class.
    settings : mapping
        Its settings.
    weights : sequence of ndarray
        Its weights.
    *inputs : str
        Names of the values that it takes.

    Returns
    -------
    str
        Name of its output.
    """
    return _LAYERS[kind](graph, settings, weights, *inputs)


def _activation(
    graph: OnnxGraph, settings: Settings, weights: Weights, values: str
) -> str:
    return _ACTIVATIONS[settings.get("activation", "linear")](graph, values)


def _relu(graph: OnnxGraph, settings: Settings, weights: Weights, values: str) -> str:
    if settings["max_value"] is None:
        return graph.add("Relu", values)
    low, high = graph.numbers(0.0), graph.numbers(settings["max_value"])
    return graph.add("Clip", values, low, high)


def _gelu(graph: OnnxGraph, values: str) -> str:
    """``x * (1 + erf(x / sqrt(2))) / 2``, for which this ONNX has no operator."""
    error = graph.add("Erf", graph.add("Div", values, graph.numbers(sqrt(2.0))))
    share = graph.add("Add", error, graph.numbers(1.0))
    doubled = graph.add("Mul", values, share)
    return graph.add("Mul", doubled, graph.numbers(0.5))


def _unchanged(
    graph: OnnxGraph, settings: Settings, weights: Weights, values: str
) -> str:
    return values


def _dense(graph: OnnxGraph, settings: Settings, weights: Weights, values: str) -> str:
    kernel, bias = map(graph.numbers, weights)
    return graph.add("Gemm", values, kernel, bias)


def _convolution(
    graph: OnnxGraph, settings: Settings, weights: Weights, maps: str
) -> str:
    kernel, *bias = weights
    inputs = [maps, *map(graph.numbers, (kernel.transpose(3, 2, 0, 1), *bias))]
    found = graph.add("Conv", *inputs, **_windows(settings, kernel.shape[:2]))
    return _activation(graph, settings, (), found)


def _depthwise_convolution(
    graph: OnnxGraph, settings: Settings, weights: Weights, maps: str
) -> str:
    kernel, *bias = weights
    height, width, n_channels, _ = kernel.shape
    by_channel = kernel.transpose(2, 3, 0, 1).reshape(-1, 1, height, width)
    inputs = [maps, *map(graph.numbers, (by_channel, *bias))]
    windows = _windows(settings, (height, width))
    found = graph.add("Conv", *inputs, group=n_channels, **windows)
    return _activation(graph, settings, (), found)


def _pooling(
    operator: str,
    graph: OnnxGraph,
    settings: Settings,
    weights: Weights,
    maps: str,
) -> str:
    shape = settings["pool_size"]
    windows = _windows({"strides": shape, "padding": "valid"} | dict(settings), shape)
    return graph.add(operator, maps, **windows)


def _windows(settings: Settings, shape: Sequence[int]) -> dict[str, Any]:
    return {
        "kernel_shape": list(shape),
        "strides": list(settings.get("strides", (1, 1))),
        "auto_pad": {"same": "SAME_UPPER", "valid": "VALID"}[settings["padding"]],
    }


def _global_average(
    graph: OnnxGraph, settings: Settings, weights: Weights, maps: str
) -> str:
    averages = graph.add("GlobalAveragePool", maps)
    return averages if settings["keepdims"] else graph.add("Flatten", averages)


def _normalization(
    graph: OnnxGraph, settings: Settings, weights: Weights, values: str
) -> str:
    # Scale, offset, mean and variance, in both libraries.
    statistics = map(graph.numbers, weights)
    epsilon = settings.get("epsilon", 0.001)
    return graph.add("BatchNormalization", values, *statistics, epsilon=epsilon)


def _flattening(
    graph: OnnxGraph, settings: Settings, weights: Weights, maps: str
) -> str:
    """Bring maps to rows in Keras' order of them, with the channels last."""
    return graph.add("Flatten", graph.add("Transpose", maps, perm=(0, 2, 3, 1)))


def _padding(graph: OnnxGraph, settings: Settings, weights: Weights, maps: str) -> str:
    (top, bottom), (left, right) = settings["padding"]
    widths = graph.constant(np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
    return graph.add("Pad", maps, widths)


def _resizing(graph: OnnxGraph, settings: Settings, weights: Weights, maps: str) -> str:
    """Interpolate linearly, as two matrix products.

    ONNX has an operator for it, but behind that the number of images counts as unknown.
    """
    _, height, width, _ = settings["input_shape"]
    rows = graph.numbers(_interpolation(height, settings["height"]))
    columns = graph.numbers(_interpolation(width, settings["width"]).T)
    return graph.add("MatMul", graph.add("MatMul", rows, maps), columns)


def _interpolation(n_given: int, n_wanted: int) -> NDArray[np.float64]:
    """Make the matrix (n_wanted, n_given) that brings a row of pixels to a new length.

    The rows cover the same line, and a pixel's value is that at its middle.
    """
    middles = (np.arange(n_wanted) + 0.5) * n_given / n_wanted - 0.5
    # Of the triangles around the given pixels, those at both ends are level outside.
    distances = middles.clip(0, n_given - 1)[:, np.newaxis] - np.arange(n_given)
    return (1 - np.abs(distances)).clip(0)


def _rescaling(
    graph: OnnxGraph, settings: Settings, weights: Weights, maps: str
) -> str:
    scale, offset = (
        graph.numbers(np.reshape(settings[name], (1, -1, 1, 1)))
        for name in ("scale", "offset")
    )
    return graph.add("Add", graph.add("Mul", maps, scale), offset)


def _concatenation(
    graph: OnnxGraph, settings: Settings, weights: Weights, *maps: str
) -> str:
    return graph.add("Concat", *maps, axis=1)


def _arithmetic(
    operator: str,
    graph: OnnxGraph,
    settings: Settings,
    weights: Weights,
    *values: str,
) -> str:
    return reduce(partial(graph.add, operator), values)


_ACTIVATIONS: dict[str, Callable[[OnnxGraph, str], str]] = {
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

_LAYERS: dict[str, Callable[..., str]] = {
    "Activation": _activation,
    "Add": partial(_arithmetic, "Add"),
    "AveragePooling2D": partial(_pooling, "AveragePool"),
    "BatchNormalization": _normalization,
    "Concatenate": _concatenation,
    "Conv2D": _convolution,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise_convolution,
    "Dropout": _unchanged,
    "Flatten": _flattening,
    "GlobalAveragePooling2D": _global_average,
    "MaxPooling2D": partial(_pooling, "MaxPool"),
    "Multiply": partial(_arithmetic, "Mul"),
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Resizing": _resizing,
    "SpatialDropout2D": _unchanged,
    "ZeroPadding2D": _padding,
}
