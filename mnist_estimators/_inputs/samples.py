"""From validated arrays to what the training loop takes."""

import warnings
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from sklearn.utils import compute_sample_weight

from .validation import other_labels, validate_weights

# In the error about labels, which may be as many as the images.
MOST_NAMED = 10


class Samples(NamedTuple):
    """Images (n, h, w, 1), class indices (n,) and sample weights (n,)."""

    images: NDArray[np.uint8] | NDArray[np.float32]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]


def encode_labels(y: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.int32]:
    """Find the index of each label in `classes`.

    Parameters
    ----------
    y : ndarray of shape (n,)
        Labels.
    classes : ndarray of shape (n_classes,)
        Known labels, sorted.

    Returns
    -------
    ndarray of shape (n,), dtype int32

    Raises
    ------
    ValueError
        If a label equals none of the classes.
    """
    other = other_labels(y, classes)
    if other:
        more = f" and {len(other) - MOST_NAMED} more" if len(other) > MOST_NAMED else ""
        raise ValueError(
            f"y or classes names {other[:MOST_NAMED]}{more}, but the classifier knows "
            f"only the labels {classes.tolist()}. Use those, of the same type, or "
            "train a new classifier on all labels (without warm_start; with "
            "partial_fit, name them all in classes)."
        )
    index_of = {label: index for index, label in enumerate(classes.tolist())}
    return np.array([index_of[label] for label in y.tolist()], np.int32)


def check_class_weight(class_weight: Any, classes: NDArray[Any]) -> None:
    """Check that weights are given by label, and that some are those of known labels.

    Parameters
    ----------
    class_weight : dict, 'balanced' or None
        As in the constructor of the classifiers.
    classes : ndarray of shape (n_classes,)
        Known labels.

    Raises
    ------
    ValueError
        If the weights have no labels, as in an array.

    Warns
    -----
    UserWarning
        If all weights are for other labels. Some may be: of labels that a fold of a
        cross-validation lacks.
    """
    if class_weight is None or isinstance(class_weight, str):
        return
    if not isinstance(class_weight, Mapping):
        raise ValueError(
            "class_weight must be a dict from labels to weights, 'balanced' or None. "
            f"Got {type(class_weight).__name__} instead. Use class_weight="
            "dict(zip(labels, weights))."
        )
    named, known = list(class_weight), classes.tolist()
    if named and not set(named) & set(known):
        more = ", ..." if len(named) > MOST_NAMED else ""
        warnings.warn(
            f"class_weight has no effect: it names {named[:MOST_NAMED]}{more}, but the "
            f"labels in y are {known[:MOST_NAMED]}"
            f"{', ...' if len(known) > MOST_NAMED else ''}. Name "
            "labels of y, of the same type.",
            stacklevel=4,
        )


def combine_weights(
    sample_weight: Any,
    class_weight: Mapping[Hashable, float] | str | None,
    X: NDArray[Any],
    y: NDArray[Any],
    *,
    relative: bool,
) -> NDArray[np.float64]:
    """Multiply the weights of the samples and of their classes.

    Parameters
    ----------
    sample_weight : array-like of shape (n,), float or None
        Weights at least 0; None for 1 each.
    class_weight : dict, 'balanced' or None
        Weight of each label; a label that is missing weighs 1. 'balanced' counts the
        labels of images whose weight is above 0.
    X, y : ndarray
        The data that the weights belong to.
    relative : bool
        Whether to divide by the mean of the weights above 0.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        If `sample_weight` has another length than `y`, if a weight is negative, masked
        or not finite, if all products are 0, or if one is too large for float32.
    """
    by_sample = _checked("sample_weight", validate_weights(sample_weight, X))
    used = by_sample > 0
    by_class = np.zeros_like(by_sample)
    by_class[used] = _checked("class_weight", _weights_by_class(class_weight, y[used]))
    # Of 1 at most, so their products are within the limits of float64.
    weights = (by_sample / by_sample.max()) * (by_class / by_class.max())
    if not weights.any():
        raise _no_weight_left()
    if relative:
        return weights / weights[weights > 0].mean()
    with np.errstate(over="ignore"):
        weights = by_sample * by_class
    limits = np.finfo(np.float32)
    if weights.max() > limits.max:
        raise ValueError(
            "sample_weight, times class_weight, must be no more than "
            f"{limits.max:g}. Got {weights.max():g}. Divide all weights by that."
        )
    if weights.max() < limits.tiny:
        raise ValueError(
            "sample_weight, times class_weight, must be at least "
            f"{limits.tiny:g} for some images. Got {weights.max():g} at most. Divide "
            "all weights by the largest one."
        )
    return weights


def _weights_by_class(
    class_weight: Mapping[Hashable, float] | str | None, y: NDArray[Any]
) -> NDArray[np.float64]:
    if not isinstance(class_weight, Mapping):
        return np.asarray(compute_sample_weight(class_weight, y))
    # scikit-learn would refuse labels that are weighted but not in these data, which
    # may be one batch of many.
    labels, index = np.unique(y, return_inverse=True)
    of_label = [class_weight.get(label, 1.0) for label in labels.tolist()]
    return np.asarray(of_label, np.float64)[index]


def _checked(name: str, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    if not 0 <= weights.min() <= weights.max() < np.inf:
        raise ValueError(
            f"{name} must be finite and zero or more. Got values from "
            f"{weights.min():g} to {weights.max():g}."
        )
    if not weights.any():
        raise _no_weight_left()
    return weights


def _no_weight_left() -> ValueError:
    return ValueError(
        "sample_weight must be more than zero for some images of a class whose "
        "class_weight is more than zero: these weights leave no image to learn from."
    )


def hold_out(
    samples: Samples, fraction: float, seed: int
) -> tuple[Samples, Samples | None]:
    """Split off validation data: stratified, shuffled and seeded.

    Classes of a single image stay in the training data. Where the others can't have
    their share, one image of each is held out, or all but one where `fraction` is more
    than half.

    Parameters
    ----------
    samples : Samples
        All data.
    fraction : float
        Share to hold out, above 0 and below 1.
    seed : int
        Seed of the draw.

    Returns
    -------
    training : Samples
    validation : Samples or None
        None if no class has two images.

    Warns
    -----
    UserWarning
        If no class has two images.
    """
    has_two = (np.bincount(samples.targets) >= 2)[samples.targets]
    if not has_two.any():
        warnings.warn(
            f"validation_fraction={fraction} can't be held out of "
            f"{len(samples.targets)} images, as no class has two of them: training "
            "without validation and early stopping. Use more images, or give "
            "validation_data to fit.",
            stacklevel=7,
        )
        return samples, None
    candidates = np.flatnonzero(has_two)
    targets = samples.targets[candidates]
    try:
        rows, held_out = train_test_split(
            candidates, test_size=fraction, stratify=targets, random_state=seed
        )
    except ValueError:  # less than one image a class in one of the parts
        shuffled = np.random.default_rng(seed).permutation(candidates)
        _, first = np.unique(samples.targets[shuffled], return_index=True)
        rows, held_out = np.delete(shuffled, first), shuffled[first]
        if fraction > 0.5:
            rows, held_out = held_out, rows
    rows = np.concatenate([rows, np.flatnonzero(~has_two)])
    return (
        Samples(*(array[rows] for array in samples)),
        Samples(*(array[held_out] for array in samples)),
    )
