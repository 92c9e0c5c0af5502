"""Photographs, scans and drawings of digits, brought to MNIST's form."""

from os import PathLike
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.utils import Tags

from .._inputs.callbacks import CallbackSupportMixin, fit_task, with_callbacks
from .._inputs.images import SIDE, resolve_image_shape
from .._inputs.validation import check_unmasked
from ..persistence import SaveMixin
from ._functional import find_ink, into_mnist_form

HOW_TO_READ = "Read files with load_digit_images(paths) first."


class DigitCanonicalizer(
    SaveMixin,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Bring pictures of single digits to the form that MNIST's images have.

    Paper, uneven light and noise are removed, dark ink becomes white, and the digit is
    cropped, fitted into 20 x 20 pixels and placed in 28 x 28 so that its centre of mass
    is in the middle. Each picture is prepared independently: ``fit`` learns nothing.

    See Also
    --------
    Deskewer : Straightens slanted digits.
    mnist_estimators.load_digit_images : Read pictures from files.

    Notes
    -----
    The paper is taken as a surface of second order, fitted to the picture with less
    weight for what is far from it. Ink is what remains, darker or lighter, whichever
    has the longer tail, above Otsu's threshold. Specks that are much smaller than the
    largest part are left out. So leave some paper around a digit: where ink covers
    most of a picture, the paper is taken for it.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten
       digits", 1998.
    .. [2] N. Otsu, "A Threshold Selection Method from Gray-Level Histograms", IEEE
       Transactions on Systems, Man, and Cybernetics 9(1), 1979.

    Examples
    --------
    >>> import numpy as np
    >>> from mnist_estimators.preprocessing import DigitCanonicalizer
    >>> paper = np.full((90, 60), 220, np.uint8)
    >>> paper[20:80, 35:41] = 30
    >>> image = DigitCanonicalizer().fit_transform([paper])[0].reshape(28, 28)
    >>> rows, columns = np.nonzero(image)
    >>> int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1, int(image.max())
    (20, 2, 255)
    """

    @with_callbacks
    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the pictures; nothing is learned.

        Parameters
        ----------
        X : sequence of ndarray
            Pictures, as in ``transform``.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The transformer.

        Raises
        ------
        ValueError
            If `X` is empty or not made of pictures.
        """
        with fit_task(self, X, y):
            _check_pictures(X)
        return self

    def transform(self, X: Any) -> NDArray[np.uint8]:
        """Bring each picture to MNIST's form.

        Parameters
        ----------
        X : sequence of ndarray, or ndarray
            Pictures of any size, each of shape (height, width), grey, or (height,
            width, channels) with 1 to 4 channels: grey, grey and alpha, RGB or RGBA.
            Values go up to 1, 16, 255 or 65535, which is found out for each picture.
            Rows of square images, (n, pixels), are pictures too.

        Returns
        -------
        ndarray of shape (n, 784), dtype uint8
            White digits on black, one row each.

        Raises
        ------
        ValueError
            If `X` is empty or not made of pictures, or a picture is blank; its number
            is named.
        """
        pictures = _check_pictures(X)
        images = np.zeros((len(pictures), SIDE, SIDE), np.uint8)
        for number, picture in enumerate(pictures):
            images[number] = into_mnist_form(find_ink(picture, f"X[{number}]"))
        return images.reshape(len(images), -1)

    @property
    def _n_features_out(self) -> int:
        return SIDE * SIDE

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def _check_pictures(X: Any) -> list[NDArray[Any]]:
    if isinstance(X, str | bytes | PathLike) or not np.iterable(X):
        raise ValueError(f"X must be pictures as arrays. Got {X!r}. {HOW_TO_READ}")
    check_unmasked("X", X)
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if isinstance(X, np.ndarray):
        X = _stack_of_pictures(np.asarray(X))
    pictures = [check_picture(one, f"X[{number}]") for number, one in enumerate(X)]
    if not pictures:
        raise ValueError("X holds no picture. Give at least one.")
    return pictures


def check_picture(picture: Any, name: str) -> NDArray[Any]:
    """Bring what was given as a picture to an array, or tell by its name what it is.

    Parameters
    ----------
    picture : array-like of shape (height, width) or (height, width, channels)
        To be checked.
    name : str
        What messages call it.

    Returns
    -------
    ndarray of the same shape
        Finite numbers of at least 0.

    Raises
    ------
    ValueError
        If it is not a picture.
    """
    check_unmasked(name, picture)
    try:
        array = np.asarray(picture)
    except ValueError as error:
        raise ValueError(
            f"{name} has rows of different lengths. Give a picture of shape (height, "
            "width) or (height, width, channels), with as many pixels in each row."
        ) from error
    if array.dtype.kind in "OSU" and array.ndim == 0:
        raise ValueError(f"{name} is {picture!r}, not an array. {HOW_TO_READ}")
    if array.ndim not in (2, 3) or 0 in array.shape or array.shape[2:] > (4,):
        raise ValueError(
            f"{name} has shape {array.shape}. Give pictures of shape (height, width) "
            "or (height, width, channels) with 1 to 4 channels."
        )
    if array.dtype.kind not in "buif":
        raise ValueError(f"{name} holds no numbers, but {array.dtype}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity, which no pixel can be.")
    if array.min() < 0:
        raise ValueError(f"{name} holds negative values, which no pixel can be.")
    return array


def _stack_of_pictures(X: NDArray[Any]) -> NDArray[Any]:
    """Bring rows of square images to images; refuse what is one picture."""
    one_picture = X.ndim == 3 and X.shape[2] in (3, 4)
    if X.ndim == 2:
        height, width = resolve_image_shape(X.shape, None)
        one_picture = height == 1 < width
    if one_picture:
        raise ValueError(
            f"X of shape {X.shape} looks like one picture. Give a list of pictures, "
            "here [X]."
        )
    return X.reshape(len(X), height, width) if X.ndim == 2 else X
