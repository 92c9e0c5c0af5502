"""Scikit-learn's bundled digits, brought to MNIST's format: no network, ever."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.utils import Bunch

from .._inputs.images import DIGIT_SIDE, SIDE
from ._bunch import arrange, check_layout

_MAX_INK = 16
# Shares of ink that become background and full ink. With these, strokes are about as
# thick and dark as MNIST's.
_BACKGROUND, _FULL_INK = 0.3, 0.9

_TEXT = """\
The digits that come with scikit-learn: the test set of the UCI data set "Optical
Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak, written by 13 people,
8 x 8 pixels with 17 grey levels. Here they are enlarged to 20 x 20 pixels and placed in
28 x 28 pixels with the centre of mass in the middle, as MNIST's are.

.. topic:: References

   E. Alpaydin and C. Kaynak. Optical Recognition of Handwritten Digits. UCI Machine
   Learning Repository, 1998. https://doi.org/10.24432/C50P49
"""


def load_small_digits(
    *,
    return_X_y: bool = True,
    as_frame: bool = False,
    as_images: bool = False,
) -> tuple[Any, Any] | Bunch:
    """Load 1,797 handwritten digits in MNIST's format, without a download.

    =================  ======================================
    Classes                                                10
    Samples per class                                    ~180
    Samples                                             1,797
    Dimensionality                       784 (28 x 28 pixels)
    Features              integers, 0 (background)-255 (ink)
    =================  ======================================

    The images are those of :func:`sklearn.datasets.load_digits`, in the same order.
    Their 8 x 8 pixels are enlarged to 20 x 20 with a cubic spline, their contrast is
    raised, and they are placed in 28 x 28 pixels with the centre of mass in the middle.

    Parameters
    ----------
    return_X_y : bool, default=True
        If False, return a :class:`~sklearn.utils.Bunch`.
    as_frame : bool, default=False
        If True, data and target are a pandas DataFrame and Series. The columns are
        named ``pixel_<row>_<column>``, counted from 0 at the top left.
    as_images : bool, default=False
        If True, the data are images, not rows of pixels.

    Returns
    -------
    X : ndarray or DataFrame of uint8, shape (1797, 784) or (1797, 28, 28)
        Pixels from 0 to 255, 3-D with `as_images`. The array is the caller's own.
    y : ndarray or Series of int64, shape (1797,)
        The digits, 0 to 9.
    bunch : :class:`~sklearn.utils.Bunch`
        Instead of `X` and `y` where `return_X_y` is False, with the attributes that
        :func:`load_mnist` describes.

    Raises
    ------
    ValueError
        If both `as_frame` and `as_images` are True.

    See Also
    --------
    load_mnist : 70,000 digits of the same format.
    sklearn.datasets.load_digits : The same digits in 8 x 8 pixels.

    References
    ----------
    E. Alpaydin and C. Kaynak. "Optical Recognition of Handwritten Digits". UCI Machine
    Learning Repository, 1998. https://doi.org/10.24432/C50P49

    Examples
    --------
    >>> from mnist_estimators.datasets import load_small_digits
    >>> X, y = load_small_digits()
    >>> X.shape, X.dtype, X.min(), X.max()
    ((1797, 784), dtype('uint8'), np.uint8(0), np.uint8(255))
    >>> load_small_digits(as_images=True)[0].shape
    (1797, 28, 28)
    """
    check_layout(as_frame=as_frame, as_images=as_images)
    digits = load_digits()
    return arrange(
        _centre(_enlarge(digits.images / _MAX_INK)),
        digits.target,
        title="Small handwritten digits in MNIST's format",
        text=_TEXT,
        source="scikit-learn's bundled digits",
        return_X_y=return_X_y,
        as_frame=as_frame,
        as_images=as_images,
    )


def _enlarge(images: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Bring shares of ink, (n, 8, 8), to 20 x 20 pixels of 0 to 255."""
    n_pixels = images.shape[1]
    scale = DIGIT_SIDE / n_pixels
    # A spline is linear in its values: enlarging the unit vectors gives the matrix that
    # enlarges any image, much faster than image by image.
    spline = np.stack(
        [
            ndimage.zoom(unit, scale, order=3, mode="grid-constant", grid_mode=True)
            for unit in np.eye(n_pixels)
        ],
        axis=1,
    )
    ink = (spline @ images @ spline.T - _BACKGROUND) / (_FULL_INK - _BACKGROUND)
    return np.rint(255 * np.clip(ink, 0, 1)).astype(np.uint8)


def _centre(boxes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Place (n, 20, 20) boxes in 28 x 28 pixels by their centre of mass."""
    total = boxes.sum(axis=(1, 2))
    positions = np.arange(DIGIT_SIDE)
    centres = [boxes.sum(axis=axis) @ positions / total for axis in (2, 1)]
    corners = np.rint(SIDE // 2 - np.stack(centres, axis=1))
    corners = np.clip(corners, 0, SIDE - DIGIT_SIDE).astype(int)
    images = np.zeros((len(boxes), SIDE, SIDE), np.uint8)
    for image, box, (top, left) in zip(images, boxes, corners, strict=True):
        image[top : top + DIGIT_SIDE, left : left + DIGIT_SIDE] = box
    return images
