"""The layers of a Keras model, in the order in which they work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._tensorflow import load_keras
from .layers.reading import refuse
from .layers.table import SUPPORTED, kind_of

if TYPE_CHECKING:
    import keras


def chain_of_layers(model: "keras.Model") -> "Iterator[keras.layers.Layer]":
    """Go over the layers of a model and of the models in it.

    Parameters
    ----------
    model : keras.Model
        Not changed.

    Yields
    ------
    keras.layers.Layer
        Or a model that is one layer of the classifiers.

    Raises
    ------
    ValueError
        If the model is not a chain of layers, each of which takes the output of the one
        before it.
    """
    keras = load_keras()
    if isinstance(model, keras.Sequential):
        layers = model.layers
    elif hasattr(model, "inputs"):
        layers = _functional_chain(model)
    else:
        raise ValueError(
            f"The model {model.name!r} ({type(model).__name__}) says in code which "
            "layer comes after which. Build it as keras.Sequential, or wrap it with "
            "scikeras."
        )
    for keras_layer in layers:
        if isinstance(keras_layer, keras.Model) and kind_of(keras_layer) is None:
            yield from chain_of_layers(keras_layer)
        else:
            yield keras_layer


def _functional_chain(model: Any) -> list[Any]:
    """Go from the output of a model back to its input, layer by layer.

    ``model.layers`` would leave out the operations, and the ``input`` of a layer is
    that of its first call, which may belong to another model.
    """
    keras = load_keras()
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"The model {model.name!r} has {len(model.inputs)} inputs and "
            f"{len(model.outputs)} outputs, but the classifiers have one of each. Make "
            "a keras.Model of the one input and the output that gives the classes."
        )
    (start,), (values,) = model.inputs, model.outputs
    backwards: list[Any] = []
    while values is not start:
        operation, call, _ = values._keras_history
        node = operation._inbound_nodes[call]
        if not isinstance(operation, keras.layers.Layer):
            refuse(operation, "an operation that is not a layer", SUPPORTED)
        if len(node.input_tensors) != 1:
            refuse(
                operation,
                "which takes something else than what the layer before it gives",
                "The classifiers only have chains of layers.",
            )
        if node.arguments.kwargs.get("training"):
            refuse(
                operation,
                "which was called with training=True",
                "The classifiers predict without dropout, and normalise by what they "
                "learned.",
            )
        backwards.append(operation)
        (values,) = node.input_tensors
    return backwards[::-1]
