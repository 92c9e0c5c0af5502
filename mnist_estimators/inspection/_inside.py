"""The fitted network within the estimators of scikit-learn that hold one."""

from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._inputs.estimators import as_taken, thawed
from .._inputs.images import shape_of
from .._inputs.validation import check_stack


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
        estimator = thawed(estimator)
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


def first_images(estimator: Any, X: Any, n_images: int) -> Any:
    """Take the first of the images that a fitted estimator takes.

    Parameters
    ----------
    estimator : fitted classifier
        Or one that holds it.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.
    n_images : int
        How many, at most.

    Returns
    -------
    array-like of shape (n_images, ...)
        Part of `X`.

    Raises
    ------
    ValueError
        If `X` is one image.
    """
    check_stack(shape_of(X), pixel_count(estimator))
    return X[:n_images]
