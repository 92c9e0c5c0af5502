"""Comparisons of digit classifiers on the same cross-validation splits."""

from ._comparison import classic_baselines, compare_estimators

__all__ = ["classic_baselines", "compare_estimators"]
