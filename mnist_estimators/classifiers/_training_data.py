"""What a fit learns from, and what it validates on."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .._inputs.parameters import draw_seed
from .._inputs.samples import Samples, hold_out
from .._inputs.seen import SeenData
from .._training.fit_tasks import FitTasks

DEFAULT_VALIDATION_FRACTION = 0.1


class TrainingData(NamedTuple):
    """What one call of ``fit`` or ``partial_fit`` learns from.

    ``validation_fraction`` of the samples are held out where there are no
    ``validation`` samples. ``tasks`` reports the epochs to callbacks of scikit-learn.
    """

    seen: SeenData
    samples: Samples
    validation: Samples | None = None
    validation_fraction: float = 0.0
    tasks: FitTasks | None = None


def fraction_to_hold_out(fraction: float | None, early_stopping: bool) -> float:
    """Find the share of the images to hold out, where no validation data are given.

    Parameters
    ----------
    fraction : float or None
        The parameter `validation_fraction`.
    early_stopping : bool
        The parameter of that name.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If early stopping has nothing to validate on.
    """
    if fraction is None:
        return DEFAULT_VALIDATION_FRACTION if early_stopping else 0.0
    if early_stopping and fraction == 0:
        raise ValueError(
            "early_stopping=True needs validation data, but validation_fraction=0. "
            "Set validation_fraction=0.1, or give validation_data to fit."
        )
    return float(fraction)


def given_validation(
    validation_data: tuple[ArrayLike, ...] | None,
    X_val: ArrayLike | None,
    y_val: ArrayLike | None,
) -> tuple[ArrayLike, ArrayLike, ArrayLike | None] | None:
    """Find the validation data among the arguments of ``fit``, which has two ways.

    Parameters
    ----------
    validation_data : tuple (X, y) or (X, y, sample_weight), or None
        One way.
    X_val, y_val : array-like or None
        The other.

    Returns
    -------
    tuple (X, y, sample_weight), or None
        Not checked yet; the weights may be None.

    Raises
    ------
    ValueError
        If data are given in both ways, or in a wrong form.
    """
    if X_val is None and y_val is None:
        return None if validation_data is None else _unpacked(validation_data)
    if X_val is None or y_val is None:
        given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
        raise ValueError(f"{given} was given without {missing}. Give both, or none.")
    if validation_data is not None:
        raise ValueError(
            "validation_data was given, and X_val and y_val as well. Give only one of "
            "the two."
        )
    return X_val, y_val, None


def _unpacked(
    validation_data: tuple[ArrayLike, ...],
) -> tuple[ArrayLike, ArrayLike, ArrayLike | None]:
    if type(validation_data) not in (tuple, list) or not (
        2 <= len(validation_data) <= 3
    ):
        raise ValueError(
            "validation_data must be a tuple (X, y) or (X, y, sample_weight). Got "
            f"{type(validation_data).__name__} instead."
        )
    X, y, *weight = validation_data
    return X, y, weight[0] if weight else None


def split(
    data: TrainingData, seed: int, random_state: int | np.random.RandomState | None
) -> tuple[Samples, Samples | None]:
    """Hold out validation samples, if a fraction was asked for.

    Parameters
    ----------
    data : TrainingData
        What to split.
    seed : int
        Seed of this training run.
    random_state : int, RandomState instance or None
        The parameter of that name.

    Returns
    -------
    training : Samples
    validation : Samples or None
    """
    if not data.validation_fraction:
        return data.samples, data.validation
    if isinstance(random_state, Integral):
        # A warm start must not validate on images that it has learned from.
        seed = draw_seed(random_state)
    return hold_out(data.samples, data.validation_fraction, seed)
