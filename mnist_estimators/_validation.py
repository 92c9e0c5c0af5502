"""Checking images as scikit-learn checks its input, whatever their shape."""

from typing import Any

from sklearn.utils.validation import validate_data

from ._images import flatten_images, is_clean, resolve_image_shape, shape_of

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
        if it holds NaN, infinity or no numbers, or is empty; or if `y` has another
        length.
    """
    shape = shape_of(X)
    if reset and len(shape) > 1:
        estimator.image_shape_ = resolve_image_shape(shape, estimator.image_shape)
    elif not reset:
        _refuse_other_shape(estimator, shape)
        nameless = y is UNLABELLED and not hasattr(estimator, "feature_names_in_")
        if nameless and is_clean(X, estimator.n_features_in_):
            return X.reshape(len(X), -1)
    return validate_data(estimator, flatten_images(X), y, reset=reset)


def _refuse_other_shape(estimator: Any, shape: tuple[int, ...]) -> None:
    height, width = estimator.image_shape_
    if shape == (height, width) != (1, estimator.n_features_in_):
        raise ValueError(
            f"X has shape {shape}, which is one image. Give a stack of "
            "images, e.g. X[np.newaxis]."
        )
    if len(shape) in (3, 4) and shape[1:3] != (height, width):
        raise ValueError(
            f"X has shape {shape}, but {type(estimator).__name__} was fitted on images "
            f"of {height} x {width} pixels. Give X as (n, {height}, {width}) or (n, "
            f"{height * width})."
        )
