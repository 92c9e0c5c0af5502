"""Fitted networks as ONNX nodes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._networks.layers.kind import FittedLayer, Shape
from .._networks.layers.table import KINDS
from .._networks.specs import Network
from .graph import OnnxGraph


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
        kind = KINDS[spec.kind]
        settings = {**kind.complete(dict(spec.settings)), "input_shape": (None, *shape)}
        shapes, shape = kind.shapes(settings, shape)
        layer = FittedLayer(settings, [next(remaining) for _ in shapes])
        values = kind.to_onnx(graph, layer, values)
    return values
