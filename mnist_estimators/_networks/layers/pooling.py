"""Pooling, and the padding that backbones have before it."""

from functools import partial
from typing import Any

import numpy as np

from .convolution import window_attributes, windowed
from .kind import ON_MAPS, FittedLayer, Graph, LayerKind, Settings, Shape, Shapes
from .settings import POOL_PADDING, POOL_SIZE, POOL_STRIDES


def _windows(settings: Settings) -> dict[str, Any]:
    window = settings["pool_size"]
    strides = settings["strides"] or window
    return {"window": window, "strides": strides, "padding": settings["padding"]}


def _pool_shapes(settings: Settings, maps: Shape) -> Shapes:
    return [], (*windowed(maps, **_windows(settings)), maps[2])


def _pool(operator: str, graph: Graph, layer: FittedLayer, maps: str) -> str:
    return graph.add(operator, maps, **window_attributes(**_windows(layer.settings)))


def _global_average(graph: Graph, layer: FittedLayer, maps: str) -> str:
    averages = graph.add("GlobalAveragePool", maps)
    keepdims = layer.settings.get("keepdims", False)
    return averages if keepdims else graph.add("Flatten", averages)


def _pad(graph: Graph, layer: FittedLayer, maps: str) -> str:
    (top, bottom), (left, right) = layer.settings["padding"]
    widths = graph.constant(np.array([0, 0, top, left, 0, 0, bottom, right], np.int64))
    return graph.add("Pad", maps, widths)


_POOLS: dict[str, Any] = {
    "settings": {
        "pool_size": POOL_SIZE,
        "strides": POOL_STRIDES,
        "padding": POOL_PADDING,
    },
    "shapes": _pool_shapes,
    **ON_MAPS,
}

KINDS = (
    LayerKind(name="AveragePooling2D", to_onnx=partial(_pool, "AveragePool"), **_POOLS),
    LayerKind(name="MaxPooling2D", to_onnx=partial(_pool, "MaxPool"), **_POOLS),
    LayerKind(
        name="GlobalAveragePooling2D",
        settings={},
        shapes=lambda settings, maps: ([], maps[2:]),
        gives_rows=True,
        to_onnx=_global_average,
        **ON_MAPS,
    ),
    LayerKind(name="ZeroPadding2D", to_onnx=_pad),
)
