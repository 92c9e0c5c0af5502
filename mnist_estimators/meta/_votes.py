"""The votes of fitted members, in the labels of the vote, and how far they agree."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import LabelEncoder

from .._inputs.estimators import as_taken
from .._inputs.validation import other_labels


def knows_labels(fitted: Any, classes: NDArray[Any]) -> bool:
    """Whether a member predicts labels of the vote, or else their numbers.

    Parameters
    ----------
    fitted : classifier
        A fitted member.
    classes : ndarray of shape (n_classes,)
        Labels of the vote.

    Returns
    -------
    bool
        False only in votes of earlier versions, whose members learned 0, 1 and so on.
    """
    known = getattr(fitted, "classes_", None)
    return known is None or not other_labels(np.asarray(known), classes)


def columns_in_vote(fitted: Any, encoder: LabelEncoder) -> NDArray[np.intp]:
    """Find where the classes of a member stand among those of the vote.

    Parameters
    ----------
    fitted : classifier
        A fitted member. One that was fitted elsewhere may know some of the labels.
    encoder : LabelEncoder
        Knows the labels of the vote.

    Returns
    -------
    ndarray of int, shape (n_classes_of_the_member,)
        A column of the vote for each of the member's.
    """
    if knows_labels(fitted, encoder.classes_):
        return np.asarray(encoder.transform(fitted.classes_))
    return np.arange(len(encoder.classes_))


def predicted_numbers(fitted: Any, X: Any, encoder: LabelEncoder) -> NDArray[np.intp]:
    """Let a member predict.

    Parameters
    ----------
    fitted : classifier
        A fitted member.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.
    encoder : LabelEncoder
        Knows the labels of the vote.

    Returns
    -------
    ndarray of int, shape (n,)
        Number of each label among those of the vote.
    """
    labels = fitted.predict(as_taken(fitted, X))
    if knows_labels(fitted, encoder.classes_):
        return np.asarray(encoder.transform(labels))
    return np.asarray(labels, np.intp)


def predicted_probabilities(
    fitted: Any, X: Any, encoder: LabelEncoder
) -> NDArray[np.floating[Any]]:
    """Let a member predict probabilities.

    Parameters
    ----------
    fitted : classifier
        A fitted member.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.
    encoder : LabelEncoder
        Knows the labels of the vote.

    Returns
    -------
    ndarray of shape (n, n_classes)
        With 0 for labels that the member doesn't know.
    """
    known = np.asarray(fitted.predict_proba(as_taken(fitted, X)))
    probabilities = np.zeros((len(known), len(encoder.classes_)), known.dtype)
    probabilities[:, columns_in_vote(fitted, encoder)] = known
    return probabilities


def agreeing_share(
    votes: NDArray[np.intp],
    weights: NDArray[np.float64],
    scores: NDArray[np.floating[Any]],
) -> NDArray[np.float64]:
    """Compute the share of the members that vote for what is predicted.

    Parameters
    ----------
    votes : ndarray of shape (n, n_members)
        Number of the label that each member predicts.
    weights : ndarray of shape (n_members,)
        Weights of the members. Those of weight 0 don't count.
    scores : ndarray of shape (n, n_classes)
        The label with the largest is predicted.

    Returns
    -------
    ndarray of shape (n,)
        From 0 to 1.
    """
    heard = weights > 0
    agrees = votes[:, heard] == scores.argmax(axis=1)[:, np.newaxis]
    share = agrees @ weights[heard] / weights[heard].sum()
    share[agrees.all(axis=1)] = 1.0  # and not nearly 1, by rounding
    return share
