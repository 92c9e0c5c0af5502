"""Checks of decision trees: scikit-learn's compiled code follows any index in them."""

import io
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from ._archive import Bytes
from ._node_checks import allow, loader_of, name_of, plain_value, wrong
from ._nodes import ARRAY, Node, plain_node, tree_node

_LEAF = -1
# Deeper trees would take long to check; trees over images are far from that.
_DEEPEST = 10_000


@cache
def tree_dtype() -> "np.dtype[np.void]":
    """Find the type of a node in the installed scikit-learn."""
    tree = DecisionTreeClassifier(random_state=0).fit([[0], [1]], [0, 1]).tree_
    return tree.__getstate__()["nodes"].dtype


def parts_of_tree(node: Any, where: str) -> tuple[list[Any], list[Node]]:
    """Split the node of a tree into its parts.

    Parameters
    ----------
    node : object
        What must be such a node.
    where : str
        Its place in the file, for errors.

    Returns
    -------
    numbers : list
        Features, outputs, depth and nodes: any plain values.
    arrays : list of node
        Nodes, values and numbers of classes.

    Raises
    ------
    ModelFileError
        If it has other parts.
    """
    try:
        n_features, n_classes, n_outputs = node["__reduce__"]["args"]["content"]
        content = node["content"]["content"]
        numbers = [n_features, n_outputs, content["max_depth"], content["node_count"]]
        arrays = [content["nodes"], content["values"], n_classes]
    except (TypeError, ValueError, KeyError):
        raise wrong(where, "it lacks a part of a tree") from None
    values = [plain_value(number, where) for number in numbers]
    if node != tree_node([*map(plain_node, values)], arrays):
        raise wrong(where, "it must be a tree, without any other parts")
    for array in arrays:
        allow(name_of(array, where), {ARRAY}, where)
        if loader_of(array) != "NdArrayNode":
            raise wrong(where, "nodes and values of a tree must be arrays")
    return values, arrays


def check_tree(numbers: Sequence[Any], arrays: Iterable[Bytes]) -> None:
    """Check that a tree leads from its root to leaves, by features that exist.

    Parameters
    ----------
    numbers : sequence of object
        Features, outputs, depth and nodes.
    arrays : iterable of bytes
        Nodes, values and numbers of classes, in NumPy's format.

    Raises
    ------
    ValueError
        If they are not the parts of a valid tree.
    """
    if any(type(number) is not int or not 0 <= number < 2**31 for number in numbers):
        raise ValueError("the numbers of a tree must be integers of at least 0")
    n_features, n_outputs, max_depth, node_count = numbers
    table, of_nodes, counts = (
        np.load(io.BytesIO(member), allow_pickle=False) for member in arrays
    )
    if counts.dtype != np.intp or counts.shape != (n_outputs,) or n_outputs < 1:
        raise ValueError("a tree must have a number of classes for each output")
    if table.dtype != tree_dtype() or table.shape != (node_count,) or not node_count:
        raise ValueError(f"a tree must have node_count={node_count} nodes")
    shape = (node_count, n_outputs, int(counts.max()))
    if of_nodes.dtype != np.float64 or of_nodes.shape != shape or counts.min() < 1:
        raise ValueError(f"the values of a tree must be of shape {shape}")
    if not (table.flags.c_contiguous and of_nodes.flags.c_contiguous):
        raise ValueError("the arrays of a tree must be in C order")
    left, right, feature = (
        table[name].astype(np.int64)
        for name in ("left_child", "right_child", "feature")
    )
    _check_nodes(left, right, feature, n_features)
    _check_depth(left, right, max_depth)


def _check_nodes(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    feature: NDArray[np.int64],
    n_features: int,
) -> None:
    inner = left != _LEAF
    if ((right != _LEAF) != inner).any():
        raise ValueError("a node of a tree must have two children or none")
    children = np.concatenate([left[inner], right[inner]])
    if not np.array_equal(np.sort(children), np.arange(1, len(left))):
        raise ValueError("each node of a tree but the root must have one parent")
    if (np.minimum(left, right)[inner] <= np.flatnonzero(inner)).any():
        raise ValueError("the children of a node must come after it")
    used = feature[inner]
    if ((used < 0) | (used >= n_features)).any():
        raise ValueError(f"a node must use one of the {n_features} features")


def _check_depth(
    left: NDArray[np.int64], right: NDArray[np.int64], max_depth: int
) -> None:
    level = np.zeros(1, np.int64)
    for _ in range(min(max_depth, _DEEPEST)):
        level = np.concatenate([left[level], right[level]])
        level = level[level != _LEAF]
    if not len(level) or (left[level] != _LEAF).any():
        raise ValueError(f"its depth is not max_depth={max_depth}")
