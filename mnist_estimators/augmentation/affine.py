"""Random rotation, translation, zoom and shear."""

from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._inputs.sklearn_private import Interval
from ._base import BaseAugmenter, Drawn
from ._functional import affine_matrices, warp

AFFINE_CONSTRAINTS: dict[str, list[Any]] = {
    "rotation": [Interval(Real, 0, 180, closed="both")],
    "translation": [Interval(Real, 0, 1, closed="left")],
    "zoom": [Interval(Real, 0, 1, closed="left")],
    "shear": [Interval(Real, 0, 90, closed="left")],
}


class AffineAugmenter(BaseAugmenter):
    """Rotate, shift, zoom and slant images at random.

    Each image has a transformation of its own, drawn evenly from the given ranges, and
    is warped once, with bilinear interpolation. ``fit_transform(X)`` makes variants;
    ``transform`` returns images as they are, so ``fit(X).transform(X)`` differs from
    ``fit_transform(X)``.

    Parameters
    ----------
    rotation : float, default=10.0
        Largest rotation to either side, in degrees, from 0 to 180.
    translation : float, default=0.08
        Largest shift along each side, as a share of that side, at least 0 and below 1.
    zoom : float, default=0.1
        Largest enlargement and reduction, as a share of the size, at least 0 and
        below 1: with 0.1, digits become up to 10 % larger or smaller.
    shear : float, default=0.0
        Largest slant to either side, in degrees, at least 0 and below 90.
    image_shape : tuple (height, width), default=None
        Shape of the images where `X` has one row an image. None takes a square where
        the number of pixels allows, else one row of pixels.
    random_state : int, RandomState instance or None, default=None
        Seed of the variants that ``fit_transform`` makes.

    Attributes
    ----------
    n_features_in_ : int
        Pixels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where `X` was a data frame with text names.
    image_shape_ : tuple (height, width)
        Shape of the images.
    background_ : float
        Value that fills what comes into view from outside: the median of the pixels on
        the borders of the images.

    See Also
    --------
    ElasticAugmenter : Bends strokes.
    DigitAugmenter : Both at once.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.augmentation import AffineAugmenter
    >>> X, _ = load_small_digits()
    >>> variants = AffineAugmenter(rotation=15, random_state=0).fit_transform(X)
    >>> variants.shape == X.shape, variants.dtype == X.dtype
    (True, True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseAugmenter._parameter_constraints,
        **AFFINE_CONSTRAINTS,
    }

    def __init__(
        self,
        *,
        rotation: float = 10.0,
        translation: float = 0.08,
        zoom: float = 0.1,
        shear: float = 0.0,
        image_shape: tuple[int, int] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.rotation = rotation
        self.translation = translation
        self.zoom = zoom
        self.shear = shear
        self.image_shape = image_shape
        self.random_state = random_state

    def _draw(self, n_images: int, rng: np.random.Generator) -> Drawn:
        return (draw_matrices(self, n_images, rng),)

    def _apply(self, images: NDArray[Any], *parameters: NDArray[Any]) -> NDArray[Any]:
        (matrices,) = parameters
        return warp(images, matrices, None, self.background_)


def draw_matrices(
    ranges: Any, n_images: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw affine maps.

    Parameters
    ----------
    ranges : augmenter
        Fitted, with the parameters of ``AffineAugmenter``.
    n_images : int
        How many.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray of shape (n_images, 2, 3), dtype float32
        As in ``affine_matrices``.
    """
    drawn = rng.uniform(-1.0, 1.0, (n_images, 5))
    height, width = ranges.image_shape_
    return affine_matrices(
        ranges.rotation * drawn[:, 0],
        ranges.translation * drawn[:, 1:3] * (width, height),
        1.0 + ranges.zoom * drawn[:, 3],
        ranges.shear * drawn[:, 4],
        ranges.image_shape_,
    )
