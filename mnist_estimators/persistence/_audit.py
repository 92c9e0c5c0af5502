"""Going over ``schema.json`` before skops reads it: nothing but what we write passes.

skops asks whether a type is trusted. Here each node must also be of the one form that
such a type has in our files, so no trusted class is called with arguments that a file
makes up, and the size of what will be made is known beforehand.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..exceptions import ModelFileError
from ._archive import Bytes
from ._arrays import read_header
from ._float_lists import FLOAT_LIST, check_float_list
from ._keras_optimizers import check_optimizer_text
from ._manifest import MANIFEST, SCHEMA
from ._node_checks import (
    allow,
    loader_of,
    name_of,
    only_keys,
    plain_tuple,
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
    TUPLE,
    Node,
)
from ._trees import check_tree, parts_of_tree, tree_dtype
from ._types import (
    CLASS_NAMES,
    FUNCTION_NAMES,
    NAMED_TUPLE_NAMES,
    SCALARS,
    TREE,
    TREE_OWNERS,
    Name,
)

# With references followed. skops looks at each node for some microseconds.
MAX_NODES = 300_000
# Four times that of the writer, of which one level can be four of these.
MAX_DEPTH = 160


def audit(schema: Any, members: Mapping[str, Bytes]) -> list[str]:
    """Check that a schema holds nothing but what ``members_of`` writes.

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
        If there is anything else in it.
    """
    if not isinstance(schema, dict):
        raise ModelFileError(f"{SCHEMA}: it must be a mapping")
    schema = dict(schema)
    protocol = schema.pop("protocol", None)
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
        self._checks: dict[str, Callable[[Node, Name, str, int], int]] = {
            "JsonNode": self._plain,
            "ListNode": self._list,
            "TupleNode": self._tuple,
            "DictNode": self._mapping,
            "NdArrayNode": self._array,
            "MaskedArrayNode": self._masked_array,
            "RandomStateNode": self._random_state,
            "ConstructorFromReduceNode": self._call,
            "FunctionNode": self._function,
            "ObjectNode": self._instance,
        }

    def check(self, node: Any, where: str, depth: int) -> int:
        """Check a node, and count the nodes in it."""
        if not isinstance(node, dict):
            raise wrong(where, "it must be a mapping")
        if depth > MAX_DEPTH:
            raise wrong(where, f"it is nested more than {MAX_DEPTH} deep")
        number = node.get("__id__")
        if number is not None and type(number) is not int:
            raise wrong(where, "__id__ must be an integer")
        unnumbered = {key: node[key] for key in node if key != "__id__"}
        loader, name = loader_of(node), name_of(node, where)
        if loader == "CachedNode":
            size = self._reference(unnumbered, name, number, where)
        else:
            check = self._checks.get(str(loader))
            if check is None:
                raise wrong(where, f"nothing is loaded by {loader!r:.80}")
            if number in self._sizes or number == 0:
                raise wrong(where, f"there are two objects of number {number}")
            if number is not None:
                self._sizes[number] = -1  # until all of it was seen
            size = 1 + check(unnumbered, name, where, depth + 1)
            if number is not None:
                self._sizes[number] = size
        if size > MAX_NODES:
            raise wrong(where, f"it is made of more than {MAX_NODES:,} parts")
        return size

    def _reference(self, node: Node, name: Name, number: int | None, where: str) -> int:
        only_keys(node, set(), where)
        allow(name, {REFERENCE}, where)
        size = -1 if number is None else self._sizes.get(number, -1)
        if size < 0:
            raise wrong(where, f"no object of number {number} comes before it")
        return size

    def _plain(self, node: Node, name: Name, where: str, depth: int) -> int:
        only_keys(node, {"content", "is_json"}, where)
        plain_value(node, where)
        return 0

    def _list(self, node: Node, name: Name, where: str, depth: int) -> int:
        only_keys(node, {"content"}, where)
        allow(name, {LIST}, where)
        return self._items(node["content"], where, depth)

    def _tuple(self, node: Node, name: Name, where: str, depth: int) -> int:
        only_keys(node, {"content"}, where)
        allow(name, NAMED_TUPLE_NAMES | {TUPLE}, where)
        self.names.add(name)
        return self._items(node["content"], where, depth)

    def _items(self, content: Any, where: str, depth: int) -> int:
        if not isinstance(content, list):
            raise wrong(where, "its content must be a list")
        return sum(
            self.check(item, f"{where}[{number}]", depth)
            for number, item in enumerate(content)
        )

    def _mapping(self, node: Node, name: Name, where: str, depth: int) -> int:
        allow(name, {DICT, BUNCH}, where)
        self.names.add(name)
        content = text_mapping(node, where)
        return 2 * len(content) + sum(
            self.check(item, f"{where}[{key!r:.80}]", depth)
            for key, item in content.items()
        )

    def _instance(self, node: Node, name: Name, where: str, depth: int) -> int:
        only_keys(node, {"content"}, where)
        allow(name, CLASS_NAMES, where)
        self.names.add(name)
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
        if node.get("type") == "json":
            only_keys(node, {"type", "content", "shape"}, where)
            allow(name, {ARRAY}, where)
            size = self._items(node["content"], where, depth)
            shape = plain_tuple(node["shape"], where)
            if shape != [len(node["content"])]:
                raise wrong(where, "its shape must be the number of its objects")
            return size + 2
        allow(name, {("numpy", one) for one in SCALARS} | {ARRAY}, where)
        self.names.add(name)
        dtype, shape_ = self._array_member(node, where)
        if name != ARRAY and shape_ != ():
            raise wrong(where, f"a number of {name[1]} must have no dimensions")
        if name != ARRAY and dtype.type is not getattr(np, name[1]):
            raise wrong(where, f"{dtype} is not {name[1]}")
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
        only_keys(node, {"content"}, where)
        allow(name, {MASKED_ARRAY}, where)
        self.names.add(name)
        content = node["content"]
        if not isinstance(content, dict) or content.keys() != {"data", "mask"}:
            raise wrong(where, "a masked array is made of data and mask")
        for part in content.values():
            if loader_of(part) != "NdArrayNode":
                raise wrong(where, "data and mask must be arrays")
        return sum(
            self.check(part, f"{where}.{key}", depth) for key, part in content.items()
        )

    def _random_state(self, node: Node, name: Name, where: str, depth: int) -> int:
        only_keys(node, {"content"}, where)
        allow(name, {RANDOM_STATE}, where)
        self.names.add(name)
        return self.check(node["content"], where, depth)

    def _function(self, node: Node, name: Name, where: str, depth: int) -> int:
        only_keys(node, set(), where)
        allow(name, FUNCTION_NAMES, where)
        self.names.add(name)
        return 0

    def _call(self, node: Node, name: Name, where: str, depth: int) -> int:
        only_keys(node, {"content"}, where)
        allow(name, {DICT, PATH, KERAS_OPTIMIZER, FLOAT_LIST}, where)
        self.names.add(name)
        arguments = node["content"]
        if loader_of(arguments) != "TupleNode":
            raise wrong(where, "its arguments must be a tuple")
        size = self.check(arguments, where, depth)
        items = arguments["content"]
        if name == DICT:
            if len(items) != 1 or loader_of(items[0]) != "ListNode":
                raise wrong(where, "a mapping must be made of a list")
            return size
        if name == FLOAT_LIST:
            self._float_list(items, where)
            return size
        texts = [plain_value(item, where) for item in items]
        if not all(isinstance(text, str) for text in texts):
            raise wrong(where, "its arguments must be text")
        if len(texts) != (1 if name == PATH else 2):
            raise wrong(where, "it has another number of arguments")
        if name == KERAS_OPTIMIZER:
            try:
                check_optimizer_text(*texts)
            except (ValueError, RecursionError) as error:
                raise wrong(where, str(error)) from error
        return size

    def _float_list(self, items: list[Node], where: str) -> None:
        if len(items) != 1 or items[0].get("type") != "numpy":
            raise wrong(where, "a list of floats must be made of an array")
        member = items[0]["file"]
        header = read_header(member, self._members[member])
        try:
            self._n_floats = check_float_list(header, self._n_floats)
        except ValueError as error:
            raise wrong(where, str(error)) from error

    def _tree(self, node: Any, where: str) -> int:
        numbers, arrays = parts_of_tree(node, where)
        self.names.add(TREE)
        for array in arrays:
            self._array_member(array, where, tree_dtype())
        try:
            check_tree(*numbers, *(self._members[one["file"]] for one in arrays))
        except ValueError as error:
            raise wrong(where, str(error)) from error
        return 20
