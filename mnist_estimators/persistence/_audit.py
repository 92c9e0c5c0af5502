"""The check of ``schema.json`` before skops reads it: only what ``save_model`` writes.

skops checks whether it may load a type, not what a file does with it. Here each node
must also have the one form that its type has in model files. So no file calls a trusted
class with arguments of its choice, and the size of what will be made is known before.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any

import numpy as np

from ..exceptions import ModelFileError
from ._archive import Bytes
from ._arrays import read_header
from ._float_lists import FLOAT_LIST
from ._keras_optimizers import check_optimizer_text
from ._manifest import MANIFEST, SCHEMA
from ._node_checks import (
    allow,
    loader_of,
    name_of,
    only_keys,
    plain_value,
    text_mapping,
    wrong,
)
from ._nodes import (
    ARRAY,
    BUNCH,
    DICT,
    KERAS_OPTIMIZER,
    LIST,
    MASKED_ARRAY,
    PATH,
    PROTOCOL,
    RANDOM_STATE,
    REFERENCE,
    TEXT,
    TUPLE,
    Node,
    plain_node,
    tuple_node,
)
from ._trees import check_tree, parts_of_tree, tree_dtype
from ._types import CLASS_NAMES, FUNCTION_NAMES, SCALARS, TREE, TREE_OWNERS, Name

# Counted with references followed, as skops follows them: some microseconds a node.
MAX_NODES = 300_000
# Four times that of the writer, since one level there can be four nodes deep.
MAX_DEPTH = 160
# In all lists together, since a float object takes five times its bytes in the file.
MAX_FLOATS = 5_000_000

_KEYS_OF_OBJECTS = {"type", "content", "shape"}


def audit(schema: Any, members: Mapping[str, Bytes]) -> list[str]:
    """Check that a schema holds only what ``members_of`` writes.

    Parameters
    ----------
    schema : object
        The parsed 'schema.json'.
    members : mapping of str to bytes
        All members.

    Returns
    -------
    list of str
        The types in it, by name, for skops to trust.

    Raises
    ------
    ModelFileError
        If it holds anything else.
    """
    if not isinstance(schema, dict):
        raise ModelFileError(f"{SCHEMA}: it must be a mapping")
    schema = dict(schema)
    protocol = schema.pop("protocol", None)
    # skops reads other protocols too, by other rules than those checked here.
    if protocol != PROTOCOL or type(protocol) is not int:
        raise ModelFileError(f"{SCHEMA}, protocol: it must be {PROTOCOL}")
    if not isinstance(schema.pop("_skops_version", None), str):
        raise ModelFileError(f"{SCHEMA}, _skops_version: it must be text")
    auditor = _Auditor(members)
    auditor.check(schema, str(schema.get("__class__"))[:80], 0)
    unused = members.keys() - auditor.arrays - {MANIFEST, SCHEMA}
    if unused:
        raise ModelFileError(f"{min(unused)}: nothing refers to this member")
    return sorted(f"{module}.{name}" for module, name in auditor.names)


class _Auditor:
    def __init__(self, members: Mapping[str, Bytes]):
        self.names: set[Name] = set()
        self.arrays: set[str] = set()
        self._members = members
        self._sizes: dict[int, int] = {}
        self._n_floats = 0

    def check(self, node: Any, where: str, depth: int) -> int:
        """Check a node, and count the nodes in it."""
        if depth > MAX_DEPTH:
            raise wrong(where, f"it is nested more than {MAX_DEPTH} deep")
        name, loader = name_of(node, where), loader_of(node)
        if not isinstance(loader, str) or loader not in _FORMS:
            raise wrong(where, f"no part of a model file is loaded by {loader!r:.80}")
        number = node.get("__id__")
        if number is not None and type(number) is not int:
            raise wrong(where, "__id__ must be an integer")
        node = {key: node[key] for key in node if key != "__id__"}
        names, keys, check_content = _FORMS[loader]
        allow(name, names, where)
        if loader == "NdArrayNode" and node.get("type") == "json":
            keys = _KEYS_OF_OBJECTS
        only_keys(node, keys, where)
        if loader == "CachedNode":
            size = -1 if number is None else self._sizes.get(number, -1)
            if size < 0:
                raise wrong(where, f"no object of number {number} comes before it")
        else:
            if number in self._sizes or number == 0:
                raise wrong(where, f"there are two objects of number {number}")
            if number is not None:
                self._sizes[number] = -1  # until all of it is checked
            self.names.add(name)
            size = 1 + check_content(self, node, name, where, depth + 1)
            if number is not None:
                self._sizes[number] = size
        if size > MAX_NODES:
            raise wrong(where, f"it is made of more than {MAX_NODES:,} parts")
        return size

    def _plain(self, node: Node, name: Name, where: str, depth: int) -> int:
        plain_value(node, where)
        return 0

    def _items(self, node: Node, name: Name, where: str, depth: int) -> int:
        content = node["content"]
        if not isinstance(content, list):
            raise wrong(where, "its content must be a list")
        return sum(
            self.check(item, f"{where}[{number}]", depth)
            for number, item in enumerate(content)
        )

    def _mapping(self, node: Node, name: Name, where: str, depth: int) -> int:
        content = text_mapping(node, where)
        return 2 * len(content) + sum(
            self.check(item, f"{where}[{key!r:.80}]", depth)
            for key, item in content.items()
        )

    def _instance(self, node: Node, name: Name, where: str, depth: int) -> int:
        attributes = node["content"]
        allow(name_of(attributes, where), {DICT}, where)
        content = text_mapping(attributes, where)
        size = 2 * len(content) + 2
        for attribute, item in content.items():
            inside = f"{where}.{attribute:.80}"
            if attribute == "tree_" and name in TREE_OWNERS:
                size += self._tree(item, inside)
            else:
                size += self.check(item, inside, depth + 1)
        return size

    def _array(self, node: Node, name: Name, where: str, depth: int) -> int:
        if node["type"] == "json":
            allow(name, {ARRAY}, where)
            size = self._items(node, name, where, depth)
            if node["shape"] != tuple_node([plain_node(len(node["content"]))]):
                raise wrong(where, "its shape must be the number of its objects")
            return size + 2
        header = self._array_member(node, where)
        if name != ARRAY and header.shape != ():
            raise wrong(where, f"a number of {name[1]} must have no dimensions")
        if name != ARRAY and header.dtype.type is not getattr(np, name[1]):
            raise wrong(where, f"{header.dtype} is not {name[1]}")
        return 0

    def _array_member(self, node: Node, where: str, structured: Any = None) -> Any:
        only_keys(node, {"type", "file"}, where)
        member = node["file"]
        if node["type"] != "numpy" or not isinstance(member, str):
            raise wrong(where, "it must name a member with an array")
        if member not in self._members or not member.endswith(".npy"):
            raise wrong(where, f"there is no member {member!r:.80} with an array")
        if member in self.arrays:
            raise wrong(where, f"the member {member} is used twice")
        self.arrays.add(member)
        return read_header(member, self._members[member], structured)

    def _masked_array(self, node: Node, name: Name, where: str, depth: int) -> int:
        content = node["content"]
        if not isinstance(content, dict) or content.keys() != {"data", "mask"}:
            raise wrong(where, "a masked array is made of data and mask")
        if [*map(loader_of, content.values())] != ["NdArrayNode"] * 2:
            raise wrong(where, "data and mask must be arrays")
        return sum(
            self.check(part, f"{where}.{key}", depth) for key, part in content.items()
        )

    def _random_state(self, node: Node, name: Name, where: str, depth: int) -> int:
        return self.check(node["content"], where, depth)

    def _call(self, node: Node, name: Name, where: str, depth: int) -> int:
        arguments = node["content"]
        if loader_of(arguments) != "TupleNode":
            raise wrong(where, "its arguments must be a tuple")
        size = self.check(arguments, where, depth)
        items = arguments["content"]
        if name == DICT:
            if [*map(loader_of, items)] != ["ListNode"]:
                raise wrong(where, "a mapping must be made of a list")
        elif name == FLOAT_LIST:
            self._float_list(items, where)
        else:
            _check_texts([plain_value(item, where) for item in items], name, where)
        return size

    def _float_list(self, items: list[Node], where: str) -> None:
        if len(items) != 1 or items[0].get("type") != "numpy":
            raise wrong(where, "a list of floats must be made of an array")
        member = items[0]["file"]
        dtype, shape = read_header(member, self._members[member])
        if dtype.str[1:] != "f8" or len(shape) != 1:
            raise wrong(where, "a list of floats must be an array of one dimension")
        self._n_floats += shape[0]
        if self._n_floats > MAX_FLOATS:
            raise wrong(where, f"there are more than {MAX_FLOATS:,} floats in lists")

    def _tree(self, node: Any, where: str) -> int:
        numbers, arrays = parts_of_tree(node, where)
        self.names.add(TREE)
        for array in arrays:
            self._array_member(array, where, tree_dtype())
        try:
            check_tree(numbers, [self._members[one["file"]] for one in arrays])
        except ValueError as error:
            raise wrong(where, str(error)) from error
        return 20


def _check_texts(texts: list[Any], name: Name, where: str) -> None:
    if not all(isinstance(text, str) for text in texts):
        raise wrong(where, "its arguments must be text")
    if len(texts) != (1 if name == PATH else 2):
        raise wrong(where, "it has another number of arguments")
    if name == KERAS_OPTIMIZER:
        try:
            check_optimizer_text(*texts)
        except (ValueError, RecursionError) as error:
            raise wrong(where, str(error)) from error


def _check_nothing(*_: Any) -> int:
    return 0


# By loader: the types that it may load, the keys of its nodes, and what checks the
# content of one and counts the nodes in it.
_FORMS: Mapping[str, tuple[Set[Name], Set[str], Callable[..., int]]] = {
    "CachedNode": ({REFERENCE}, set(), _check_nothing),
    "ConstructorFromReduceNode": (
        {DICT, PATH, KERAS_OPTIMIZER, FLOAT_LIST},
        {"content"},
        _Auditor._call,
    ),
    "DictNode": ({DICT, BUNCH}, {"key_types", "content"}, _Auditor._mapping),
    "FunctionNode": (FUNCTION_NAMES, set(), _check_nothing),
    "JsonNode": ({TEXT}, {"content", "is_json"}, _Auditor._plain),
    "ListNode": ({LIST}, {"content"}, _Auditor._items),
    "MaskedArrayNode": ({MASKED_ARRAY}, {"content"}, _Auditor._masked_array),
    "NdArrayNode": (
        {ARRAY, *(("numpy", name) for name in SCALARS)},
        {"type", "file"},
        _Auditor._array,
    ),
    "ObjectNode": (CLASS_NAMES, {"content"}, _Auditor._instance),
    "RandomStateNode": ({RANDOM_STATE}, {"content"}, _Auditor._random_state),
    "TupleNode": ({TUPLE}, {"content"}, _Auditor._items),
}
