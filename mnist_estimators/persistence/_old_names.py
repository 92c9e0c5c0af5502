"""The names in model files of formats 1 and 2 that have changed since."""

import json
from collections.abc import Mapping
from typing import Any

from ._archive import Bytes
from ._float_lists import FLOAT_LIST
from ._manifest import SCHEMA, read_json
from ._nodes import KERAS_OPTIMIZER, TUPLE
from ._types import Name

LAST_FORMAT = 2

_NEW_NAMES: dict[tuple[Any, Any], Name] = {
    ("mnist_estimators._networks", "LayerSpec"): TUPLE,
    ("mnist_estimators.persistence._float_lists", "list_of_floats"): FLOAT_LIST,
    (
        "mnist_estimators.persistence._keras_optimizers",
        "optimizer_from_text",
    ): KERAS_OPTIMIZER,
}


def with_new_names(members: Mapping[str, Bytes]) -> dict[str, Bytes]:
    """Replace the old names in the schema of a file by the present ones.

    Parameters
    ----------
    members : mapping of str to bytes
        All members of a file of format 1 or 2; not changed.

    Returns
    -------
    dict of str to bytes

    Raises
    ------
    ModelFileError
        If the schema is missing, too large, or not JSON.
    """
    schema = read_json(members, SCHEMA, object_hook=_renamed)
    text = json.dumps(schema, separators=(",", ":"))
    return {**members, SCHEMA: text.encode()}


def _renamed(node: dict[str, Any]) -> dict[str, Any]:
    name = _NEW_NAMES.get((node.get("__module__"), node.get("__class__")))
    if name is None:
        return node
    module, class_name = name
    return {**node, "__module__": module, "__class__": class_name}
