"""Labels and predictions that can be compared."""

from typing import Any

from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length, column_or_1d


def compared_labels(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bring labels and predictions to arrays of one length and of one kind.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        Labels.
    y_pred : array-like of shape (n,)
        Predictions.

    Returns
    -------
    y_true, y_pred : ndarray of shape (n,)

    Raises
    ------
    ValueError
        If both differ in length, or if one holds numbers and the other text, which
        NumPy calls unequal without a word.
    """
    true, predicted = column_or_1d(y_true), column_or_1d(y_pred)
    check_consistent_length(true, predicted)
    # scikit-learn's unique_labels would tell as well, but warns of many classes.
    one, other = true.tolist(), predicted.tolist()
    if len({isinstance(label, str) for label in one + other}) > 1:
        raise ValueError(
            f"y_true holds labels such as {one[0]!r}, and y_pred such as {other[0]!r}: "
            "numbers never equal text. Give both as numbers, or both as text."
        )
    return true, predicted
