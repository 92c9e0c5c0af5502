"""Steps of the audit: each checks one thing of a node, and says where it is wrong."""

import json
from collections.abc import Container, Set
from typing import Any

from ..exceptions import ModelFileError
from ._manifest import SCHEMA
from ._nodes import PLAIN, TEXT, Node, text_types
from ._types import Name

# Packages of which later versions of this one may read more classes.
_GROWING = ("mnist_estimators", "sklearn")
_COMMON_KEYS = {"__loader__", "__module__", "__class__"}


def wrong(where: str, what: str) -> ModelFileError:
    """Make the error for a node."""
    return ModelFileError(f"{SCHEMA}, {where:.500}: {what}")


def loader_of(node: Any) -> Any:
    """Find how skops would load a node; None if it is not one."""
    return node.get("__loader__") if isinstance(node, dict) else None


def name_of(node: Any, where: str) -> Name:
    """Find the type of a node."""
    if not isinstance(node, dict):
        raise wrong(where, "it must be a mapping")
    module, name = node.get("__module__"), node.get("__class__")
    if not isinstance(module, str) or not isinstance(name, str):
        raise wrong(where, "it has no type")
    return module, name


def allow(name: Name, names: Container[Name], where: str) -> None:
    """Refuse types other than some."""
    if name not in names:
        later = name[0].split(".")[0] in _GROWING
        hint = "; a later version of mnist_estimators may know it" if later else ""
        raise wrong(where, f"the type {'.'.join(name):.200} is not allowed here{hint}")


def only_keys(node: Node, keys: Set[str], where: str) -> None:
    """Refuse a node with other keys, such as a number that others could refer to."""
    wanted = _COMMON_KEYS | keys
    if node.keys() != wanted:
        raise wrong(where, f"it must have only {sorted(wanted)}")


def text_mapping(node: Node, where: str) -> dict[str, Any]:
    """Find the content of a mapping whose keys are text."""
    if loader_of(node) != "DictNode":
        raise wrong(where, "it must be a mapping")
    only_keys(node, {"key_types", "content"}, where)
    content = node["content"]
    if not isinstance(content, dict):
        raise wrong(where, "its content must be a mapping")
    if node["key_types"] != text_types(len(content)):
        raise wrong(where, "its keys must be text")
    return content


def plain_value(node: Any, where: str) -> Any:
    """Read None, a number, or text."""
    if loader_of(node) != "JsonNode":
        raise wrong(where, "it must be a number or text")
    allow(name_of(node, where), {TEXT}, where)
    content = node.get("content")
    if not isinstance(content, str) or node.get("is_json") is not True:
        raise wrong(where, "it must be a number or text, as JSON")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise wrong(where, f"it is not JSON: {error}") from error
    if type(value) not in PLAIN:
        raise wrong(where, "it must be a number, text, or null")
    return value
