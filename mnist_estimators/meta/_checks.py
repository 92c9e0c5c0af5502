"""Checks of what a vote is given: labels, weights and members."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.frozen import FrozenEstimator
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from .._inputs.estimators import thawed
from .._inputs.validation import check_no_enum, check_unmasked, other_labels
from ._members import Member


def check_target(y: ArrayLike) -> None:
    """Raise an error unless there is one class label for each image.

    Parameters
    ----------
    y : array-like of shape (n,)
        What the user gave as labels.
    """
    check_unmasked("y", y)
    if issparse(y):
        raise TypeError("y is sparse, but must be an array of labels: y.toarray().")
    check_no_enum(y)
    kind = type_of_target(y, input_name="y")
    if kind in ("unknown", "continuous"):
        raise ValueError(
            f"Unknown label type: {kind}. Maybe you are trying to fit a classifier, "
            "which expects discrete classes on a regression target with continuous "
            "values."
        )
    if kind not in ("binary", "multiclass"):
        raise NotImplementedError(
            "DigitVotingClassifier only supports binary or multiclass classification. "
            "Multilabel and multi-output classification are not supported."
        )


def check_weights(
    weights: ArrayLike, estimators: Sequence[tuple[str, Any]], n_members: int
) -> None:
    """Raise ValueError if members can't vote with these weights.

    Parameters
    ----------
    weights : array-like of shape (n_estimators,)
        What the user gave.
    estimators : sequence of (str, classifier or 'drop')
        What the members are made of.
    n_members : int
        Members of each of them.
    """
    values = np.asarray(weights).tolist()
    if len(values) != len(estimators):
        shared = " (all members of one share its weight)" if n_members > 1 else ""
        raise ValueError(
            f"Number of `estimators` and weights must be equal; got {len(values)} "
            f"weights, {len(estimators)} estimators{shared}"
        )
    _check_values(
        values,
        [
            value
            for value, (_, one) in zip(values, estimators, strict=True)
            if not isinstance(one, str)
        ],
    )


def weights_of_members(
    weights: ArrayLike, members: Sequence[tuple[str, Any]]
) -> list[float]:
    """Find the weights of fitted members; raise ValueError if they can't vote so.

    Parameters
    ----------
    weights : array-like of shape (n_estimators,)
        What the user gave, perhaps after ``fit``.
    members : sequence of (str, fitted classifier or 'drop')
        As many from each of the estimators.

    Returns
    -------
    list of float
        A weight for each fitted member.
    """
    values = np.asarray(weights).tolist()
    if not values or len(members) % len(values):
        raise ValueError(
            f"weights must have one number for each of the estimators, of which "
            f"{len(members)} members were fitted. Got {len(values)} weights."
        )
    n_each = len(members) // len(values)
    heard = [
        values[number // n_each]
        for number, (_, one) in enumerate(members)
        if not isinstance(one, str)
    ]
    _check_values(values, heard)
    return heard


def _check_values(values: Sequence[Any], heard: Sequence[Any]) -> None:
    """Check weights, of which those in `heard` are of estimators that vote."""
    numbers = all(isinstance(value, Real) for value in values)
    valid = numbers and all(0 <= value < np.inf for value in values)
    if not (valid and 0 < sum(heard) < np.inf):
        raise ValueError(
            "weights must be finite numbers of at least 0, with a sum above 0 for the "
            f"estimators that are not 'drop'. Got {values} instead. Give one number "
            "for each of the estimators, as in [2, 1, 1], or None for equal weights."
        )


def check_probabilities(members: Sequence[Member]) -> None:
    """Raise ValueError if a member can't take part in a soft vote.

    Parameters
    ----------
    members : sequence of Member
        All of them.
    """
    for name, _, estimator in members:
        # What a search ends with may have them, where what it begins with has not.
        searches = hasattr(estimator, "estimator") and not isinstance(
            estimator, FrozenEstimator
        )
        can = hasattr(estimator, "predict_proba") or isinstance(estimator, str)
        if not (can or searches):
            kind = type(estimator).__name__
            raise ValueError(
                f"voting='soft' averages probabilities, but the member {name!r}, "
                f"{kind}, has no predict_proba. Use voting='hard', or wrap it in "
                "sklearn.calibration.CalibratedClassifierCV."
            )


def check_frozen_members(members: Sequence[Member], classes: NDArray[Any]) -> None:
    """Raise an error unless frozen members are fitted, and the vote has their labels.

    Parameters
    ----------
    members : sequence of Member
        All of them.
    classes : ndarray of shape (n_classes,)
        Labels of the vote.
    """
    for name, _, estimator in members:
        if isinstance(estimator, FrozenEstimator):
            check_is_fitted(thawed(estimator))
            check_labels_of(name, estimator, classes)


def check_labels_of(name: str, fitted: Any, classes: NDArray[Any]) -> None:
    """Raise ValueError if a fitted member knows labels that the vote does not.

    Parameters
    ----------
    name : str
        Name of the member, for the error.
    fitted : classifier
        Knows the labels themselves.
    classes : ndarray of shape (n_classes,)
        Labels of the vote.
    """
    other = other_labels(fitted.classes_, classes)
    if other:
        raise ValueError(
            f"The frozen member {name!r} knows the labels {other}, which are not in y: "
            f"{classes.tolist()}. Give y with all labels, or leave the member out."
        )
