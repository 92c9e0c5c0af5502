"""Convolutions."""

from collections.abc import Sequence
from typing import Any

from .activation import add_activation
from .kind import CHANNELS_LAST, Graph, LayerKind, Settings, Shape, Weights
from .settings import (
    FLAG,
    KERNEL_SIZE,
    ONE_BY_DEFAULT,
    PADDING,
    SIZE,
    STRIDES,
    TRUE_BY_DEFAULT,
    pair,
)

CALLED_WITH_STEPS = 20


def windowed(
    maps: Shape, window: Sequence[int], strides: Sequence[int], padding: str
) -> tuple[int, int]:
    """Find height and width of maps after a window has moved over them."""
    lost = [side - 1 if padding == "valid" else 0 for side in window]
    height, width = (
        -((less - size) // stride)  # rounded up
        for size, less, stride in zip(maps[:2], lost, strides, strict=True)
    )
    return height, width


def window_attributes(
    window: Sequence[int], strides: Sequence[int], padding: str
) -> dict[str, Any]:
    """Say the same in ONNX' terms."""
    return {
        "kernel_shape": list(window),
        "strides": list(strides),
        "auto_pad": {"same": "SAME_UPPER", "valid": "VALID"}[padding],
    }


def _size_after(settings: Settings, maps: Shape) -> tuple[int, int]:
    window = pair(settings["kernel_size"])
    return windowed(maps, window, settings["strides"], settings["padding"])


def _conv_shapes(settings: Settings, maps: Shape) -> tuple[list[Shape], Shape]:
    n_filters = settings["filters"]
    kernel = (*pair(settings["kernel_size"]), maps[2], n_filters)
    biases: list[Shape] = [(n_filters,)] * settings["use_bias"]
    return [kernel, *biases], (*_size_after(settings, maps), n_filters)


def _depthwise_shapes(settings: Settings, maps: Shape) -> tuple[list[Shape], Shape]:
    multiplier = settings["depth_multiplier"]
    n_maps = maps[2] * multiplier
    kernel = (*pair(settings["kernel_size"]), maps[2], multiplier)
    biases: list[Shape] = [(n_maps,)] * settings["use_bias"]
    return [kernel, *biases], (*_size_after(settings, maps), n_maps)


def _separable_shapes(settings: Settings, maps: Shape) -> tuple[list[Shape], Shape]:
    inner = {**settings, "use_bias": False}
    (depthwise,), between = _depthwise_shapes(inner, maps)
    n_filters = settings["filters"]
    biases: list[Shape] = [(n_filters,)] * settings["use_bias"]
    pointwise = (1, 1, between[2], n_filters)
    return [depthwise, pointwise, *biases], (*between[:2], n_filters)


def _convolve(
    graph: Graph, settings: Settings, weights: Weights, maps: str, **attributes: Any
) -> str:
    """Add a convolution; its kernel is (filters, channels, height, width)."""
    inputs = map(graph.numbers, weights)
    windows = window_attributes(
        weights[0].shape[2:], settings["strides"], settings["padding"]
    )
    return graph.add("Conv", maps, *inputs, **windows, **attributes)


def _conv(graph: Graph, settings: Settings, weights: Weights, maps: str) -> str:
    kernel, *biases = weights
    kernels = (kernel.transpose(3, 2, 0, 1), *biases)
    found = _convolve(graph, settings, kernels, maps)
    return add_activation(graph, settings, found)


def _depthwise_conv(
    graph: Graph, settings: Settings, weights: Weights, maps: str
) -> str:
    kernel, *biases = weights
    height, width, n_channels, _ = kernel.shape
    by_channel = kernel.transpose(2, 3, 0, 1).reshape(-1, 1, height, width)
    kernels = (by_channel, *biases)
    found = _convolve(graph, settings, kernels, maps, group=n_channels)
    return add_activation(graph, settings, found)


def _separable_conv(
    graph: Graph, settings: Settings, weights: Weights, maps: str
) -> str:
    depthwise, *pointwise = weights
    within = {name: settings[name] for name in ("strides", "padding")}
    between = _depthwise_conv(graph, within, [depthwise], maps)
    return _conv(graph, {**settings, "strides": (1, 1)}, pointwise, between)


_WINDOWS = {
    "kernel_size": KERNEL_SIZE,
    "padding": PADDING,
}

KINDS = (
    LayerKind(
        name="Conv2D",
        settings={
            "filters": SIZE,
            **_WINDOWS,
            "use_bias": FLAG,
            "strides": STRIDES,
        },
        shapes=_conv_shapes,
        kernels={"kernel": "kernel"},
        fixed=CHANNELS_LAST,
        on_rows=False,
        convolves=True,
        steps_per_call=CALLED_WITH_STEPS,
        to_onnx=_conv,
    ),
    LayerKind(
        name="DepthwiseConv2D",
        settings={
            **_WINDOWS,
            "depth_multiplier": ONE_BY_DEFAULT,
            "use_bias": TRUE_BY_DEFAULT,
            "strides": STRIDES,
        },
        shapes=_depthwise_shapes,
        kernels={"kernel": "depthwise"},
        fixed=CHANNELS_LAST,
        on_rows=False,
        convolves=True,
        steps_per_call=CALLED_WITH_STEPS,
        to_onnx=_depthwise_conv,
    ),
    LayerKind(
        name="SeparableConv2D",
        settings={
            "filters": SIZE,
            **_WINDOWS,
            "depth_multiplier": ONE_BY_DEFAULT,
            "use_bias": TRUE_BY_DEFAULT,
            "strides": STRIDES,
        },
        shapes=_separable_shapes,
        kernels={"depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise"},
        fixed=CHANNELS_LAST,
        on_rows=False,
        convolves=True,
        steps_per_call=CALLED_WITH_STEPS,
        to_onnx=_separable_conv,
    ),
)
