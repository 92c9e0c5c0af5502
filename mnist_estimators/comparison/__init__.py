"""Comparisons of digit classifiers on the same cross-validation splits."""

from ._baselines import classic_baselines
from ._cross_validation import compare_estimators

__all__ = ["classic_baselines", "compare_estimators"]
