"""Dense layers, and the flattening before them."""

from math import prod

from .kind import (
    CHANNELS_LAST,
    FittedLayer,
    Graph,
    LayerKind,
    Settings,
    Shape,
    Shapes,
)
from .settings import OF_KERNELS, SIZE, TRUE_BY_DEFAULT


def _dense_shapes(settings: Settings, values: Shape) -> Shapes:
    units = settings["units"]
    biases: list[Shape] = [(units,)] * settings["use_bias"]
    return [(values[0], units), *biases], (units,)


def _dense(graph: Graph, layer: FittedLayer, values: str) -> str:
    return graph.add("Gemm", values, *map(graph.numbers, layer.weights))


def _flatten(graph: Graph, layer: FittedLayer, values: str) -> str:
    """Bring maps to rows in Keras' order of them, with the channels last."""
    if len(layer.settings["input_shape"]) == 2:
        return values
    return graph.add("Flatten", graph.add("Transpose", values, perm=(0, 2, 3, 1)))


KINDS = (
    LayerKind(
        name="Dense",
        settings={"units": SIZE, "use_bias": TRUE_BY_DEFAULT, **OF_KERNELS},
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
