"""Pooling, and the padding that backbones have before it."""

from functools import partial

import numpy as np

from .convolution import window_attributes, windowed
from .kind import CHANNELS_LAST, Graph, LayerKind, Settings, Shape, Weights
from .settings import POOL_PADDING, POOL_SIZE, POOL_STRIDES


def _pool_shapes(settings: Settings, maps: Shape) -> tuple[list[Shape], Shape]:
    window = settings["pool_size"]
    strides = settings["strides"] or window
    return [], (*windowed(maps, window, strides, settings["padding"]), maps[2])


def _pool(
    operator: str, graph: Graph, settings: Settings, weights: Weights, maps: str
) -> str:
    window = settings["pool_size"]
    strides = settings["strides"] or window
    attributes = window_attributes(window, strides, settings["padding"])
    return graph.add(operator, maps, **attributes)


def _global_average(
    graph: Graph, settings: Settings, weights: Weights, maps: str
) -> str:
    averages = graph.add("GlobalAveragePool", maps)
    keepdims = settings.get("keepdims", False)
    return averages if keepdims else graph.add("Flatten", averages)


def _pad(graph: Graph, settings: Settings, weights: Weights, maps: str) -> str:
    (top, bottom), (left, right) = settings["padding"]
    widths = graph.constant(np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
    return graph.add("Pad", maps, widths)


def _pooling(name: str, operator: str) -> LayerKind:
    return LayerKind(
        name=name,
        settings={
            "pool_size": POOL_SIZE,
            "strides": POOL_STRIDES,
            "padding": POOL_PADDING,
        },
        shapes=_pool_shapes,
        fixed=CHANNELS_LAST,
        on_rows=False,
        to_onnx=partial(_pool, operator),
    )


KINDS = (
    _pooling("AveragePooling2D", "AveragePool"),
    _pooling("MaxPooling2D", "MaxPool"),
    LayerKind(
        name="GlobalAveragePooling2D",
        settings={},
        shapes=lambda settings, maps: ([], maps[2:]),
        fixed=CHANNELS_LAST,
        on_rows=False,
        gives_rows=True,
        to_onnx=_global_average,
    ),
    LayerKind(name="ZeroPadding2D", to_onnx=_pad),
)
