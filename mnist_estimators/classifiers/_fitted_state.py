"""Checking that a classifier's attributes are as ``fit`` leaves them."""

from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._inputs.sklearn_private import validate_parameter_constraints
from .._training.history import METRICS


def check_fitted_state(classifier: Any, shapes: list[tuple[int, ...]]) -> None:
    """Check the attributes of a fitted network, which may come from a file.

    Parameters
    ----------
    classifier : classifier
        One with ``weights_``.
    shapes : list of tuple of int
        What the shapes of its weights must be.

    Raises
    ------
    ValueError
        If a parameter or an attribute is of another type, out of its range, or does
        not fit the others.
    """
    validate_parameter_constraints(
        classifier._parameter_constraints,
        classifier.get_params(deep=False),
        caller_name=type(classifier).__name__,
    )
    height, width = _pair(classifier.image_shape_, "image_shape_", Integral)
    if min(height, width) < 1 or height * width != classifier.n_features_in_:
        raise ValueError("image_shape_ must have the pixels that n_features_in_ says")
    low, high = _pair(classifier.pixel_range_, "pixel_range_", Real)
    if not (isfinite(high) and high > 0 and low in (0, -high)):
        raise ValueError("pixel_range_ must go from 0, or as far below as above")
    classes = classifier.classes_
    if type(classes) is not np.ndarray or classes.ndim != 1 or not len(classes):
        raise ValueError("classes_ must be an array of labels")
    _check_history(classifier.history_)
    _check_weights(classifier.weights_, shapes)


def _pair(value: Any, name: str, kind: type) -> tuple[Any, Any]:
    if (
        not isinstance(value, tuple)
        or len(value) != 2
        or not all(isinstance(one, kind) and type(one) is not bool for one in value)
    ):
        raise ValueError(f"{name} must be a tuple of two numbers")
    return value


def _check_history(history: Any) -> None:
    if not isinstance(history, dict) or not history.keys() <= set(METRICS):
        raise ValueError(f"history_ must be a mapping with some of {METRICS}")
    columns = list(history.values())
    if not all(isinstance(column, list) for column in columns):
        raise ValueError("history_ must be made of lists")
    if len({len(column) for column in columns}) > 1 or not all(
        issubclass(kind, Real) for column in columns for kind in {*map(type, column)}
    ):
        raise ValueError("history_ must have one number an epoch in each list")


def _check_weights(weights: Any, shapes: list[tuple[int, ...]]) -> None:
    if not isinstance(weights, list) or not all(
        type(one) is np.ndarray and one.dtype in (np.float32, np.float64)
        for one in weights
    ):
        raise ValueError("weights_ must be a list of arrays of floating-point numbers")
    if [one.shape for one in weights] != shapes:
        raise ValueError(
            f"weights_ must have the shapes {shapes!r:.300} that the network says, not "
            f"{[one.shape for one in weights]!r:.300}"
        )
    if len({one.dtype for one in weights}) > 1:
        raise ValueError("weights_ must be of one type")
