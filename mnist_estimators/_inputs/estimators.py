"""What a scikit-learn estimator takes and gives, read from its tags and parameters."""

from collections.abc import Iterable
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from .images import flatten_images, shape_of
from .validation import check_array_like, check_unmasked


def thawed(estimator: Any) -> Any:
    """Take an estimator out of scikit-learn's FrozenEstimator, if it is in one."""
    while isinstance(estimator, FrozenEstimator):
        estimator = estimator.estimator
    return estimator


def as_taken(estimator: Any, X: Any) -> Any:
    """Flatten stacked images to rows, unless the estimator takes stacks.

    Parameters
    ----------
    estimator : estimator
        Fitted or not.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.

    Returns
    -------
    array-like
        `X` itself, or of shape (n, pixels).

    Raises
    ------
    ValueError
        If `X` has masked values, which some estimators would use as they are.
    TypeError
        If `X` is not an array, such as a generator of batches.
    """
    check_array_like("X", X)
    check_unmasked("X", X)
    if len(shape_of(X)) <= 2 or _takes_stacks(estimator):
        return X
    return flatten_images(X)


def _takes_stacks(estimator: Any) -> bool:
    """Read scikit-learn's tag of 3-D input, which its own containers don't pass on.

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
    """Whether the decision function of a classifier is for pairs of classes.

    Parameters
    ----------
    classifier : classifier
        Or one that contains it.

    Returns
    -------
    bool
        False if there is ``predict_proba``, which is for single classes.
    """
    if hasattr(classifier, "predict_proba"):
        return False
    return any(
        name.endswith("decision_function_shape") and value == "ovo"
        for name, value in classifier.get_params().items()
    )


def copy_feature_names(estimator: Any, fitted: Iterable[Any]) -> None:
    """Give an estimator the column names of the first fitted part that has some.

    Parameters
    ----------
    estimator : estimator
        Loses the names of an earlier ``fit``.
    fitted : iterable of estimators
        Its parts.
    """
    vars(estimator).pop("feature_names_in_", None)
    for part in fitted:
        if hasattr(part, "feature_names_in_"):
            estimator.feature_names_in_ = part.feature_names_in_
            return
