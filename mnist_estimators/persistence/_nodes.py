"""The small nodes of which ``schema.json`` is made, as skops names them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ._types import TREE, Name

Node = dict[str, Any]

# The protocol of skops to which these nodes belong; later versions of skops read it.
PROTOCOL = 2
PLAIN = (type(None), bool, int, float, str)

DICT: Name = ("builtins", "dict")
BUNCH: Name = ("sklearn.utils", "Bunch")
LIST: Name = ("builtins", "list")
TUPLE: Name = ("builtins", "tuple")
ARRAY: Name = ("numpy", "ndarray")
MASKED_ARRAY: Name = ("numpy.ma", "MaskedArray")
RANDOM_STATE: Name = ("numpy.random", "RandomState")
TEXT: Name = ("builtins", "str")
REFERENCE: Name = ("builtins", "object")
PATH: Name = ("pathlib", "Path")
KERAS_OPTIMIZER: Name = ("mnist_estimators.persistence", "optimizer_from_text")


def node(loader: str, name: Name, **fields: Any) -> Node:
    """Make a node: how to load it, the class, and what it is made of."""
    module, class_name = name
    return {
        "__loader__": loader,
        "__module__": module,
        "__class__": class_name,
        **fields,
    }


def plain_node(value: Any) -> Node:
    """Make the node of None, a number, or text."""
    return node("JsonNode", TEXT, content=json.dumps(value), is_json=True)


def tuple_node(items: Iterable[Node]) -> Node:
    """Make the node of a tuple."""
    return node("TupleNode", TUPLE, content=list(items))


def mapping_node(items: dict[str, Node], name: Name = DICT) -> Node:
    """Make the node of a mapping whose keys are text."""
    return node("DictNode", name, key_types=text_types(len(items)), content=items)


def text_types(number: int) -> Node:
    """Make the node that says that a number of keys are text."""
    return node("ListNode", LIST, content=[node("TypeNode", TEXT)] * number)


def tree_node(numbers: Sequence[Node], arrays: Sequence[Node]) -> Node:
    """Make the node of a decision tree.

    Parameters
    ----------
    numbers : sequence of node
        Numbers of features, outputs, levels and nodes.
    arrays : sequence of node
        Nodes, values and numbers of classes.

    Returns
    -------
    node
    """
    n_features, n_outputs, max_depth, node_count = numbers
    nodes, values, n_classes = arrays
    state = dict(max_depth=max_depth, node_count=node_count, nodes=nodes, values=values)
    return node(
        "TreeNode",
        TREE,
        __reduce__={"args": tuple_node([n_features, n_classes, n_outputs])},
        content=mapping_node(state),
    )


def reference(number: int) -> Node:
    """Make the node that stands for another one, by its number."""
    return {**node("CachedNode", REFERENCE), "__id__": number}
