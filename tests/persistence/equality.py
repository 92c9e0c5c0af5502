"""Comparing estimators part by part."""

import math
import sys
from typing import Any

import numpy as np


def assert_same(found: Any, expected: Any, where: str = "it") -> None:
    """Fail unless two objects have the same types and values all the way down."""
    kind = type(expected)
    assert type(found) is kind, f"{where}: {type(found)} is not {kind}"
    if isinstance(expected, dict):
        assert [*found] == [*expected], where
        assert [*map(type, found)] == [*map(type, expected)], where
        for key in expected:
            assert_same(found[key], expected[key], f"{where}[{key!r}]")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), where
        for number, pair in enumerate(zip(found, expected, strict=True)):
            assert_same(*pair, f"{where}[{number}]")
    elif isinstance(expected, np.ma.MaskedArray):
        assert_same(np.ma.getmaskarray(found), np.ma.getmaskarray(expected), where)
        assert_same(found.filled().tolist(), expected.filled().tolist(), where)
    elif isinstance(expected, np.ndarray | np.generic):
        assert found.dtype == expected.dtype, where
        assert found.shape == expected.shape, where
        if found.dtype.names:
            for name in found.dtype.names:
                assert_same(found[name], expected[name], f"{where}.{name}")
        elif found.dtype == object:
            assert_same(found.tolist(), expected.tolist(), where)
        else:
            assert found.tobytes() == expected.tobytes(), where
    elif isinstance(expected, np.random.RandomState):
        states = [one.get_state(legacy=False) for one in (found, expected)]
        assert_same(*states, where)
    elif isinstance(expected, float):
        assert found == expected or (math.isnan(found) and math.isnan(expected)), where
    elif _is_optimizer(expected):
        assert_same(found.get_config(), expected.get_config(), where)
    elif hasattr(expected, "node_count"):  # a compiled tree
        assert_same(found.__reduce__()[1:], expected.__reduce__()[1:], where)
    elif hasattr(expected, "__dict__") and not callable(expected):
        states = [one.__getstate__() for one in (found, expected)]
        assert_same(*states, where)
    elif callable(expected) and hasattr(expected, "__dict__"):
        if expected is not found:
            assert_same(vars(found), vars(expected), where)
    else:
        assert found == expected, where


def _is_optimizer(value: Any) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.optimizers.Optimizer)
