"""Convolutions."""

from collections.abc import Sequence
from typing import Any

from .activation import add_activation
from .kind import (
    ON_MAPS,
    FittedLayer,
    Graph,
    LayerKind,
    Settings,
    Shape,
    Shapes,
    Weights,
)
from .settings import (
    FLAG,
    KERNEL_SIZE,
    OF_KERNELS,
    ONE_BY_DEFAULT,
    PADDING,
    SIZE,
    STRIDES,
    TRUE_BY_DEFAULT,
    pair,
)


def windowed(
    maps: Shape, window: Sequence[int], strides: Sequence[int], padding: str
) -> Shape:
    """Find height and width of maps after a window has moved over them."""
    lost = [side - 1 if padding == "valid" else 0 for side in window]
    sizes = zip(maps[:2], lost, strides, strict=True)
    # Rounded up.
    return tuple(-((less - size) // stride) for size, less, stride in sizes)


def window_attributes(
    window: Sequence[int], strides: Sequence[int], padding: str
) -> dict[str, Any]:
    """Say the same in ONNX' terms."""
    auto_pad = {"same": "SAME_UPPER", "valid": "VALID"}[padding]
    return {"kernel_shape": window, "strides": strides, "auto_pad": auto_pad}


def _shapes(settings: Settings, maps: Shape, *kernel: int, n_maps: int) -> Shapes:
    """Add the sides of the window to a kernel, a bias, and the shape of the output."""
    window = pair(settings["kernel_size"])
    size = windowed(maps, window, settings["strides"], settings["padding"])
    biases: list[Shape] = [(n_maps,)] * settings["use_bias"]
    return [(*window, *kernel), *biases], (*size, n_maps)


def _conv_shapes(settings: Settings, maps: Shape) -> Shapes:
    n_filters = settings["filters"]
    return _shapes(settings, maps, maps[2], n_filters, n_maps=n_filters)


def _depthwise_shapes(settings: Settings, maps: Shape) -> Shapes:
    n_copies = settings["depth_multiplier"]
    return _shapes(settings, maps, maps[2], n_copies, n_maps=maps[2] * n_copies)


def _separable_shapes(settings: Settings, maps: Shape) -> Shapes:
    depthwise, between = _depthwise_shapes({**settings, "use_bias": False}, maps)
    at_once = {**settings, "kernel_size": 1, "strides": (1, 1)}
    pointwise, after = _conv_shapes(at_once, between)
    return [*depthwise, *pointwise], after


def _convolve(
    graph: Graph, settings: Settings, weights: Weights, maps: str, group: int = 1
) -> str:
    """Add a convolution; its kernel is (filters, channels, height, width)."""
    window = weights[0].shape[2:]
    windows = window_attributes(window, settings["strides"], settings["padding"])
    inputs = map(graph.numbers, weights)
    found = graph.add("Conv", maps, *inputs, group=group, **windows)
    return add_activation(graph, settings, found)


def _conv(graph: Graph, layer: FittedLayer, maps: str) -> str:
    kernel, *biases = layer.weights
    weights = [kernel.transpose(3, 2, 0, 1), *biases]
    return _convolve(graph, layer.settings, weights, maps)


def _depthwise_conv(graph: Graph, layer: FittedLayer, maps: str) -> str:
    kernel, *biases = layer.weights
    height, width, n_channels, _ = kernel.shape
    by_channel = kernel.transpose(2, 3, 0, 1).reshape(-1, 1, height, width)
    return _convolve(graph, layer.settings, [by_channel, *biases], maps, n_channels)


def _separable_conv(graph: Graph, layer: FittedLayer, maps: str) -> str:
    (depthwise, *pointwise), settings = layer.weights, layer.settings
    first = FittedLayer({**settings, "activation": "linear"}, [depthwise])
    second = FittedLayer({**settings, "strides": (1, 1)}, pointwise)
    return _conv(graph, second, _depthwise_conv(graph, first, maps))


_CONVOLVES: dict[str, Any] = {**ON_MAPS, "convolves": True, "steps_per_call": 20}
_DEPTHWISE = {
    "kernel_size": KERNEL_SIZE,
    "padding": PADDING,
    "use_bias": TRUE_BY_DEFAULT,
    "strides": STRIDES,
    "depth_multiplier": ONE_BY_DEFAULT,
    **OF_KERNELS,
}

KINDS = (
    LayerKind(
        name="Conv2D",
        settings={
            "filters": SIZE,
            "kernel_size": KERNEL_SIZE,
            "padding": PADDING,
            "use_bias": FLAG,
            "strides": STRIDES,
            **OF_KERNELS,
        },
        shapes=_conv_shapes,
        kernels={"kernel": "kernel"},
        to_onnx=_conv,
        **_CONVOLVES,
    ),
    LayerKind(
        name="DepthwiseConv2D",
        settings=_DEPTHWISE,
        shapes=_depthwise_shapes,
        kernels={"kernel": "depthwise"},
        to_onnx=_depthwise_conv,
        **_CONVOLVES,
    ),
    LayerKind(
        name="SeparableConv2D",
        settings={"filters": SIZE, **_DEPTHWISE},
        shapes=_separable_shapes,
        kernels={"depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise"},
        to_onnx=_separable_conv,
        **_CONVOLVES,
    ),
)
