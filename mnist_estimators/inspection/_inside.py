"""The fitted network within the estimators of scikit-learn that hold one."""

from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from ..meta._members import as_taken


def inside(estimator: Any, X: Any = None) -> tuple[Any, Any]:
    """Find the fitted network within an estimator, and the images that reach it.

    Pipelines, searches, and other estimators that hold a single fitted one are
    unpacked; what a pipeline or an AugmentedClassifier does to images before they reach
    the network is done to `X`.

    Parameters
    ----------
    estimator : fitted classifier
        Or one that holds it.
    X : array-like, default=None
        Images as the estimator takes them.

    Returns
    -------
    network : fitted classifier
        What holds no other estimator.
    X : array-like
        Images as the network takes them.

    Raises
    ------
    NotFittedError
        If `estimator` is not fitted.
    ValueError
        If a search kept no fitted estimator.
    """
    check_is_fitted(estimator)
    while True:
        if hasattr(estimator, "steps"):
            for _, step in estimator.steps[:-1]:
                if X is not None and hasattr(step, "transform"):
                    X = step.transform(X)
            estimator = estimator.steps[-1][1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif hasattr(estimator, "estimators_"):
            return estimator, X  # a forest's estimator_ is not fitted
        elif hasattr(estimator, "estimator_"):
            augmenter = getattr(estimator, "augmenter_", None)
            estimator = estimator.estimator_
            if X is not None and augmenter is not None:
                X = as_taken(estimator, augmenter.transform(X))
        elif isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "cv_results_"):
            raise ValueError(
                f"{type(estimator).__name__} was fitted with refit=False, and holds no "
                "fitted estimator. Fit the search with refit=True."
            )
        else:
            return estimator, X


def pixel_count(estimator: Any) -> int | None:
    """Find how many pixels the images of a fitted estimator have; None if unknown."""
    # A pipeline doesn't know, where its first step checks nothing.
    known = getattr(estimator, "n_features_in_", None)
    return known or getattr(inside(estimator)[0], "n_features_in_", None)
