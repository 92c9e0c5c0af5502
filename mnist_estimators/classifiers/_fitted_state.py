"""What a fit leaves behind: one immutable object of plain data."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .._inputs.seen import SeenData
from .._training.history import History

Arrays = tuple[NDArray[Any], ...]

# Fields of states that are tuples of arrays, and lists in files.
_ARRAYS = ("weights", "optimizer", "velocities")


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedState(ABC):
    """A fitted network; subclasses add what their training continues from.

    A classifier replaces the whole object, so a thread that predicts meanwhile has the
    old state or the new one. Nothing in it changes but `cache`, which holds what is
    computed from the rest when it is first needed.
    """

    seen: SeenData
    weights: Arrays
    history: History
    cache: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        for array in (self.seen.classes, *self.weights):
            array.flags.writeable = False

    @property
    def n_epochs(self) -> int:
        """Number of epochs trained."""
        return len(self.history.get("loss", ()))

    def with_weights(self, weights: Iterable[Any]) -> Self:
        """Copy other weights of the same shapes into a new state.

        Parameters
        ----------
        weights : iterable of array-like
            In the order of the present ones.

        Returns
        -------
        FittedState

        Raises
        ------
        ValueError
            If there are more or fewer arrays, one has another shape, or one does not
            hold numbers.
        """
        given = list(weights)
        shapes = [np.shape(values) for values in given]
        expected = [values.shape for values in self.weights]
        if shapes != expected:
            raise ValueError(
                f"weights_ must be arrays of the shapes {expected}. Got {shapes} "
                "instead. To train another architecture, fit a new classifier."
            )
        dtype = self.weights[0].dtype
        return replace(self, weights=tuple(np.array(one, dtype) for one in given))

    def to_plain(self) -> dict[str, Any]:
        """Describe the state as it stands in files: a dict of plain data."""
        plain = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
        seen: SeenData = plain.pop("seen")
        lists = {name: list(plain[name]) for name in _ARRAYS if name in plain}
        return {**seen._asdict(), **plain, **lists}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Make a state of what ``to_plain`` returned; ``check`` says if it is valid."""
        values = {name: plain[name] for name in SeenData._fields}
        known = {one.name for one in fields(cls) if one.init} - {"seen"}
        others = {name: plain[name] for name in known & plain.keys()}
        others |= {name: tuple(others[name]) for name in _ARRAYS if name in others}
        return cls(seen=SeenData(**values), **others)

    @abstractmethod
    def check(self) -> None:
        """Check values that may come from a file.

        Raises
        ------
        ValueError
            If a value is of another type, out of its range, or does not fit the others.
        """

    def check_common(self, shapes: Sequence[tuple[int, ...]]) -> None:
        """Check what all kinds of networks have.

        Parameters
        ----------
        shapes : sequence of tuple of int
            What the shapes of the weights must be.

        Raises
        ------
        ValueError
            If a value is of another type, out of its range, or does not fit the others.
        """
        seen = self.seen
        height, width = _pair(seen.image_shape, "image_shape", Integral)
        if min(height, width) < 1 or height * width != seen.n_features_in:
            raise ValueError("image_shape must have the pixels that n_features_in says")
        low, high = _pair(seen.pixel_range, "pixel_range", Real)
        if not (isfinite(high) and high > 0 and low in (0, -high)):
            raise ValueError("pixel_range must go from 0, or as far below as above")
        classes, names = seen.classes, seen.feature_names_in
        if type(classes) is not np.ndarray or classes.ndim != 1 or not len(classes):
            raise ValueError("classes must be an array of labels")
        if names is not None and (
            type(names) is not np.ndarray or names.shape != (seen.n_features_in,)
        ):
            raise ValueError("feature_names_in must be None or have a name a pixel")
        _check_history(self.history)
        _check_weights(self.weights, shapes)


def _pair(value: Any, name: str, kind: type) -> tuple[Any, Any]:
    if (
        not isinstance(value, tuple)
        or len(value) != 2
        or not all(isinstance(one, kind) and type(one) is not bool for one in value)
    ):
        raise ValueError(f"{name} must be a tuple of two numbers")
    return value


def _check_history(history: Any) -> None:
    if not isinstance(history, dict) or not all(type(name) is str for name in history):
        raise ValueError("history must be a mapping of names")
    columns = list(history.values())
    if not all(isinstance(column, list) for column in columns):
        raise ValueError("history must be made of lists")
    if len({len(column) for column in columns}) > 1 or not all(
        issubclass(kind, Real) for column in columns for kind in {*map(type, column)}
    ):
        raise ValueError("history must have one number an epoch in each list")


def _check_weights(weights: Arrays, shapes: Sequence[tuple[int, ...]]) -> None:
    if not all(
        type(one) is np.ndarray and one.dtype in (np.float32, np.float64)
        for one in weights
    ):
        raise ValueError("weights must be arrays of floating-point numbers")
    if [one.shape for one in weights] != list(shapes):
        raise ValueError(
            f"weights must have the shapes {shapes!r:.300} of the network. Got "
            f"{[one.shape for one in weights]!r:.300}"
        )
    if len({one.dtype for one in weights}) > 1:
        raise ValueError("weights must be of one type")


def state_of_earlier_version(attributes: dict[str, Any]) -> dict[str, Any]:
    """Gather the attributes that model files of formats 1 and 2 have for a fit.

    Parameters
    ----------
    attributes : dict
        All attributes of a fitted classifier, and its parameters. Those of the fit are
        removed.

    Returns
    -------
    dict
        As ``FittedState.to_plain`` makes it.
    """
    plain = {
        new: attributes.pop(old)
        for old, new in _EARLIER_NAMES.items()
        if old in attributes
    }
    return {"feature_names_in": None, **plain}


_EARLIER_NAMES = {
    "classes_": "classes",
    "n_features_in_": "n_features_in",
    "feature_names_in_": "feature_names_in",
    "image_shape_": "image_shape",
    "pixel_range_": "pixel_range",
    "weights_": "weights",
    "history_": "history",
    "tensorboard_run_": "tensorboard_run",
    "_network": "network",
    "_optimizer_state": "optimizer",
    "_optimizer_of_state": "optimizer_identity",
    "_earlier_steps": "earlier_steps",
    "_activation": "activation",
    "_velocities": "velocities",
}
