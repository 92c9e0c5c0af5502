"""The check of what was made of a file, object by object."""

from collections.abc import Iterable
from types import FunctionType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..exceptions import ModelFileError
from ._compiled import CHECKS
from ._keras_optimizers import is_optimizer

# Errors show the end of a longer path.
_MAX_WHERE = 300
_LEAVES = (type(None), bool, int, float, str, np.generic, FunctionType)


def check_objects(estimator: Any) -> None:
    """Check the state of an estimator and of everything inside.

    Parameters
    ----------
    estimator : estimator
        Not changed.

    Raises
    ------
    ModelFileError
        If a part is in a state that no ``fit`` leaves behind.
    """
    seen = set()
    waiting = [(type(estimator).__name__, estimator)]
    while waiting:
        where, value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            parts = _parts("[{!r:.80}]", value.items())
            parts += _parts(", key {!r:.80}", zip(value, value, strict=True))
        elif isinstance(value, list | tuple):
            parts = _parts("[{}]", enumerate(value))
        elif isinstance(value, np.ndarray):
            items = np.ma.getdata(value).tolist() if value.dtype == object else []
            parts = _parts("[{}]", enumerate(items))
        else:
            attributes = _state(value)
            _check_object(where, value, attributes)
            parts = _parts(".{:.80}", attributes.items())
        waiting += [((where + part)[-_MAX_WHERE:], one) for part, one in parts]


def _parts(form: str, items: Iterable[tuple[Any, Any]]) -> list[tuple[str, Any]]:
    """Name the parts that can have parts themselves."""
    return [
        (form.format(key), one)
        for key, one in items
        if not isinstance(one, _LEAVES) and not is_optimizer(one)
    ]


def _state(value: Any) -> dict[str, Any]:
    """Return the attributes that a file holds: an estimator leaves out its caches."""
    if isinstance(value, BaseEstimator):
        return value.__getstate__()
    return getattr(value, "__dict__", {})


def _check_object(where: str, value: Any, attributes: dict[str, Any]) -> None:
    kind = type(value)
    for name in attributes:
        if callable(getattr(kind, name, None)):
            raise ModelFileError(f"{where}.{name:.80}: it hides a method")
    try:
        if kind.__name__ in CHECKS:
            CHECKS[kind.__name__](value)
        if hasattr(kind, "_check_state"):
            value._check_state()
    except ValueError as error:
        raise ModelFileError(f"{where}: {error}") from error
    # An attribute can be missing, of any type, or too large for the memory.
    except Exception as error:
        raise ModelFileError(f"{where}: {type(error).__name__}: {error}") from error
