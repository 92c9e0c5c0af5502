"""Normalisation."""

from .kind import FittedLayer, Graph, LayerKind
from .settings import EPSILON, MOMENTUM


def _batch_normalization(graph: Graph, layer: FittedLayer, values: str) -> str:
    # Scale, offset, mean and variance, in both libraries.
    statistics = map(graph.numbers, layer.weights)
    epsilon = layer.settings.get("epsilon", 0.001)
    return graph.add("BatchNormalization", values, *statistics, epsilon=epsilon)


def _layer_normalization(graph: Graph, layer: FittedLayer, values: str) -> str:
    """Normalise over the channels of each pixel, which this operator wants last."""
    on_maps = len(layer.settings["input_shape"]) == 4
    if on_maps:
        values = graph.add("Transpose", values, perm=(0, 2, 3, 1))
    scale_and_offset = map(graph.numbers, layer.weights)
    epsilon = layer.settings["epsilon"]
    values = graph.add("LayerNormalization", values, *scale_and_offset, epsilon=epsilon)
    return graph.add("Transpose", values, perm=(0, 3, 1, 2)) if on_maps else values


KINDS = (
    LayerKind(
        name="BatchNormalization",
        settings={"momentum": MOMENTUM},
        shapes=lambda settings, values: ([values[-1:]] * 4, values),
        normalizes_batches=True,
        to_onnx=_batch_normalization,
    ),
    LayerKind(
        name="LayerNormalization",
        settings={"epsilon": EPSILON},
        shapes=lambda settings, values: ([values[-1:]] * 2, values),
        fixed={"axis": [-1]},  # as Keras' own -1 reads once the layer is built
        to_onnx=_layer_normalization,
    ),
)
