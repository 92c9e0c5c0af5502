"""What a graph from an unknown file may hold.

Operators and shapes are those that ``to_onnx`` uses, so that a crafted file can't reach
for other files, operators outside ONNX, loops, or more memory than there is.
"""

from typing import Any

import numpy as np

from ..exceptions import ModelFileError
from .graph import import_onnx_library

# Read by onnxruntime from version 1.12 on, and by most other runtimes.
OPSET_VERSION = 17
OPERATORS = """
    Add ArgMax AveragePool BatchNormalization Clip Concat Conv Div Elu Erf Flatten
    Gather Gemm GlobalAveragePool HardSwish Identity LayerNormalization LeakyRelu MatMul
    MaxPool Mul Pad Relu Sigmoid Softmax Tanh Transpose Unsqueeze
"""
INPUT = "images"
OUTPUTS: dict[str, np.dtype[Any]] = {
    "probabilities": np.dtype(np.float32),
    "votes": np.dtype(np.float64),
}
BATCH = "batch"


def require(condition: Any, reason: str) -> None:
    """Raise ModelFileError with the `reason` unless the `condition` holds."""
    if not condition:
        raise ModelFileError(reason)


def check_parts(model: Any) -> None:
    """Raise ModelFileError if a model has parts that ``to_onnx`` never writes.

    Parameters
    ----------
    model : onnx.ModelProto
        Not changed.
    """
    onnx = import_onnx_library("onnx")
    kinds = onnx.AttributeProto
    numbers = {kinds.FLOAT, kinds.FLOATS, kinds.INT, kinds.INTS, kinds.STRING}
    versions = {entry.domain: entry.version for entry in model.opset_import}
    require(
        versions == {"": OPSET_VERSION},
        f"it uses the sets of operators {versions}, where version {OPSET_VERSION} of "
        "ONNX's own is allowed",
    )
    require(not model.functions, "it defines operators of its own")
    require(not model.training_info, "it holds instructions for training")
    require(not model.graph.sparse_initializer, "it holds sparse arrays")
    for node in model.graph.node:
        require(
            not node.domain and node.op_type in OPERATORS.split(),
            f"it uses the operator {node.domain}:{node.op_type}",
        )
        require(
            all(attribute.type in numbers for attribute in node.attribute),
            f"its operator {node.op_type} has an attribute that is not a number",
        )
    for tensor in model.graph.initializer:
        inside = tensor.data_location == onnx.TensorProto.DEFAULT
        require(
            inside and not tensor.external_data,
            f"its array {tensor.name!r} is in another file, which is never read",
        )
        require(
            np.isfinite(onnx.numpy_helper.to_array(tensor)).all(),
            f"its array {tensor.name!r} holds NaN or infinity",
        )


def check_interface(model: Any) -> tuple[tuple[int, int], str, int]:
    """Find image shape, name of the output and number of classes.

    Parameters
    ----------
    model : onnx.ModelProto
        Not changed.

    Returns
    -------
    image_shape : tuple of two int
    output : str
    n_classes : int

    Raises
    ------
    ModelFileError
        If the model takes or gives anything else.
    """
    graph = model.graph
    require(
        len(graph.input) == len(graph.output) == 1,
        f"it has {len(graph.input)} inputs and {len(graph.output)} outputs",
    )
    (images,), (scores,) = graph.input, graph.output
    require(images.name == INPUT, f"its input is called {images.name!r}")
    require(scores.name in OUTPUTS, f"its output is called {scores.name!r}")
    image_shape = _shape_of_one(images, np.dtype(np.float32))
    n_classes = _shape_of_one(scores, OUTPUTS[scores.name])
    require(
        len(image_shape) == 2 and len(n_classes) == 1,
        f"it makes scores {n_classes} of images {image_shape}",
    )
    return (image_shape[0], image_shape[1]), scores.name, n_classes[0]


def _shape_of_one(value: Any, dtype: np.dtype[Any]) -> tuple[int, ...]:
    helper = import_onnx_library("onnx.helper")
    tensor = value.type.tensor_type
    is_typed = tensor.elem_type == helper.np_dtype_to_tensor_dtype(dtype)
    require(is_typed, f"its {value.name!r} are not of type {dtype}")
    dimensions = tensor.shape.dim
    is_batch = len(dimensions) > 1 and dimensions[0].dim_param == BATCH
    require(is_batch, f"its {value.name!r} come in no batch")
    return tuple(_known(dimension, value.name) for dimension in dimensions[1:])


def _known(dimension: Any, name: str) -> int:
    require(dimension.dim_value > 0, f"its {name!r} are of unknown shape")
    return int(dimension.dim_value)


def count_numbers(model: Any) -> int:
    """Count the numbers of one image, and those that a graph computes for it.

    Parameters
    ----------
    model : onnx.ModelProto
        Not changed.

    Returns
    -------
    int
        The sum over the input and all nodes.

    Raises
    ------
    ModelFileError
        If there is a node of which it can't be told.
    """
    onnx = import_onnx_library("onnx")
    inference = import_onnx_library("onnx.shape_inference")
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    # What the file says about its values is not taken for granted.
    del copy.graph.value_info[:]
    for value in copy.graph.output:
        value.type.tensor_type.ClearField("shape")
    graph = inference.infer_shapes(
        copy, check_type=True, strict_mode=True, data_prop=True
    ).graph
    values = (*graph.input, *graph.value_info, *graph.output)
    found = {value.name: value for value in values}
    total = 0
    for name in (INPUT, *(name for node in graph.node for name in node.output)):
        require(name in found, f"its {name!r} are of unknown shape")
        dimensions = list(found[name].type.tensor_type.shape.dim)
        in_batch = bool(dimensions) and dimensions[0].dim_param == BATCH
        n_numbers = 1  # of Python's integers, which don't overflow
        for dimension in dimensions[in_batch:]:
            n_numbers *= _known(dimension, name)
        total += n_numbers
    return total
