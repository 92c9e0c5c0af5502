"""Members of a vote: their seeds, the images they take, their labels and scores."""

import copy
from collections.abc import Sequence
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import get_tags

from .._inputs.images import flatten_images, shape_of
from .._inputs.parameters import draw_seed
from .._inputs.validation import other_labels, refuse_masked


class Member(NamedTuple):
    """A classifier that votes: its name, that of the estimator it is made of."""

    name: str
    source: str
    estimator: Any


def as_taken(estimator: Any, X: Any) -> Any:
    """Bring stacked images to rows, unless the estimator takes stacks.

    Parameters
    ----------
    estimator : classifier
        A member, fitted or not.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.

    Returns
    -------
    array-like
        `X` itself, or of shape (n, pixels).

    Raises
    ------
    ValueError
        If `X` has masked values, which the member might take as they are.
    """
    refuse_masked("X", X)
    if len(shape_of(X)) <= 2 or _takes_stacks(estimator):
        return X
    return flatten_images(X)


def _takes_stacks(estimator: Any) -> bool:
    """Look for scikit-learn's tag of 3-D input, which its own containers don't pass on.

    A pipeline takes stacks if all of its steps do.
    """
    if isinstance(estimator, str) or estimator is None:
        return True  # a step that passes its input on
    if isinstance(estimator, Pipeline):
        return all(_takes_stacks(step) for _, step in estimator.steps)
    tags = get_tags(estimator)
    if tags.input_tags.three_d_array or tags.no_validation:
        return True
    inner = getattr(estimator, "estimator", None)
    return inner is not None and _takes_stacks(inner)


def scores_pairs_of_classes(classifier: Any) -> bool:
    """Tell whether a classifier was told to score pairs of classes, one against one.

    Parameters
    ----------
    classifier : classifier
        Maybe a container of another one.

    Returns
    -------
    bool
        False where there is ``predict_proba``, which is for single classes.
    """
    if hasattr(classifier, "predict_proba"):
        return False
    return any(
        name.endswith("decision_function_shape") and value == "ovo"
        for name, value in classifier.get_params().items()
    )


def with_other_seed(estimator: Any, number: int) -> Any:
    """Clone an estimator, with seeds of its own unless it is the first.

    Parameters
    ----------
    estimator : classifier or 'drop'
        Not changed.
    number : int
        Which of its members this is, from 0.

    Returns
    -------
    classifier or 'drop'
        The estimator itself for 0, and where it is frozen.
    """
    if number == 0 or isinstance(estimator, str | FrozenEstimator):
        return estimator
    seeds = {}
    for name, value in sorted(estimator.get_params().items()):
        if name.rpartition("__")[2] == "random_state" and value is not None:
            first = draw_seed(copy.deepcopy(value))
            seeds[name] = draw_seed(first, number)
    return clone(estimator).set_params(**seeds)


def knows_numbers(fitted: Any, n_classes: int) -> bool:
    """Tell whether a member gives labels by their numbers, as do all fitted here.

    Parameters
    ----------
    fitted : classifier
        A fitted member.
    n_classes : int
        Number of labels in the vote.

    Returns
    -------
    bool
        False where it knows the labels themselves, and they are not 0, 1 and so on.
    """
    known = getattr(fitted, "classes_", None)
    return known is None or np.array_equal(known, np.arange(n_classes))


def refuse_votes_without_probabilities(members: Sequence[Member]) -> None:
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
        can = hasattr(estimator, "predict_proba") or estimator == "drop"
        if not (can or searches):
            kind = type(estimator).__name__
            raise ValueError(
                f"voting='soft' averages probabilities, but the member {name!r}, "
                f"{kind}, has no predict_proba. Use voting='hard', or wrap it in "
                "sklearn.calibration.CalibratedClassifierCV."
            )


def refuse_weights(weights: ArrayLike, estimators: Sequence[Any]) -> None:
    """Raise ValueError if members can't vote with these weights.

    Parameters
    ----------
    weights : array-like of shape (n_estimators,)
        What the user gave.
    estimators : sequence of (classifier or 'drop')
        What the members are made of.
    """
    values = np.asarray(weights).tolist()
    numbers = all(isinstance(value, Real) for value in values)
    valid = numbers and all(0 <= value < np.inf for value in values)
    heard = [
        value for value, one in zip(values, estimators, strict=True) if one != "drop"
    ]
    if not (valid and 0 < sum(heard) < np.inf):
        raise ValueError(
            "weights must be finite numbers of at least 0, with a sum above 0 for the "
            f"estimators that are not 'drop'. Got {values} instead. Give one number "
            "for each of the estimators, as in [2, 1, 1], or None for equal weights."
        )


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
    if knows_numbers(fitted, len(encoder.classes_)):
        return np.arange(len(encoder.classes_))
    return np.asarray(encoder.transform(fitted.classes_))


def refuse_other_labels(name: str, fitted: Any, classes: NDArray[Any]) -> None:
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
