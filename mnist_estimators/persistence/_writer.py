"""From an estimator to the members of a file.

``skops.io.dump`` would write the same members, but for five things. Here a class is
named by the module that users import it from, not by the one that defines it. An object
that occurs again is referred to, not repeated. A mapping whose keys are not text is
written as its items: skops loads the key False as True. Long lists of floats are
written as arrays, and Keras' optimizers as their configuration.
"""

import io
import json
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np
from sklearn.utils import Bunch

from .._versions import installed_versions
from ..exceptions import ModelFileError
from ._float_lists import FLOAT_LIST, is_long_float_list
from ._keras_optimizers import is_optimizer, optimizer_as_text
from ._manifest import SCHEMA
from ._nodes import (
    ARRAY,
    BUNCH,
    DICT,
    KERAS_OPTIMIZER,
    LIST,
    MASKED_ARRAY,
    PATH,
    PLAIN,
    PROTOCOL,
    RANDOM_STATE,
    Node,
    mapping_node,
    node,
    plain_node,
    reference,
    tree_node,
    tuple_node,
)
from ._types import (
    CLASS_NAMES,
    FUNCTION_NAMES,
    SCALARS,
    TREE_OWNERS,
    Name,
    allowed_name,
)

MAX_DEPTH = 40


def members_of(estimator: Any) -> dict[str, bytes]:
    """Describe an estimator in JSON and arrays.

    Parameters
    ----------
    estimator : estimator
        Not changed.

    Returns
    -------
    dict of str to bytes
        'schema.json' and the arrays that it names.

    Raises
    ------
    ModelFileError
        If it holds something that a model file can't.
    """
    writer = _Writer()
    schema = writer.node_of(estimator, type(estimator).__name__, 0)
    schema |= {"protocol": PROTOCOL, "_skops_version": installed_versions()["skops"]}
    text = json.dumps(schema, separators=(",", ":"))
    return {SCHEMA: text.encode(), **writer.arrays}


class _Writer:
    def __init__(self) -> None:
        self.arrays: dict[str, bytes] = {}
        # By the address of each object: its number, and the object itself, which keeps
        # the address in use.
        self._numbers: dict[int, tuple[int, Any]] = {}
        self._unfinished: set[int] = set()

    def node_of(self, value: Any, where: str, depth: int) -> Node:
        kind = type(value)
        if kind in PLAIN:
            return plain_node(value)
        if depth > MAX_DEPTH:
            raise ModelFileError(f"{where}: it is nested more than {MAX_DEPTH} deep")
        if kind is tuple:
            return tuple_node(self._items(value, where, depth))
        if id(value) in self._unfinished:
            raise ModelFileError(f"{where}: it contains itself")
        if id(value) in self._numbers:
            return reference(self._numbers[id(value)][0])
        number = len(self._numbers) + 1
        self._numbers[id(value)] = (number, value)
        self._unfinished.add(id(value))
        made = self._node_of_object(value, where, depth)
        self._unfinished.remove(id(value))
        return {**made, "__id__": number}

    def _node_of_object(self, value: Any, where: str, depth: int) -> Node:
        kind = type(value)
        if kind is list and is_long_float_list(value):
            return _call(FLOAT_LIST, self._array_member(np.array(value), ARRAY, where))
        if kind is list:
            return node("ListNode", LIST, content=self._items(value, where, depth))
        if kind in (dict, Bunch):
            return self._mapping(value, BUNCH if kind is Bunch else DICT, where, depth)
        if kind in (np.ndarray, np.memmap):
            return self._array(np.asarray(value), where, depth)
        if isinstance(value, np.generic) and kind.__name__ in SCALARS:
            return self._array_member(
                np.asarray(value), ("numpy", kind.__name__), where
            )
        if kind is np.ma.MaskedArray:
            parts = {"data": value.data, "mask": np.ma.getmaskarray(value)}
            return node(
                "MaskedArrayNode",
                MASKED_ARRAY,
                content={
                    name: self.node_of(part, f"{where}.{name}", depth + 1)
                    for name, part in parts.items()
                },
            )
        if kind is np.random.RandomState:
            state = self.node_of(value.get_state(legacy=False), where, depth + 1)
            return node("RandomStateNode", RANDOM_STATE, content=state)
        if isinstance(value, PurePath):
            return _call(PATH, plain_node(str(value)))
        if is_optimizer(value):
            return self._optimizer(value, where)
        if name := allowed_name(value, FUNCTION_NAMES):
            return node("FunctionNode", name)
        if name := allowed_name(kind, CLASS_NAMES):
            return self._instance(value, name, where, depth)
        raise ModelFileError(f"{where}: {_refusal(value)}")

    def _items(self, values: Any, where: str, depth: int) -> list[Node]:
        return [
            self.node_of(value, f"{where}[{number}]", depth + 1)
            for number, value in enumerate(values)
        ]

    def _mapping(
        self, value: dict[Any, Any], name: Name, where: str, depth: int
    ) -> Node:
        if all(type(key) is str for key in value):
            items = {
                key: self.node_of(one, f"{where}[{key!r}]", depth + 1)
                for key, one in value.items()
            }
            return mapping_node(items, name)
        pairs = [
            tuple_node(
                [
                    self.node_of(key, f"{where}, key {key!r}", depth + 1),
                    self.node_of(one, f"{where}[{key!r}]", depth + 1),
                ]
            )
            for key, one in value.items()
        ]
        return _call(name, node("ListNode", LIST, content=pairs))

    def _array(self, value: Any, where: str, depth: int) -> Node:
        if value.dtype != object:
            return self._array_member(value, ARRAY, where)
        if value.ndim != 1:
            raise ModelFileError(
                f"{where}: it is an array of objects in {value.ndim} dimensions, but "
                "model files only hold those of one dimension. Use numbers"
            )
        items = self._items(value.tolist(), where, depth)
        shape = tuple_node([plain_node(len(items))])
        return node("NdArrayNode", ARRAY, type="json", content=items, shape=shape)

    def _array_member(
        self, value: Any, name: Name, where: str, *, structured: bool = False
    ) -> Node:
        if value.dtype.kind not in "biufcSU" and not structured:
            raise ModelFileError(f"{where}: it is an array of {value.dtype}")
        member = f"{len(self.arrays)}.npy"
        content = io.BytesIO()
        np.lib.format.write_array(content, value, version=(1, 0), allow_pickle=False)
        self.arrays[member] = content.getvalue()
        return node("NdArrayNode", name, type="numpy", file=member)

    def _optimizer(self, value: Any, where: str) -> Node:
        try:
            texts = optimizer_as_text(value)
        except ValueError as error:
            raise ModelFileError(
                f"{where}: {error}. Replace the optimizer with its name, such as "
                "'adam', before saving"
            ) from error
        return _call(KERAS_OPTIMIZER, *map(plain_node, texts))

    def _instance(self, value: Any, name: Name, where: str, depth: int) -> Node:
        state = value.__getstate__()
        attributes = {}
        for attribute, one in (state or {}).items():
            inside = f"{where}.{attribute}"
            if attribute == "tree_" and name in TREE_OWNERS:
                attributes[attribute] = self._tree(one, inside)
            else:
                attributes[attribute] = self.node_of(one, inside, depth + 1)
        return node("ObjectNode", name, content=mapping_node(attributes))

    def _tree(self, tree: Any, where: str) -> Node:
        _, (n_features, n_classes, n_outputs), state = tree.__reduce__()
        numbers = (n_features, n_outputs, state["max_depth"], state["node_count"])
        # The bytes between the fields are undefined, so equal trees could differ.
        nodes = np.zeros_like(state["nodes"])
        for field in nodes.dtype.names:
            nodes[field] = state["nodes"][field]
        arrays = [
            self._array_member(nodes, ARRAY, where, structured=True),
            self._array_member(state["values"], ARRAY, where),
            self._array_member(n_classes, ARRAY, where),
        ]
        return tree_node([plain_node(int(number)) for number in numbers], arrays)


def _call(name: Name, *arguments: Node) -> Node:
    return node("ConstructorFromReduceNode", name, content=tuple_node(arguments))


def _refusal(value: Any) -> str:
    """Say why a value can't be saved, and what to do instead."""
    kind = type(value)
    module = kind.__module__.split(".")[0]
    if kind.__name__ == "OnnxDigitClassifier":
        return (
            f"an OnnxDigitClassifier is already a file: copy {str(value.path)!r:.200}"
        )
    if isinstance(value, FunctionType | MethodType | BuiltinFunctionType | type):
        return (
            f"{value!r:.80} is code, which a model file can't hold. Replace it with a "
            "name or None before saving"
        )
    if module in ("keras", "tensorflow"):
        return (
            f"{kind.__name__} of Keras can't be saved as plain data. Remove it before "
            "saving, for example with set_params(callbacks=None, metrics=None)"
        )
    if kind.__name__ in ("KDTree", "BallTree"):
        return (
            f"a {kind.__name__} can't be checked when it is loaded. Fit with "
            "algorithm='brute'"
        )
    return (
        f"it is a {kind.__module__}.{kind.__qualname__}. Model files hold only plain "
        "data, and those estimators of this package and of scikit-learn that can be "
        "checked. Use pickle among people who trust you"
    )
