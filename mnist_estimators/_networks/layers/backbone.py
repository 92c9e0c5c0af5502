"""Networks of ``keras.applications`` as one layer, and the layers only they have."""

from collections.abc import Iterator, Mapping
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..backbones import (
    BACKBONES,
    backbone_shapes,
    build_backbone,
    check_size_of_weights,
    initial_backbone_weights,
)
from .kind import FittedLayer, Graph, LayerKind, Settings, Shape, Shapes
from .reading import refuse
from .settings import Setting, one_of

if TYPE_CHECKING:
    import keras

Kinds = Mapping[str, LayerKind]

# The layers of a backbone, which makes what its application takes of grey images.
_PREPARED = ["InputLayer", "Resizing", "Concatenate", "Rescaling", "Functional"]


class _Backbone(LayerKind):
    """It is a Keras model, which is built, read and drawn in ways of its own."""

    def matches(self, keras_layer: Any) -> bool:
        return _application(keras_layer) is not None

    def read(self, keras_layer: Any) -> dict[str, Any]:
        application = _application(keras_layer)
        if [type(inner).__name__ for inner in keras_layer.layers] != _PREPARED:
            refuse(
                keras_layer,
                "which takes prepared images",
                f"CNNDigitClassifier(backbone={application!r}) prepares them itself.",
            )
        return {"application": application}

    def build(
        self,
        settings: Settings,
        name: str,
        size: tuple[int, int],
        seed: int,
        dtype: str,
    ) -> "keras.Model":
        model = build_backbone(settings["application"], size, precision=dtype)
        model.trainable = settings.get("trainable", True)
        model.set_weights(initial_backbone_weights(model, seed))
        return model

    def initial_weights(
        self, keras_layer: Any, settings: Settings, seed: int
    ) -> list[NDArray[np.float32]]:
        return initial_backbone_weights(keras_layer, seed)

    def check_size_of_weights(self, settings: Settings, weights: Any) -> None:
        check_size_of_weights(settings["application"], weights)


def _application(model: Any) -> str | None:
    """Name the backbone that a model within ``model_`` of a classifier is, if any."""
    named = {name.lower(): name for name in BACKBONES}
    return named.get(model.name) if hasattr(model, "layers") else None


def _shapes(settings: Settings, images: Shape) -> Shapes:
    shapes, n_features = backbone_shapes(settings["application"])
    return list(shapes), (n_features,)


def _backbone(kinds: Kinds, graph: Graph, layer: FittedLayer, images: str) -> str:
    _, height, width, _ = layer.settings["input_shape"]
    application = layer.settings["application"]
    model = build_backbone(application, (height, width), precision="float32")
    model.set_weights(layer.weights)
    return _add_model(kinds, graph, model, images)


def _add_model(kinds: Kinds, graph: Graph, model: "keras.Model", images: str) -> str:
    """Add the nodes of a functional Keras model of one input and one output."""
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    outputs: dict[str, str] = {}

    def value_of(argument: Any) -> str:
        if isinstance(argument, dict):
            source, _, _ = argument["config"]["keras_history"]
            return outputs[source]
        return graph.numbers(argument)

    for operation in model.get_config()["layers"]:
        name, kind = operation["name"], operation["class_name"]
        if kind == "InputLayer":
            outputs[name] = images
            continue
        (call,) = operation["inbound_nodes"]
        inputs = [value_of(argument) for argument in _flat(call["args"])]
        if kind == "Functional":
            outputs[name] = _add_model(kinds, graph, model.get_layer(name), *inputs)
        else:
            settings = operation["config"] | (operation.get("build_config") or {})
            layer = FittedLayer(settings, weights.get(name, []))
            outputs[name] = kinds[kind].to_onnx(graph, layer, *inputs)
    return outputs[model.output_names[0]]


def _flat(arguments: Any) -> Iterator[Any]:
    if isinstance(arguments, list | tuple):
        for argument in arguments:
            yield from _flat(argument)
    else:
        yield arguments


def _resizing(graph: Graph, layer: FittedLayer, maps: str) -> str:
    """Interpolate linearly, as two matrix products.

    ONNX has an operator for it, but behind that the number of images counts as unknown.
    """
    _, height, width, _ = layer.settings["input_shape"]
    rows = graph.numbers(_interpolation(height, layer.settings["height"]))
    columns = graph.numbers(_interpolation(width, layer.settings["width"]).T)
    return graph.add("MatMul", graph.add("MatMul", rows, maps), columns)


def _interpolation(n_given: int, n_wanted: int) -> NDArray[np.float64]:
    """Make the matrix (n_wanted, n_given) that brings a row of pixels to a new length.

    The rows cover the same line, and a pixel's value is that at its middle.
    """
    middles = (np.arange(n_wanted) + 0.5) * n_given / n_wanted - 0.5
    # Of the triangles around the given pixels, those at both ends are level outside.
    distances = middles.clip(0, n_given - 1)[:, np.newaxis] - np.arange(n_given)
    return (1 - np.abs(distances)).clip(0)


def _rescaling(graph: Graph, layer: FittedLayer, maps: str) -> str:
    scale, offset = (
        graph.numbers(np.reshape(layer.settings[name], (1, -1, 1, 1)))
        for name in ("scale", "offset")
    )
    return graph.add("Add", graph.add("Mul", maps, scale), offset)


def _concatenation(graph: Graph, layer: FittedLayer, *maps: str) -> str:
    return graph.add("Concat", *maps, axis=1)


def _arithmetic(operator: str, graph: Graph, layer: FittedLayer, *values: str) -> str:
    return reduce(partial(graph.add, operator), values)


KINDS = (
    LayerKind(name="Add", to_onnx=partial(_arithmetic, "Add")),
    LayerKind(name="Concatenate", to_onnx=_concatenation),
    LayerKind(name="Multiply", to_onnx=partial(_arithmetic, "Mul")),
    LayerKind(name="Rescaling", to_onnx=_rescaling),
    LayerKind(name="Resizing", to_onnx=_resizing),
)


def backbone_of(kinds: Kinds) -> LayerKind:
    """Make the entry of backbones, which contain layers of all other kinds."""
    return _Backbone(
        name="Backbone",
        settings={"application": Setting(one_of(*BACKBONES))},
        shapes=_shapes,
        on_rows=False,
        gives_rows=True,
        only_first=True,
        convolves=True,
        steps_per_call=5,
        to_onnx=partial(_backbone, kinds),
    )
