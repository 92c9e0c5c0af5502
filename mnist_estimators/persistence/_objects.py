"""Checking what was made of a file, object by object."""

from types import FunctionType
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..exceptions import ModelFileError
from ._compiled import CHECKS
from ._keras_optimizers import is_optimizer
from ._saving import SaveMixin

# Of what is nested deeply, the end is told.
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
        If a part is in a state in which no ``fit`` leaves it.
    """
    seen = set()
    waiting = [(type(estimator).__name__, estimator)]
    while waiting:
        where, value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            parts = [(f"[{key!r:.80}]", one) for key, one in value.items()]
            parts += [(f", key {key!r:.80}", key) for key in value]
        elif isinstance(value, list | tuple):
            parts = [(f"[{number}]", one) for number, one in enumerate(value)]
        elif isinstance(value, np.ndarray):
            items = np.ma.getdata(value).tolist() if value.dtype == object else []
            parts = [(f"[{number}]", one) for number, one in enumerate(items)]
        else:
            attributes = _state(value)
            _check_object(where, value, attributes)
            parts = [(f".{name:.80}", one) for name, one in attributes.items()]
        waiting += [
            ((where + part)[-_MAX_WHERE:], one)
            for part, one in parts
            if not isinstance(one, _LEAVES) and not is_optimizer(one)
        ]


def _state(value: Any) -> dict[str, Any]:
    """Give the attributes that a file holds: an estimator leaves out its caches."""
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
        if isinstance(value, SaveMixin):
            value._check_state()
    # An attribute may be missing, or of any type.
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise ModelFileError(f"{where}: {error}") from error
