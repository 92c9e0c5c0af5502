"""Long lists of floats, stored as arrays: skops writes some hundred bytes a number."""

from typing import Any

from ._types import Name

FLOAT_LIST: Name = ("mnist_estimators.persistence", "list_of_floats")
# A shorter list is smaller in JSON than the headers of an array.
MIN_LENGTH = 100


def is_long_float_list(values: list[Any]) -> bool:
    """Return whether a list is written as an array."""
    return len(values) >= MIN_LENGTH and {*map(type, values)} == {float}


def list_of_floats(array: Any) -> list[float]:
    """Make a list of an array. Model files name this function.

    Parameters
    ----------
    array : ndarray of shape (n,)
        Of type float64.

    Returns
    -------
    list of float
    """
    return array.tolist()
