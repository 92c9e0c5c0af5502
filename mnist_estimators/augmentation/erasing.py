"""Random erasing of rectangles."""

from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._inputs.sklearn_private import Interval
from ._base import BaseAugmenter, Drawn
from ._functional import erase


class ErasingAugmenter(BaseAugmenter):
    """Paint a random rectangle of some images over with the background.

    A classifier that is trained on such images leans less on any one part of a digit.
    ``fit_transform(X)`` makes variants; ``transform`` returns images as they are, so
    ``fit(X).transform(X)`` differs from ``fit_transform(X)``.

    Parameters
    ----------
    probability : float, default=0.5
        Share of the images that lose a rectangle, from 0 to 1.
    max_area : float, default=0.15
        Largest area of a rectangle, as a share of the image, at least 0 and below 1.
        Areas are drawn evenly; sides differ by a factor of up to 3.
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
        Value to paint with: the median of the pixels on the borders of the images.

    See Also
    --------
    DigitAugmenter : Moves and bends digits.

    References
    ----------
    .. [1] Z. Zhong, L. Zheng, G. Kang, S. Li, Y. Yang, "Random Erasing Data
       Augmentation", AAAI 2020.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.augmentation import ErasingAugmenter
    >>> X, _ = load_small_digits()
    >>> variants = ErasingAugmenter(random_state=0).fit_transform(X)
    >>> bool((variants <= X).all())
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseAugmenter._parameter_constraints,
        "probability": [Interval(Real, 0, 1, closed="both")],
        "max_area": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        *,
        probability: float = 0.5,
        max_area: float = 0.15,
        image_shape: tuple[int, int] | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.probability = probability
        self.max_area = max_area
        self.image_shape = image_shape
        self.random_state = random_state

    def _draw(self, n_images: int, rng: np.random.Generator) -> Drawn:
        sides = np.array(self.image_shape_)
        area = rng.uniform(0.0, self.max_area, n_images)
        aspect = np.exp(rng.uniform(-np.log(3.0), np.log(3.0), n_images))
        shares = np.sqrt(np.stack([area * aspect, area / aspect], axis=1))
        sizes = np.rint(np.minimum(shares, 1.0) * sides).astype(np.int64)
        starts = np.floor(rng.random((n_images, 2)) * (sides - sizes + 1))
        sizes[rng.random(n_images) >= self.probability] = 0
        starts = starts.astype(np.int64)
        return (np.concatenate([starts, starts + sizes], axis=1),)

    def _apply(self, images: NDArray[Any], *parameters: NDArray[Any]) -> NDArray[Any]:
        (boxes,) = parameters
        return erase(images, boxes, self.background_)
