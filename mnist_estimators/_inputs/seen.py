"""What a classifier learns about its data before it trains."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from .pixel_ranges import pixel_range
from .validation import check_no_enum, validate_pixels


class SeenData(NamedTuple):
    """Labels, columns, image shape and pixel range of the data given to ``fit``.

    ``feature_names_in`` is None unless `X` was a data frame with text names.
    """

    classes: NDArray[Any]
    n_features_in: int
    feature_names_in: NDArray[Any] | None
    image_shape: tuple[int, int]
    pixel_range: tuple[float, float]

    def of_used(self, X: NDArray[Any], weights: NDArray[np.float64]) -> "SeenData":
        """Describe the data without the images of weight 0, but with their labels.

        Parameters
        ----------
        X : ndarray of shape (n, pixels)
            Images.
        weights : ndarray of shape (n,)
            At least 0, and not all 0.

        Returns
        -------
        SeenData
        """
        if weights.min() > 0:
            return self
        return self._replace(pixel_range=pixel_range(X[weights > 0]))


def look_at_data(
    estimator: Any, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None
) -> tuple[NDArray[Any], NDArray[Any], SeenData]:
    """Check the first data of a classifier and describe them.

    Parameters
    ----------
    estimator : classifier
        Has the parameter `image_shape`. Not changed.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.
    y : array-like of shape (n,)
        Labels.
    classes : array-like of shape (n_classes,), default=None
        All labels. None means those in `y`.

    Returns
    -------
    pixels : ndarray of shape (n, pixels)
    labels : ndarray of shape (n,)
    seen : SeenData

    Raises
    ------
    ValueError
        As ``validate_pixels`` does; or if `classes` is None and `y` is not made of
        class labels.
    TypeError
        If `X` is sparse or not an array, such as a generator of batches.
    """
    scratch = _scratch_class(type(estimator).__name__)()
    scratch.image_shape = estimator.image_shape
    if classes is not None:
        check_no_enum(classes, "classes")
    pixels, labels = validate_pixels(scratch, X, y, reset=True)
    if classes is None:
        check_classification_targets(labels)
    return (
        pixels,
        labels,
        SeenData(
            np.unique(labels if classes is None else np.asarray(classes)),
            scratch.n_features_in_,
            getattr(scratch, "feature_names_in_", None),
            scratch.image_shape_,
            pixel_range(pixels),
        ),
    )


def check_pixels(estimator: Any, X: Any, y: Any, seen: SeenData) -> Any:
    """Compare images with those seen before, and bring them to rows.

    Parameters
    ----------
    estimator : classifier
        Gives its name to errors.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.
    y : array-like of shape (n,) or UNLABELLED
        Labels.
    seen : SeenData
        What `X` must be like.

    Returns
    -------
    X : ndarray of shape (n, pixels)
    y : ndarray of shape (n,)
        If labels were given.

    Raises
    ------
    ValueError
        As ``validate_pixels`` does.
    TypeError
        If `X` is sparse or not an array, such as a generator of batches.
    """
    scratch = _scratch_class(type(estimator).__name__)()
    scratch.image_shape_ = seen.image_shape
    scratch.n_features_in_ = seen.n_features_in
    if seen.feature_names_in is not None:
        scratch.feature_names_in_ = seen.feature_names_in
    return validate_pixels(scratch, X, y, reset=False)


def check_same_shape(estimator: Any, seen: SeenData) -> None:
    """Check that training continues with images of the same shape.

    Parameters
    ----------
    estimator : classifier
        Has the parameter `image_shape`.
    seen : SeenData
        What the fit before saw.

    Raises
    ------
    ValueError
        If `image_shape` was set to another shape since.
    """
    given = estimator.image_shape
    if given is not None and tuple(given) != seen.image_shape:
        raise ValueError(
            f"image_shape={given!r} differs from {seen.image_shape}, the shape of the "
            "images in the fit that training continues from. Set image_shape=None, or "
            "fit a new classifier."
        )


@cache
def _scratch_class(name: str) -> Any:
    """Make an estimator class of the name that error messages must show.

    scikit-learn reads and writes what it knows of the data as attributes of an
    estimator. This one takes them, so that the user's own never changes half-way.
    """
    return type(name, (ClassifierMixin, BaseEstimator), {})
