"""All that happens to handwritten digits, in one warp."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ._base import BaseAugmenter, Drawn
from ._functional import smooth_fields, warp
from .affine import AFFINE_CONSTRAINTS, draw_matrices
from .elastic import ELASTIC_CONSTRAINTS, draw_noise


class DigitAugmenter(BaseAugmenter):
    """Make random variants of handwritten digits that still read as their labels.

    Digits are rotated, shifted, zoomed, slanted and bent in one warp, which blurs less
    than one after the other. ``fit_transform(X)`` makes variants; ``transform`` returns
    images as they are, so ``fit(X).transform(X)`` differs from ``fit_transform(X)``.

    Parameters
    ----------
    rotation : float, default=7.0
        Largest rotation to either side, in degrees, from 0 to 180.
    translation : float, default=0.05
        Largest shift along each side, as a share of that side, at least 0 and below 1.
    zoom : float, default=0.07
        Largest enlargement and reduction, as a share of the size, at least 0 and
        below 1: with 0.1, digits become up to 10 % larger or smaller.
    shear : float, default=5.0
        Largest slant to either side, in degrees, at least 0 and below 90.
    alpha : float, default=0.5
        Standard deviation of the elastic displacement along each side, in pixels, at
        least 0.
    sigma : float, default=4.0
        Standard deviation of the Gaussian that smooths the elastic displacement, in
        pixels, above 0.
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
    AffineAugmenter : The same without bending, and without defaults for digits.
    ElasticAugmenter : Only bends strokes.
    ErasingAugmenter : Paints rectangles over.

    References
    ----------
    .. [1] P. Y. Simard, D. Steinkraus, J. C. Platt, "Best Practices for Convolutional
       Neural Networks Applied to Visual Document Analysis", ICDAR 2003.
    .. [2] D. C. Cireşan, U. Meier, L. M. Gambardella, J. Schmidhuber, "Deep, Big,
       Simple Neural Nets for Handwritten Digit Recognition", Neural Computation
       22(12), 2010.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.augmentation import DigitAugmenter
    >>> X, _ = load_small_digits()
    >>> augmenter = DigitAugmenter(random_state=0)
    >>> variants = augmenter.fit_transform(X)
    >>> variants.shape == X.shape, variants.dtype == X.dtype
    (True, True)
    >>> bool((augmenter.transform(X) == X).all())
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseAugmenter._parameter_constraints,
        **AFFINE_CONSTRAINTS,
        **ELASTIC_CONSTRAINTS,
    }

    def __init__(
        self,
        *,
        rotation: float = 7.0,
        translation: float = 0.05,
        zoom: float = 0.07,
        shear: float = 5.0,
        alpha: float = 0.5,
        sigma: float = 4.0,
        image_shape: tuple[int, int] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.rotation = rotation
        self.translation = translation
        self.zoom = zoom
        self.shear = shear
        self.alpha = alpha
        self.sigma = sigma
        self.image_shape = image_shape
        self.random_state = random_state

    def _draw(self, n_images: int, rng: np.random.Generator) -> Drawn:
        return draw_matrices(self, n_images, rng), draw_noise(self, n_images, rng)

    def _apply(self, images: NDArray[Any], *parameters: NDArray[Any]) -> NDArray[Any]:
        matrices, noise = parameters
        fields = smooth_fields(
            noise, self.image_shape_, alpha=self.alpha, sigma=self.sigma
        )
        return warp(images, matrices, fields, self.background_)
