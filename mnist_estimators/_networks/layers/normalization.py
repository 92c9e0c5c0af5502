"""Normalisation."""

from .kind import Graph, LayerKind, Settings, Weights
from .settings import EPSILON, MOMENTUM


def _batch_normalization(
    graph: Graph, settings: Settings, weights: Weights, values: str
) -> str:
    # Scale, offset, mean and variance, in both libraries.
    statistics = map(graph.numbers, weights)
    epsilon = settings.get("epsilon", 0.001)
    return graph.add("BatchNormalization", values, *statistics, epsilon=epsilon)


def _layer_normalization(
    graph: Graph, settings: Settings, weights: Weights, values: str
) -> str:
    """Normalise over the channels of each pixel, which this operator wants last."""
    scale_and_offset = list(map(graph.numbers, weights))
    on_maps = len(settings["input_shape"]) == 4
    if on_maps:
        values = graph.add("Transpose", values, perm=(0, 2, 3, 1))
    values = graph.add(
        "LayerNormalization", values, *scale_and_offset, epsilon=settings["epsilon"]
    )
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
