"""Model files that are damaged or forged, each with what must come of it."""

import io
import json
import pickle
import random
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from forged import npy, sealed

from mnist_estimators.persistence._archive import pack

FOREIGN = [
    ("os", "system"),
    ("posix", "system"),
    ("subprocess", "Popen"),
    ("builtins", "eval"),
    ("builtins", "exec"),
    ("builtins", "open"),
    ("builtins", "getattr"),
    ("builtins", "__import__"),
    ("importlib", "import_module"),
    ("pickle", "loads"),
    ("joblib", "load"),
    ("numpy", "load"),
    ("numpy", "memmap"),
    ("numpy", "fromfile"),
    ("numpy.random", "Generator"),
    ("pathlib", "PosixPath"),
    ("operator", "methodcaller"),
    ("functools", "partial"),
    ("keras.models", "load_model"),
    ("keras.layers", "Lambda"),
    ("tensorflow", "saved_model"),
    ("sklearn.tree._tree", "Tree"),
    ("sklearn.neighbors._kd_tree", "KDTree"),
    ("sklearn.datasets", "load_files"),
    ("sklearn.utils._testing", "ignore_warnings"),
    ("mnist_estimators.cli", "main"),
    ("mnist_estimators.datasets", "load_digit_images"),
    ("scipy.sparse", "csr_matrix"),
    ("skops.io", "load"),
]
LOADERS = [
    "BytesNode",
    "BytearrayNode",
    "DTypeNode",
    "DefaultDictNode",
    "FunctionNode",
    "LossNode",
    "MethodNode",
    "OperatorFuncNode",
    "PartialNode",
    "QuantileForestNode",
    "RandomGeneratorNode",
    "ReduceNode",
    "SetNode",
    "SliceNode",
    "SparseMatrixNode",
    "TypeNode",
    "CachedNode",
    "Node",
    None,
    7,
]
HEADERS = [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -1), }",
    "{'descr': '<U0', 'fortran_order': False, 'shape': (100000000000,), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<M8[D]', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f4', 'fortran_order': __import__('os').system('id'), 'shape': (), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': " + "(" * 4000 + ", }",
    "{'descr': '100000f4,100000f4', 'fortran_order': False, 'shape': (1,), }",
]


class Mutation(NamedTuple):
    """A file's bytes; whether it may load, if equal to the original; what it is."""

    content: bytes
    may_be_equal: bool
    what: str


class Evil:
    """A pickle that runs a command."""

    def __reduce__(self):
        import os

        return os.system, ("true",)


def damaged(content: bytes, rng: random.Random) -> Mutation:
    """Change bytes without any plan."""
    changed = bytearray(content)
    position = rng.randrange(len(changed))
    length = rng.randrange(1, 400)
    kind = rng.choice(["flip", "cut", "insert", "delete", "zero", "repeat", "early"])
    if kind == "early":  # headers lie at the beginning and at the end
        kind = "flip"
        edge = rng.randrange(min(300, len(changed)))
        position = rng.choice([edge, len(changed) - 1 - edge])
    if kind == "flip":
        for _ in range(rng.choice([1, 1, 1, 2, 8])):
            changed[position] ^= 1 << rng.randrange(8)
            position = rng.randrange(len(changed))
    elif kind == "cut":
        del changed[position:]
    elif kind == "insert":
        changed[position:position] = rng.randbytes(length)
    elif kind == "delete":
        del changed[position : position + length]
    elif kind == "zero":
        changed[position : position + length] = bytes(length)
    else:
        changed[position:position] = changed[:length]
    return Mutation(bytes(changed), True, f"{kind} at {position}")


def swapped(members: dict[str, bytes], rng: random.Random) -> Mutation:
    """Exchange two members, with the old manifest or with one that fits."""
    first, second = rng.sample(sorted(members.keys() - {"manifest.json"}), 2)
    changed = {**members, first: members[second], second: members[first]}
    if members[first] == members[second]:
        return Mutation(pack(changed), True, "swapped what is equal")
    return Mutation(pack(changed), False, f"swapped {first} and {second}")


def archives(members: dict[str, bytes]) -> Iterator[Mutation]:
    """Make archives that other programs would read."""

    def made(what: str, extra: dict[str, bytes], **options: Any) -> Mutation:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", **options) as archive:
            for name, content in {**members, **extra}.items():
                archive.writestr(name, content)
        return Mutation(file.getvalue(), False, what)

    zeros = bytes(20_000_000)
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield made("compressed", {}, compression=method)
    for name in ("schema.json", "0.npy", "bomb.npy", "manifest.json"):
        yield made(f"bomb {name}", {name: zeros}, compression=zipfile.ZIP_DEFLATED)
    for name in (
        *("../evil.npy", "/tmp/evil.npy", "..\\evil.npy", "C:\\evil.npy", "a/b.npy"),
        *("evil\0.npy", "", ".", "..", "con", "schema.json/", "0.npy\n", "x" * 5000),
        *("evil.pkl", "model.keras", "model.h5", "__init__.py", "evil.so"),
    ):
        content = sealed({**members, name: pickle.dumps(Evil())})
        yield Mutation(content, False, f"name {name[:20]!r}")
    content = pack(members)
    yield Mutation(b"MZ" + content, False, "prefixed")
    yield Mutation(content + content, False, "twice")
    yield Mutation(content[:-2] + b"\x05\x00hello", False, "commented")
    for offset in (14, 18, 22, 26, 28):
        changed = bytearray(content)
        changed[offset : offset + 2] = b"\xff\xff"
        changed[offset + 2 : offset + 4] = b"\xff\x7f"
        yield Mutation(bytes(changed), False, f"oversized header at {offset}")
    yield Mutation(pickle.dumps(Evil()), False, "pickle")
    yield Mutation(b"PK\x03\x04" * 100_000, False, "headers only")
    yield Mutation(b"PK\x05\x06" + bytes(18), False, "empty archive")


def nodes_of(schema: Any) -> list[dict[str, Any]]:
    """List all nodes in a schema."""
    found = []
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "__loader__" in value:
                found.append(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def with_schema(members: dict[str, bytes], schema: Any) -> bytes:
    """Seal a file with another schema."""
    return sealed({**members, "schema.json": json.dumps(schema).encode()})


def forged_schemas(
    members: dict[str, bytes], rng: random.Random, number: int
) -> Iterator[Mutation]:
    """Put foreign types and loaders into a schema."""
    text = members["schema.json"]
    for _ in range(number):
        schema = json.loads(text)
        node = rng.choice(nodes_of(schema))
        before = dict(node)
        kind = rng.choice(["type", "loader", "both", "number"])
        if kind in ("type", "both"):
            node["__module__"], node["__class__"] = rng.choice(FOREIGN)
        if kind in ("loader", "both"):
            node["__loader__"] = rng.choice(LOADERS)
        if kind == "number":
            node["__id__"] = rng.choice([0, -1, "1", 1.0, True, [], 2**70, 1, 2])
        # A number that nothing refers to may be any.
        may_be_equal = node == before or kind == "number"
        if node["__loader__"] == "CachedNode" and kind == "number":
            continue
        what = f"{kind}: {node['__loader__']} {node['__module__']}"
        yield Mutation(with_schema(members, schema), may_be_equal, what)


def forged_members(members: dict[str, bytes]) -> Iterator[Mutation]:
    """Put something else in place of an array or of the schema."""
    arrays = sorted(name for name in members if name.endswith(".npy"))[:6]
    keras_file = io.BytesIO()
    with zipfile.ZipFile(keras_file, "w") as archive:
        archive.writestr("config.json", '{"module": "os", "class_name": "system"}')
        archive.writestr("model.weights.h5", b"\x89HDF\r\n")
    contents = {
        "a pickle": pickle.dumps(Evil()),
        "objects": npy(np.array([Evil()], dtype=object), allow_pickle=True),
        "a Keras file": keras_file.getvalue(),
        "nothing": b"",
        "npz": npy(np.zeros(2)) + b"PK\x05\x06" + bytes(18),
    }
    for header in HEADERS:
        text = header.encode() + b"\n"
        start = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little")
        contents[header[:60]] = start + text + bytes(8)
    contents["a long header"] = b"\x93NUMPY\x01\x00\xff\xff" + b" " * 70_000
    contents["version 2"] = b"\x93NUMPY\x02\x00" + npy(np.zeros(2))[8:]
    for what, content in contents.items():
        for name in arrays:
            yield Mutation(sealed({**members, name: content}), False, what)
    for name in arrays:
        missing = {part: members[part] for part in members if part != name}
        yield Mutation(sealed(missing), False, f"without {name}")
        yield Mutation(sealed({**members, "9999.npy": members[name]}), False, "more")


def of_list(items: list[Any], number: int) -> dict[str, Any]:
    """Make the node of a list."""
    return {
        "__loader__": "ListNode",
        "__module__": "builtins",
        "__class__": "list",
        "__id__": number,
        "content": items,
    }


def nested(node: Any, depth: int) -> dict[str, Any]:
    """Put a node into lists within lists."""
    for number in range(10_001, 10_001 + depth):
        node = of_list([node], number)
    return node


def bombs(members: dict[str, bytes]) -> Iterator[Mutation]:
    """Make schemas that would grow, or never end, when they are loaded."""
    schema = json.loads(members["schema.json"])
    deep = b'{"content":' * 200_000
    yield Mutation(sealed({**members, "schema.json": deep}), False, "deep JSON")
    wide = b"[" + b"[]," * 2_700_000 + b"[]]"
    yield Mutation(sealed({**members, "schema.json": wide}), False, "wide JSON")
    digits = b'{"protocol": ' + b"9" * 100_000 + b"}"
    yield Mutation(sealed({**members, "schema.json": digits}), False, "digits")

    def refer(number: int) -> dict[str, Any]:
        common = {"__module__": "builtins", "__class__": "object"}
        return {"__loader__": "CachedNode", **common, "__id__": number}

    def inside(node: Any) -> bytes:
        changed = json.loads(json.dumps(schema))
        content = changed["content"]
        content["content"]["bomb"] = node
        content["key_types"]["content"].append(content["key_types"]["content"][0])
        return with_schema(members, changed)

    doubling = [of_list([], 10_000)]
    for number in range(10_001, 10_060):
        doubling.append(of_list([refer(number - 1)] * 2, number))
    yield Mutation(inside(of_list(doubling, 9_999)), False, "doubling")
    yield Mutation(inside(of_list([refer(10_000)], 10_000)), False, "circle")
    yield Mutation(inside(refer(77_777)), False, "reference to nothing")
    deep_list = nested(of_list([], 10_000), 399)
    yield Mutation(inside(deep_list), False, "nested lists")


def manifests(members: dict[str, bytes]) -> Iterator[Mutation]:
    """Change the manifest."""
    manifest = json.loads(members["manifest.json"])
    sizes = {name: {"size": 1, "sha256": ""} for name in manifest["members"]}
    changes = [
        *({"format_version": version} for version in (0, 99, -1, 1.0, True, "1", None)),
        *({"members": other} for other in ({}, [], None, sizes)),
    ]
    for change in changes:
        text = json.dumps({**manifest, **change}).encode()
        content = pack({**members, "manifest.json": text})
        yield Mutation(content, False, f"manifest with {next(iter(change))}")
    for text in (b"", b"{}", b"[]", b"null", b"\xff", b"{" * 10_000):
        content = pack({**members, "manifest.json": text})
        yield Mutation(content, False, "no manifest")


def fuzzed(
    members: dict[str, bytes], rng: random.Random, number: int
) -> Iterator[bytes]:
    """Change values so that some files are models, though not the one saved."""
    plain = [
        *(
            None,
            True,
            False,
            0,
            1,
            -1,
            3,
            2**31,
            -(2**63),
            10**30,
            10**400,
            0.5,
            -1e308,
            "",
            "x",
        ),
        *("rbf", "precomputed", "Lambda", "softmax", "brute", "kd_tree", "uniform"),
        *("", "x", float("nan"), float("inf")),
    ]
    text = members["schema.json"]
    arrays = sorted(name for name in members if name.endswith(".npy"))
    for _ in range(number):
        if rng.random() < 0.5:
            name = rng.choice(arrays)
            array = np.load(io.BytesIO(members[name]))
            yield sealed({**members, name: npy(_other_array(array, rng))})
            continue
        schema = json.loads(text)
        nodes = nodes_of(schema)
        for _ in range(rng.choice([1, 1, 2])):
            node = rng.choice(nodes)
            if rng.random() < 0.05:
                inner = dict(node)
                node.clear()
                node.update(nested(inner, rng.randrange(5, 160)))
            elif node["__loader__"] == "JsonNode":
                node["content"] = json.dumps(rng.choice(plain))
            elif isinstance(node.get("content"), list) and node["content"]:
                content = node["content"]
                if rng.random() < 0.5:
                    content.pop(rng.randrange(len(content)))
                else:
                    content.append(json.loads(json.dumps(rng.choice(nodes))))
            elif isinstance(node.get("content"), dict) and "key_types" in node:
                key = rng.choice([*node["content"], None])
                if key is not None:
                    del node["content"][key]
                    node["key_types"]["content"].pop()
            elif rng.random() < 0.5:
                other = json.loads(json.dumps(rng.choice(nodes)))
                node.clear()
                node.update(other)
        yield with_schema(members, schema)


def _other_array(array: Any, rng: random.Random) -> Any:
    changed = array.copy()
    kind = rng.choice(["value", "value", "shape", "dtype", "empty"])
    if kind == "value" and changed.size:
        index = tuple(rng.randrange(side) for side in changed.shape)
        if changed.dtype.names:
            field = rng.choice(changed.dtype.names)
            changed[field][index] = rng.choice([-2, -1, 0, 1, 2, 100])
        elif changed.dtype.kind in "iu":
            information = np.iinfo(changed.dtype)
            changed[index] = rng.choice([information.min, information.max, 0, 1, 7])
        elif changed.dtype.kind == "f":
            changed[index] = rng.choice([np.nan, np.inf, -1e30, 0])
    elif kind == "shape" and changed.ndim:
        changed = np.concatenate([changed, changed])[
            : rng.randrange(2 * len(array) + 1)
        ]
    elif kind == "dtype" and not changed.dtype.names and changed.dtype.kind in "biuf":
        changed = changed.astype(rng.choice(["f8", "f4", "i8", "i1", "?", ">f4"]))
    elif kind == "empty":
        changed = changed.reshape(-1)[:0]
    return changed
