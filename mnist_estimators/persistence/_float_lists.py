"""Long lists of floats, stored as arrays: skops writes some hundred bytes a number."""

from typing import Any

from ._arrays import ArrayHeader
from ._types import Name

FLOAT_LIST: Name = ("mnist_estimators.persistence", "list_of_floats")
# A shorter list is smaller in JSON than the headers of an array.
MIN_LENGTH = 100
# In all lists together, since a float object takes five times its bytes in the file.
MAX_FLOATS = 5_000_000


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


def check_float_list(header: ArrayHeader, n_before: int) -> int:
    """Check the array of a list, and count the floats in all lists up to it.

    Parameters
    ----------
    header : ArrayHeader
        What the array is.
    n_before : int
        Floats in the lists before.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is any other array, or there are too many floats.
    """
    if header.dtype.str[1:] != "f8" or len(header.shape) != 1:
        raise ValueError("a list of floats must be an array of one dimension")
    n_floats = n_before + header.shape[0]
    if n_floats > MAX_FLOATS:
        raise ValueError(f"there are more than {MAX_FLOATS:,} floats in lists")
    return n_floats
