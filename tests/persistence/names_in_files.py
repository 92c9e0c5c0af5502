"""The names under ``mnist_estimators`` that files hold."""

import io
import pickle
import re
from typing import Any
from unittest.mock import patch

import joblib
from joblib.numpy_pickle import NumpyUnpickler


def modules_in(content: bytes) -> set[str]:
    """Find all dotted names in the bytes of an uncompressed file of any kind."""
    found = re.findall(rb"mnist_estimators(?:\.\w+)*", content)
    return {name.decode() for name in found}


def names_in_pickle(content: bytes) -> set[str]:
    """Find the classes and functions that a pickle names, by loading it."""
    names = set()

    class Recorder(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            names.add(f"{module}.{name}")
            return super().find_class(module, name)

    Recorder(io.BytesIO(content)).load()
    return names


def names_in_joblib_file(content: bytes) -> set[str]:
    """Find the classes and functions that a file of joblib names, by loading it."""
    names = set()
    find_class = NumpyUnpickler.find_class

    def recording(self: NumpyUnpickler, module: str, name: str) -> Any:
        names.add(f"{module}.{name}")
        return find_class(self, module, name)

    with patch.object(NumpyUnpickler, "find_class", recording):
        joblib.load(io.BytesIO(content))
    return names


def names_in_schema(schema: Any) -> set[str]:
    """Find the classes and functions that a file of skops names."""
    names = set()
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            names.add(f"{value.get('__module__')}.{value.get('__class__')}")
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return names


def private(names: set[str]) -> list[str]:
    """List the names of this package with a part that begins with an underscore."""
    return sorted(
        name
        for name in names
        if name.split(".")[0] == "mnist_estimators" and "._" in name
    )
