"""Checking images as scikit-learn checks its input, whatever their shape."""

from collections.abc import Iterable, Sequence
from enum import Enum
from math import isqrt, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils.validation import validate_data

from .images import flatten_images, is_clean, resolve_image_shape, shape_of
from .sklearn_private import check_sample_weight

UNLABELLED = "no_validation"  # what scikit-learn's validate_data takes for no y


def validate_pixels(estimator: Any, X: Any, y: Any = UNLABELLED, *, reset: bool) -> Any:
    """Check images, and labels if given, and bring images to rows.

    Parameters
    ----------
    estimator : estimator
        Has the parameter `image_shape`. With `reset` it gets the attributes
        ``image_shape_`` and ``n_features_in_``, and with text column names
        ``feature_names_in_``; else `X` is held against them.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.
    y : array-like of shape (n,)
        Labels.
    reset : bool
        Whether this is ``fit``.

    Returns
    -------
    X : ndarray of shape (n, pixels)
        Maybe a view of the caller's array.
    y : ndarray of shape (n,)
        Only where labels were given.

    Raises
    ------
    ValueError
        If `X` is not made of images of one shape, or not of the shape seen in ``fit``;
        if it holds NaN, infinity, masked values or no numbers, or is empty; or if `y`
        has another length, or several columns.
    TypeError
        If `X` is sparse or not an array, such as a generator of batches.
    """
    check_array_like("X", X)
    if issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required. Use X.toarray()."
        )
    shape = shape_of(X)
    if len(shape) == 1:
        raise ValueError(
            f"X has shape {shape}, which is one image at most. Reshape your data to a "
            "stack of images, e.g. X[np.newaxis]."
        )
    image_shape = None
    if reset and len(shape) > 1:
        image_shape = resolve_image_shape(shape, estimator.image_shape)
    elif not reset:
        _check_shape(estimator, shape)
        nameless = y is UNLABELLED and not hasattr(estimator, "feature_names_in_")
        if nameless and is_clean(X, estimator.n_features_in_):
            return X.reshape(len(X), -1)
    check_unmasked("X", X)
    if y is not UNLABELLED:
        check_labels(y)
    try:
        checked = validate_data(estimator, flatten_images(X), y, reset=reset)
    except OverflowError as error:  # whole numbers in lists have no limit
        raise ValueError(
            "X or y holds numbers too large for any type of an array. Scale X."
        ) from error
    _check_numbers(checked if y is UNLABELLED else checked[0])
    if image_shape is not None:
        estimator.image_shape_ = image_shape
    return checked


def validate_weights(sample_weight: Any, X: Any) -> NDArray[np.float64]:
    """Check weights of images; None stands for 1 each.

    Parameters
    ----------
    sample_weight : array-like of shape (n,), float or None
        Weights.
    X : array-like of length n
        The images.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        If there are not as many weights as images, or one is not a finite number,
        masked or too large.
    TypeError
        If the weights are not an array, such as a generator.
    """
    check_array_like("sample_weight", sample_weight)
    check_unmasked("sample_weight", sample_weight)
    try:
        return check_sample_weight(sample_weight, X, dtype=np.float64)
    except OverflowError as error:
        raise ValueError(
            "sample_weight holds numbers too large for float64. Divide all weights by "
            "the largest one."
        ) from error


def check_array_like(name: str, values: Any) -> None:
    """Raise TypeError if values come in batches, or one by one.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    values : object
        What the user gave.
    """
    if hasattr(values, "__array__") or hasattr(values, "shape"):
        return
    # A loader of batches may also have an item for each number, as sequences have.
    in_batches = not isinstance(values, Sequence) and (
        not hasattr(values, "__getitem__") or _is_data_set(values)
    )
    if isinstance(values, Iterable) and in_batches:
        kind = type(values)
        raise TypeError(
            f"{name} is a {kind.__name__} (of {kind.__module__}), but an array is "
            "expected. To learn from batches, call partial_fit for each: for X, y in "
            "batches: classifier.partial_fit(X, y, classes=range(10)). To use them "
            "all at once, join them, e.g. with np.concatenate(list_of_arrays)."
        )


def _is_data_set(values: Any) -> bool:
    """Whether this is a data set of Keras or PyTorch."""
    origins = {cls.__module__.partition(".")[0] for cls in type(values).__mro__}
    return bool(origins & {"keras", "tensorflow", "torch"})


def check_unmasked(name: str, values: Any) -> None:
    """Raise ValueError if some values are masked.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    values : object
        What the user gave.
    """
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} has {np.sum(values.mask)} masked values, which stand for "
            "missing ones. Leave these images out, or fill them, e.g. with "
            f"{name}.filled(0)."
        )


def other_labels(labels: NDArray[Any], classes: NDArray[Any]) -> list[Any]:
    """Find labels that equal none of the classes.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        Labels, of any type.
    classes : ndarray of shape (n_classes,)
        Known labels.

    Returns
    -------
    list
        Each of them once, sorted. Text never equals a number; nor do truth values equal
        the digits 0 and 1, if there are more than two classes.
    """
    known = set(classes.tolist())
    without_bools = len(known) > 2
    other = {
        label
        for label in set(labels.tolist())
        if label not in known or (without_bools and isinstance(label, bool | np.bool_))
    }
    return sorted(other, key=str)


def check_labels(y: Any) -> None:
    """Raise an error unless labels are one for each image, in an array.

    Parameters
    ----------
    y : array-like
        What the user gave as labels.
    """
    check_array_like("y", y)
    check_unmasked("y", y)
    shape = shape_of(y)
    if len(shape) == 2 and shape[1] > 1:
        raise ValueError(
            f"y should be a 1d array of labels, got an array of shape {shape} instead. "
            "If its rows are one-hot, use y.argmax(axis=1)."
        )
    check_no_enum(y)


def check_no_enum(labels: Any, name: str = "y") -> None:
    """Raise ValueError for members of an enum, which scikit-learn refuses obscurely.

    Those that are numbers or text too pass where NumPy makes an array of such.

    Parameters
    ----------
    labels : array-like of shape (n,)
        What the user gave as labels.
    name : str, default="y"
        Name of the parameter, for the error.
    """
    try:
        array = np.asarray(labels)
    except ValueError:  # rows of several lengths, which later checks refuse
        return
    first = array.flat[0] if array.dtype == object and array.size else None
    if isinstance(first, Enum):
        raise ValueError(
            f"{name} holds members of the enum {type(first).__name__}, but labels are "
            f"numbers or text. Use [label.name for label in {name}] or, where the "
            f"values are such, [label.value for label in {name}], also for the keys "
            "of class_weight."
        )


def _check_numbers(X: NDArray[Any]) -> None:
    if X.dtype.kind not in "buif":
        raise ValueError(
            f"X holds {X.dtype}, but pixels are numbers. Convert X to a type such as "
            "float32."
        )
    if X.dtype.itemsize > 8:
        with np.errstate(over="ignore"):
            finite = np.isfinite(X.astype(np.float64)).all()
        if not finite:
            raise ValueError(
                f"X contains values too large for float64: up to {X.max()}. Scale X."
            )


def check_stack(shape: tuple[int, ...], n_pixels: int | None = None) -> None:
    """Raise ValueError if this is the shape of one image, not of several.

    Parameters
    ----------
    shape : tuple of int
        Of what the user gave as images, from ``shape_of``.
    n_pixels : int, default=None
        Pixels of an image. With None, a square is one image if its rows can't be
        square images.
    """
    if len(shape) != 2:
        return
    height, width = shape
    if n_pixels is None:
        is_one = height == width != isqrt(width) ** 2
    else:
        is_one = prod(shape) == n_pixels != width
    if is_one:
        raise ValueError(
            f"X has shape {shape}, which is one image. Give a stack of images, e.g. "
            "X[np.newaxis]."
        )


def _check_shape(estimator: Any, shape: tuple[int, ...]) -> None:
    check_stack(shape, estimator.n_features_in_)
    height, width = estimator.image_shape_
    if len(shape) in (3, 4) and shape[1:3] != (height, width):
        raise ValueError(
            f"X has shape {shape}, but {type(estimator).__name__} was fitted on images "
            f"of {height} x {width} pixels. Give X as (n, {height}, {width}) or (n, "
            f"{height * width})."
        )
