"""An ONNX graph under construction, and the optional libraries of ONNX."""

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray


def import_onnx_library(name: str) -> ModuleType:
    """Import ``onnx`` or ``onnxruntime``.

    Parameters
    ----------
    name : str
        Name of the module.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"ONNX files need {name.split('.')[0]}, which can't be imported: {error}. "
            "Use pip install 'mnist_estimators[onnx]'."
        ) from error


class OnnxGraph:
    """Nodes and constants in the order of their addition.

    Attributes
    ----------
    nodes : list of onnx.NodeProto
        Each has one output, of the node's own name.
    constants : list of onnx.TensorProto
        Weights and the like.
    """

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(
        self, operator: str, *inputs: str, name: str | None = None, **attributes: Any
    ) -> str:
        """Add a node.

        Parameters
        ----------
        operator : str
            Name of an ONNX operator.
        *inputs : str
            Names of values; an empty one stands for an input that is left out.
        name : str, default=None
            Name of the node; None makes one.
        **attributes : int, float, str or sequence of int
            Of the node.

        Returns
        -------
        str
            Name of its output.
        """
        helper = import_onnx_library("onnx.helper")
        name = name or f"{operator}_{len(self.nodes)}"
        node = helper.make_node(operator, inputs, [name], name=name, **attributes)
        self.nodes.append(node)
        return name

    def constant(self, values: NDArray[Any]) -> str:
        """Add an array; return its name."""
        numpy_helper = import_onnx_library("onnx.numpy_helper")
        name = f"constant_{len(self.constants)}"
        self.constants.append(
            numpy_helper.from_array(np.asarray(values, order="C"), name)
        )
        return name

    def numbers(self, values: Any) -> str:
        """Add numbers as float32; return their name."""
        return self.constant(np.asarray(values, np.float32))
