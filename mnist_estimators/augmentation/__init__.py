"""Random variants of digit images, for any scikit-learn estimator.

An augmenter makes variants in ``fit_transform`` and returns images as they are in
``transform``, so as a step of a ``Pipeline`` it only works on training images. As
``augmenter=`` of a Keras classifier it makes new variants for each epoch.
"""

from ._plot import plot_augmented
from .affine import AffineAugmenter
from .digit import DigitAugmenter
from .elastic import ElasticAugmenter
from .erasing import ErasingAugmenter

__all__ = [
    "AffineAugmenter",
    "DigitAugmenter",
    "ElasticAugmenter",
    "ErasingAugmenter",
    "plot_augmented",
]

__path__.append(f"{__path__[0]}/../_moved")
