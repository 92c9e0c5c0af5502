"""Straightening slanted digits."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._inputs.callbacks import CallbackSupportMixin, fit_task
from .._inputs.images import shape_of
from .._inputs.sklearn_private import fit_context
from .._inputs.validation import validate_pixels
from ..augmentation._functional import IDENTITY, in_chunks, warp
from ..persistence import SaveMixin

LARGEST_SLOPE = 1.0
# Sums of larger numbers would overflow.
LARGEST_MASS = 1e290


class Deskewer(
    SaveMixin,
    CallbackSupportMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Straighten slanted digits, so that all writers write upright.

    Each image is sheared along its rows until its columns and rows no longer correlate,
    and moved so that its centre of mass is in the middle, to a fraction of a pixel.
    Linear models and nearest neighbours gain most.

    Parameters
    ----------
    image_shape : tuple (height, width), default=None
        Shape of the images where `X` has one row an image. None takes a square where
        the number of pixels allows, else one row of pixels.

    Attributes
    ----------
    n_features_in_ : int
        Pixels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where `X` was a data frame with text names.
    image_shape_ : tuple (height, width)
        Shape of the images.

    See Also
    --------
    DigitCanonicalizer : Brings pictures to MNIST's form first.

    Notes
    -----
    Pixels count with their value as weight, so digits must be light on dark, as MNIST's
    are; negative values count as 0. Slants of more than 45 degrees are straightened by
    45 degrees.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied
       to Document Recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from mnist_estimators.preprocessing import Deskewer
    >>> slash = np.fliplr(np.eye(9))[np.newaxis]
    >>> upright = Deskewer().fit_transform(slash)
    >>> np.flatnonzero(upright[0].sum(axis=0) > 0.5)
    array([4])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "image_shape": ["array-like", None],
    }

    image_shape_: tuple[int, int]

    def __init__(self, *, image_shape: tuple[int, int] | None = None):
        self.image_shape = image_shape

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the shape of the images; nothing else is learned.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, of any numeric type.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.

        Raises
        ------
        ValueError
            If `X` holds NaN, infinity or no numbers, is empty, or is of another shape
            than `image_shape`.
        """
        with fit_task(self, X, y):
            validate_pixels(self, X, reset=True)
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Straighten each image.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images of the shape seen in ``fit``. Not changed.

        Returns
        -------
        ndarray of the shape and type of `X`
            Upright digits.

        Raises
        ------
        NotFittedError
            If the transformer is not fitted.
        ValueError
            If `X` has another number of pixels, or holds NaN or infinity.
        """
        check_is_fitted(self)
        pixels = validate_pixels(self, X, reset=False)
        images = pixels.reshape(len(pixels), *self.image_shape_)
        return in_chunks(_straighten, images).reshape(shape_of(X))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _straighten(images: NDArray[Any]) -> NDArray[Any]:
    n_images, height, width = images.shape
    rows, columns = (axis.ravel() for axis in np.indices((height, width), np.float64))
    powers = np.stack([np.ones_like(rows), rows, columns, rows * columns, rows**2], 1)
    mass = np.maximum(images.reshape(n_images, -1), 0).astype(np.float64)
    if mass.max() > LARGEST_MASS:
        mass /= mass.max()
    moments = mass @ powers
    total = np.where(moments[:, 0] > 0, moments[:, 0], 1.0)[:, np.newaxis]
    row, column, product, square = (moments[:, 1:] / total).T
    covariance, variance = product - row * column, square - row**2
    slope = covariance / np.where(variance > 0, variance, 1.0)
    slope = np.clip(slope, -LARGEST_SLOPE, LARGEST_SLOPE)
    matrices = np.tile(IDENTITY, (n_images, 1, 1))
    matrices[:, 0, 1] = slope
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    visible = moments[:, 0] > 0
    shift = column - middle_column - slope * middle_row
    matrices[:, 0, 2] = np.where(visible, shift, 0.0)
    matrices[:, 1, 2] = np.where(visible, row - middle_row, 0.0)
    return warp(images, matrices, None, 0.0)
