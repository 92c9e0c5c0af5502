"""Displays of data, training, mistakes and searches, as scikit-learn's own are made.

Each is a class with ``from_estimator`` or another ``from_...``, which draws at once.
For the confusion matrix take ``sklearn.metrics.ConfusionMatrixDisplay``.
"""

from ._class_distribution import ClassDistributionDisplay
from ._comparison import ComparisonDisplay
from ._confidence import ConfidenceDisplay
from ._digit_grid import DigitGridDisplay
from ._grid_search import GridSearchDisplay
from ._misclassified import MisclassifiedDisplay
from ._report import digit_report
from ._training_history import TrainingHistoryDisplay

__all__ = [
    "ClassDistributionDisplay",
    "ComparisonDisplay",
    "ConfidenceDisplay",
    "DigitGridDisplay",
    "GridSearchDisplay",
    "MisclassifiedDisplay",
    "TrainingHistoryDisplay",
    "digit_report",
]
