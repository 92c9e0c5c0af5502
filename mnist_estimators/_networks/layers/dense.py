"""Dense layers, and the flattening before them."""

from math import prod

from .kind import CHANNELS_LAST, Graph, LayerKind, Settings, Shape, Weights
from .settings import SIZE, TRUE_BY_DEFAULT


def _dense_shapes(settings: Settings, values: Shape) -> tuple[list[Shape], Shape]:
    units = settings["units"]
    biases: list[Shape] = [(units,)] * settings["use_bias"]
    return [(values[0], units), *biases], (units,)


def _dense(graph: Graph, settings: Settings, weights: Weights, values: str) -> str:
    return graph.add("Gemm", values, *map(graph.numbers, weights))


def _flatten(graph: Graph, settings: Settings, weights: Weights, values: str) -> str:
    """Bring maps to rows in Keras' order of them, with the channels last."""
    if len(settings["input_shape"]) == 2:
        return values
    return graph.add("Flatten", graph.add("Transpose", values, perm=(0, 2, 3, 1)))


KINDS = (
    LayerKind(
        name="Dense",
        settings={"units": SIZE, "use_bias": TRUE_BY_DEFAULT},
        shapes=_dense_shapes,
        kernels={"kernel": "kernel"},
        on_maps=False,
        to_onnx=_dense,
    ),
    LayerKind(
        name="Flatten",
        settings={},
        shapes=lambda settings, values: ([], (prod(values),)),
        fixed=CHANNELS_LAST,
        gives_rows=True,
        to_onnx=_flatten,
    ),
)
