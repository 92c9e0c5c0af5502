"""Predictions, and how sure an estimator is of each."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d

from .._inputs.estimators import as_taken, scores_pairs_of_classes


def check_probabilities(confidence: ArrayLike) -> NDArray[np.float64]:
    """Bring confidence to an array of probabilities.

    Parameters
    ----------
    confidence : array-like of shape (n,)
        Probability of each predicted class.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        If a value is not from 0 to 1.
    """
    probabilities = column_or_1d(confidence, dtype=np.float64)
    # A softmax in 32 bits may exceed 1 by a rounding error.
    if not np.all((probabilities >= 0) & (probabilities <= 1 + 1e-6)):
        raise ValueError(
            "confidence must be probabilities, from 0 to 1. Got values from "
            f"{probabilities.min():g} to {probabilities.max():g} instead."
        )
    return probabilities


def predict_with_probability(
    estimator: Any, X: ArrayLike
) -> tuple[NDArray[Any], NDArray[np.floating[Any]]]:
    """Predict, with the probability of each predicted class.

    Parameters
    ----------
    estimator : fitted classifier
        Has ``predict_proba``.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.

    Returns
    -------
    y_pred : ndarray of shape (n,)
    probability : ndarray of shape (n,)
        From 0 to 1.
    """
    images = as_taken(estimator, X)
    predicted = np.asarray(estimator.predict(images))
    probabilities = np.asarray(estimator.predict_proba(images))
    chosen = np.searchsorted(estimator.classes_, predicted)
    return predicted, probabilities[np.arange(len(predicted)), chosen]


def predict_with_margin(
    estimator: Any, X: ArrayLike
) -> tuple[NDArray[Any], NDArray[np.floating[Any]] | None]:
    """Predict, with the score of each predicted class above the best other one.

    Parameters
    ----------
    estimator : fitted classifier
        Maybe with ``decision_function``.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.

    Returns
    -------
    y_pred : ndarray of shape (n,)
    margin : ndarray of shape (n,) or None
        Without unit. None where there is no score for each class.
    """
    images = as_taken(estimator, X)
    predicted = np.asarray(estimator.predict(images))
    if not hasattr(estimator, "decision_function"):
        return predicted, None
    scores = np.asarray(estimator.decision_function(images))
    if scores.ndim == 1:
        return predicted, np.abs(scores)
    # Of three classes there are three pairs, so the shape does not tell.
    n_classes = len(estimator.classes_)
    if scores.shape[1] != n_classes or scores_pairs_of_classes(estimator):
        return predicted, None
    rows = np.arange(len(predicted))
    chosen = np.searchsorted(estimator.classes_, predicted)
    others = scores.astype(np.float64)
    others[rows, chosen] = -np.inf
    return predicted, scores[rows, chosen] - others.max(axis=1)
