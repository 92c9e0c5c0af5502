"""ONNX files of digit classifiers.

A file holds a graph with one input, ``images`` (batch, height, width) in float32, and
one output (batch, n_classes): ``probabilities`` in float32, or the ``votes`` of a hard
vote in float64. Its metadata are strings:

``format``
    'mnist_estimators/1'.
``version``
    Version of this package.
``labels``
    Labels of the columns, as a JSON list.
``label_dtype``
    Their data type, as NumPy writes it.
``pixel_range``
    Lowest and highest pixel value, as a JSON list.
"""

import json
import re
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.atomic_files import read_file
from ..exceptions import ModelFileError
from .checks import (
    BATCH,
    INPUT,
    OPSET_VERSION,
    OUTPUTS,
    check_interface,
    check_parts,
    count_numbers,
    require,
)
from .graph import OnnxGraph, import_onnx_library

FORMAT = "mnist_estimators/1"
IR_VERSION = 8
MAX_FILE_BYTES = 2**29
MAX_LABEL_BYTES = 2**24
# In all values of the graph together: 256 MB of float32.
MAX_NUMBERS = 2**26
MAX_ROWS = 512
LABEL_DTYPES = re.compile(r"\|b1|[<>|]([iu][1248]|f[248]|U[1-9][0-9]{0,6})|\|O")


class OnnxClassifier(NamedTuple):
    """A classifier that was read: its ONNX model, and what to know of it.

    The model as bytes, name of its output, labels of the columns, shape and pixel range
    of the images, and how many of them fit into memory at a time.
    """

    model: bytes
    output: str
    classes: NDArray[Any]
    image_shape: tuple[int, int]
    pixel_range: tuple[float, float]
    max_rows: int


def to_bytes(
    graph: OnnxGraph,
    output: str,
    classes: NDArray[Any],
    image_shape: tuple[int, int],
    pixel_range: tuple[float, float],
) -> bytes:
    """Make the content of a file.

    Parameters
    ----------
    graph : OnnxGraph
        Takes values named ``images``.
    output : {'probabilities', 'votes'}
        Name of its last node.
    classes : ndarray of shape (n_classes,)
        Labels of the columns.
    image_shape : tuple of two int
        Height and width.
    pixel_range : tuple of two float
        Lowest and highest pixel value.

    Returns
    -------
    bytes
        An ONNX model.

    Raises
    ------
    TypeError
        If the labels are not numbers, truth values or strings.
    ValueError
        If the model or its images are larger than what is read again.
    """
    from .. import __version__

    helper = import_onnx_library("onnx.helper")

    def value(name: str, dtype: Any, *shape: int) -> Any:
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return helper.make_tensor_value_info(name, kind, (BATCH, *shape))

    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "digits",
            [value(INPUT, np.float32, *image_shape)],
            [value(output, OUTPUTS[output], len(classes))],
            initializer=graph.constants,
        ),
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET_VERSION)],
        producer_name="mnist_estimators",
        producer_version=__version__,
    )
    metadata = {
        "format": FORMAT,
        "version": __version__,
        **_describe_labels(classes),
        "pixel_range": json.dumps([float(limit) for limit in pixel_range]),
    }
    helper.set_model_props(model, metadata)
    n_megabytes = model.ByteSize() / 2**20
    if model.ByteSize() > MAX_FILE_BYTES or count_numbers(model) > MAX_NUMBERS:
        raise ValueError(
            f"The classifier is too large for an ONNX file: it takes {n_megabytes:.0f} "
            f"MB (at most {MAX_FILE_BYTES // 2**20}), for images of {image_shape[0]} x "
            f"{image_shape[1]} pixels. Export the members of a large vote one by one; "
            "make large images smaller."
        )
    return model.SerializeToString()


def _describe_labels(classes: NDArray[Any]) -> dict[str, str]:
    labels = classes.tolist()
    known = LABEL_DTYPES.fullmatch(classes.dtype.str)
    if not known or (classes.dtype == object and {*map(type, labels)} != {str}):
        raise TypeError(
            f"Labels of data type {classes.dtype} have no place in an ONNX file. Fit "
            "with numbers, truth values or strings."
        )
    return {"labels": json.dumps(labels), "label_dtype": classes.dtype.str}


def read_classifier(path: str | PathLike[str]) -> OnnxClassifier:
    """Read a file from anywhere.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    OnnxClassifier

    Raises
    ------
    OSError
        If there is no such file, or it can't be read.
    ImportError
        If ``onnx`` is not installed.
    ModelFileError
        If the file is damaged, too large, not of this package, or holds anything that
        a classifier does not need.
    """
    onnx = import_onnx_library("onnx")
    try:
        n_bytes = Path(path).stat().st_size
        require(
            n_bytes <= MAX_FILE_BYTES,
            f"it has {n_bytes:,} bytes, and {MAX_FILE_BYTES:,} is the limit",
        )
        content = read_file(Path(path), MAX_FILE_BYTES)
        model = onnx.load_model_from_string(content)
        # What onnx does not know can't be checked.
        model.DiscardUnknownFields()
        return _checked(model)
    except ModelFileError as error:
        raise model_file_error(path, str(error)) from None
    except OSError:
        raise
    except Exception as error:  # whatever protobuf, onnx and json raise
        reason = f"it is damaged ({type(error).__name__}: {error})"
        raise model_file_error(path, reason) from error


def model_file_error(path: str | PathLike[str], reason: str) -> ModelFileError:
    """Make an error of the reason why a file can't be used."""
    return ModelFileError(
        f"{str(path)!r} is not a file that mnist_estimators.to_onnx wrote: {reason}. "
        "Export the classifier again."
    )


def _checked(model: Any) -> OnnxClassifier:
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    known = metadata.get("format")
    require(known == FORMAT, f"its format is {known!r}, where {FORMAT!r} is known here")
    check_parts(model)
    image_shape, output, n_classes = check_interface(model)
    n_numbers = count_numbers(model)
    require(n_numbers <= MAX_NUMBERS, "it computes too many numbers for an image")
    return OnnxClassifier(
        model=model.SerializeToString(),
        output=output,
        classes=_labels(metadata, n_classes),
        image_shape=image_shape,
        pixel_range=_pixel_range(metadata),
        max_rows=min(MAX_ROWS, MAX_NUMBERS // n_numbers),
    )


def _labels(metadata: dict[str, str], n_classes: int) -> NDArray[Any]:
    labels, name = json.loads(metadata["labels"]), metadata["label_dtype"]
    known = LABEL_DTYPES.fullmatch(name)
    require(known, f"its labels are of the unknown data type {name!r}")
    dtype = np.dtype(name)
    require(
        type(labels) is list and len(labels) == n_classes,
        f"it does not have {n_classes} labels, one for each column",
    )
    n_bytes = dtype.itemsize * n_classes
    require(n_bytes <= MAX_LABEL_BYTES, "its labels take too much memory")
    kind = {"b": bool, "i": int, "u": int, "f": float}.get(dtype.kind, str)
    require(
        {*map(type, labels)} == {kind} and labels == sorted(set(labels)),
        f"its labels are not a sorted list of {kind.__name__}",
    )
    classes = np.array(labels, dtype)
    require(classes.tolist() == labels, f"its labels don't fit into {dtype}")
    return classes


def _pixel_range(metadata: dict[str, str]) -> tuple[float, float]:
    low, high = json.loads(metadata["pixel_range"])
    require(
        type(low) is type(high) is float and low <= 0 < high < np.inf,
        f"its pixels range from {low} to {high}",
    )
    return low, high
