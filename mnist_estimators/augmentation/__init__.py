"""Random variants of digit images, for any scikit-learn estimator.

An augmenter makes variants in ``fit_transform`` and returns images as they are in
``transform``, so as a step of a ``Pipeline`` it works on training images alone. As
``augmenter=`` of a Keras classifier it makes new variants for each epoch.
"""

from ._affine import AffineAugmenter
from ._digit import DigitAugmenter
from ._elastic import ElasticAugmenter
from ._erasing import ErasingAugmenter
from ._plot import plot_augmented

__all__ = [
    "AffineAugmenter",
    "DigitAugmenter",
    "ElasticAugmenter",
    "ErasingAugmenter",
    "plot_augmented",
]
