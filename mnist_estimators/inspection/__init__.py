"""Look at data, training, mistakes, and what a network learned.

Each display is a class, used as scikit-learn's own: ``from_estimator`` or another
``from_...`` draws at once. For the confusion matrix take
``sklearn.metrics.ConfusionMatrixDisplay``.
"""

from ._activation_maps import ActivationMapDisplay
from ._activations import activations
from ._class_distribution import ClassDistributionDisplay
from ._comparison import ComparisonDisplay
from ._confidence import ConfidenceDisplay
from ._digit_grid import DigitGridDisplay
from ._embedding import EmbeddingDisplay
from ._filters import FilterDisplay
from ._grad_cam import grad_cam
from ._grid_search import GridSearchDisplay
from ._misclassified import MisclassifiedDisplay
from ._report import digit_report
from ._saliency import saliency
from ._saliency_display import SaliencyDisplay
from ._training_history import TrainingHistoryDisplay

__all__ = [
    "ActivationMapDisplay",
    "ClassDistributionDisplay",
    "ComparisonDisplay",
    "ConfidenceDisplay",
    "DigitGridDisplay",
    "EmbeddingDisplay",
    "FilterDisplay",
    "GridSearchDisplay",
    "MisclassifiedDisplay",
    "SaliencyDisplay",
    "TrainingHistoryDisplay",
    "activations",
    "digit_report",
    "grad_cam",
    "saliency",
]
