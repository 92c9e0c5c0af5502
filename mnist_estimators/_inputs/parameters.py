"""Checks of parameters that scikit-learn's own constraints can't express."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from .sklearn_private import Interval

# In the constraints of estimators.
COUNT = Interval(Integral, 1, None, closed="left")
FRACTION = Interval(Real, 0, 1, closed="left")


def positive_integers(name: str, value: Any) -> tuple[int, ...]:
    """Read sizes given as one integer or as several.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : int or iterable of int
        Each at least 1.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If a size is not a positive integer.
    """
    sizes = tuple(value) if np.iterable(value) else (value,)
    if not all(isinstance(size, Integral) and int(size) >= 1 for size in sizes):
        raise ValueError(
            f"{name} must be positive integers, one for each layer, such as (64, 32). "
            f"Got {value!r} instead."
        )
    return tuple(int(size) for size in sizes)


def filters_per_stage(name: str, value: Any) -> tuple[tuple[int, ...], ...]:
    """Read numbers of filters, where a tuple inside stands for one stage.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : int or iterable of int and of iterables of int
        Each at least 1.

    Returns
    -------
    tuple of tuple of int
        The convolutions of each stage.

    Raises
    ------
    ValueError
        If a number is not a positive integer, or a stage is empty.
    """
    stages = tuple(value) if np.iterable(value) else (value,)
    try:
        read = tuple(positive_integers(name, stage) for stage in stages)
    except ValueError:
        read = ((),)
    if not all(read):
        raise ValueError(
            f"{name} must be positive integers, one for each convolution, such as "
            "(32, 64), with a tuple inside for several before one pooling, such as "
            f"(24, (48, 48), 96). Got {value!r} instead."
        )
    return read


def sizes_per_stage(name: str, value: Any, n_stages: int) -> tuple[int, ...]:
    """Read a size given once for all stages, or once for each.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : int or iterable of int
        Each at least 1.
    n_stages : int
        Number of stages.

    Returns
    -------
    tuple of int

    Raises
    ------
    ValueError
        If there is another number of sizes, or one is not a positive integer.
    """
    return positive_integers(name, _one_per_layer(name, value, n_stages, "stages"))


def rates_per_layer(name: str, value: Any, n_layers: int) -> tuple[float, ...]:
    """Read a rate given once for all layers, or once for each.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : float or iterable of float
        Each at least 0 and below 1.
    n_layers : int
        Number of layers.

    Returns
    -------
    tuple of float

    Raises
    ------
    ValueError
        If there is another number of rates, or one is out of range.
    """
    rates = _one_per_layer(name, value, n_layers)
    if not all(isinstance(rate, Real) and 0 <= float(rate) < 1 for rate in rates):
        raise ValueError(
            f"{name} must be at least 0 and below 1 in every layer. Got {value!r} "
            "instead."
        )
    return tuple(float(rate) for rate in rates)


def flags_per_layer(name: str, value: Any, n_layers: int) -> tuple[bool, ...]:
    """Read a switch given once for all layers, or once for each.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : bool or iterable of bool
        The switch.
    n_layers : int
        Number of layers.

    Returns
    -------
    tuple of bool

    Raises
    ------
    ValueError
        If there is another number of switches, or one is neither true nor false.
    """
    flags = _one_per_layer(name, value, n_layers)
    if not all(isinstance(flag, bool | np.bool_) for flag in flags):
        raise ValueError(
            f"{name} must be True or False in every layer. Got {value!r} instead."
        )
    return tuple(bool(flag) for flag in flags)


def _one_per_layer(
    name: str, value: Any, n_layers: int, layers: str = "hidden layers"
) -> tuple[Any, ...]:
    if not np.iterable(value):
        return (value,) * n_layers
    values = tuple(value)
    if len(values) != n_layers:
        raise ValueError(
            f"{name}={value!r} has {len(values)} values for {n_layers} {layers}. Give "
            "one value for all, or one for each."
        )
    return values


def check_count(name: str, value: Any) -> None:
    """Raise ValueError unless the parameter `name` is an integer, at least 1."""
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(
            f"{name} must be an integer, at least 1. Got {value!r} instead."
        )


def check_instance(name: str, value: Any) -> None:
    """Raise TypeError if a class was given in place of an instance of it.

    Parameters
    ----------
    name : str
        Name of the parameter, for the error.
    value : object
        Its value.
    """
    if isinstance(value, type):
        raise TypeError(
            f"{name} must be an instance. Got the class {value.__name__}: call it, as "
            f"in {name}={value.__name__}()."
        )


def draw_seed(random_state: int | np.random.RandomState | None, stream: int = 0) -> int:
    """Draw a seed; the global random state is not touched.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An int always gives the same seed, a RandomState the next one, as in
        scikit-learn; None uses fresh randomness from the operating system.
    stream : int, default=0
        With an int, another number gives another, independent seed: to the members of
        a vote, and to a training run that continues after so many epochs.

    Returns
    -------
    int
        From 0 to ``2**31 - 1``.
    """
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    entropy = None if random_state is None else [int(random_state), stream]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0]) >> 1
