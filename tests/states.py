"""Fitted classifiers in a state that no fit leaves them in."""

import copy
from dataclasses import replace
from typing import Any


def in_state(classifier: Any, **changes: Any) -> Any:
    """Copy a fitted classifier, with some fields of its fitted state changed."""
    copied = copy.copy(classifier)
    copied._fitted = replace(classifier._fitted, **changes)
    return copied
