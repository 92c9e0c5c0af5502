"""Look at data, training, mistakes, and what a network learned.

The display classes are used as scikit-learn's own, such as its
``ConfusionMatrixDisplay``.
"""

from ._activation_maps import ActivationMapDisplay
from ._activations import activations
from ._embedding import EmbeddingDisplay
from ._filters import FilterDisplay
from ._grad_cam import grad_cam
from ._saliency import saliency
from ._saliency_display import SaliencyDisplay

__all__ = [
    "ActivationMapDisplay",
    "EmbeddingDisplay",
    "FilterDisplay",
    "SaliencyDisplay",
    "activations",
    "grad_cam",
    "saliency",
]
