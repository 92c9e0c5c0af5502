"""Random elastic distortion."""

from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._inputs.sklearn_private import Interval
from ._base import BaseAugmenter, Drawn
from ._functional import IDENTITY, smooth_fields, smooth_noise_shape, warp

ELASTIC_CONSTRAINTS: dict[str, list[Any]] = {
    "alpha": [Interval(Real, 0, None, closed="left")],
    "sigma": [Interval(Real, 0, None, closed="neither")],
}


class ElasticAugmenter(BaseAugmenter):
    """Bend the strokes of images at random, as an unsteady hand would.

    Each pixel is displaced by a smooth random field, with bilinear interpolation.
    ``fit_transform(X)`` makes variants; ``transform`` returns images as they are, so
    ``fit(X).transform(X)`` differs from ``fit_transform(X)``.

    Parameters
    ----------
    alpha : float, default=0.5
        Standard deviation of the displacement along each side, in pixels, at least 0.
    sigma : float, default=4.0
        Standard deviation of the Gaussian that smooths the field, in pixels, above 0.
        Small values crumple an image, large ones bend it as a whole.
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
    AffineAugmenter : Moves images as a whole.
    DigitAugmenter : Both at once.

    Notes
    -----
    Simard et al. smooth a field of even noise and scale it by a factor that depends on
    the smoothing. Here `alpha` is what comes out of it: a displacement in pixels.

    References
    ----------
    .. [1] P. Y. Simard, D. Steinkraus, J. C. Platt, "Best Practices for Convolutional
       Neural Networks Applied to Visual Document Analysis", ICDAR 2003.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.augmentation import ElasticAugmenter
    >>> X, _ = load_small_digits()
    >>> variants = ElasticAugmenter(alpha=0.8, random_state=0).fit_transform(X)
    >>> variants.shape == X.shape, variants.dtype == X.dtype
    (True, True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseAugmenter._parameter_constraints,
        **ELASTIC_CONSTRAINTS,
    }

    def __init__(
        self,
        *,
        alpha: float = 0.5,
        sigma: float = 4.0,
        image_shape: tuple[int, int] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.alpha = alpha
        self.sigma = sigma
        self.image_shape = image_shape
        self.random_state = random_state

    def _draw(self, n_images: int, rng: np.random.Generator) -> Drawn:
        return (draw_noise(self, n_images, rng),)

    def _apply(self, images: NDArray[Any], *parameters: NDArray[Any]) -> NDArray[Any]:
        (noise,) = parameters
        fields = smooth_fields(
            noise, self.image_shape_, alpha=self.alpha, sigma=self.sigma
        )
        matrices = np.broadcast_to(IDENTITY, (len(images), 2, 3))
        return warp(images, matrices, fields, self.background_)


def draw_noise(
    ranges: Any, n_images: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw what becomes two fields an image.

    Parameters
    ----------
    ranges : augmenter
        Fitted, with the parameters of ``ElasticAugmenter``.
    n_images : int
        How many.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray of shape (n_images, 2, rows, columns), dtype float32
        As ``smooth_fields`` takes it.
    """
    shape = smooth_noise_shape(ranges.image_shape_, ranges.sigma)
    return rng.standard_normal((n_images, 2, *shape), np.float32)
