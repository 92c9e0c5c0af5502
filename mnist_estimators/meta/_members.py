"""Members of a vote: what they are made of, their and their seeds."""

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from .._inputs.parameters import draw_seed


class Member(NamedTuple):
    """A classifier that votes: its name, that of the estimator it is made of."""

    name: str
    source: str
    estimator: Any

    @property
    def is_dropped(self) -> bool:
        """Whether the user left it out."""
        return isinstance(self.estimator, str)


def make_members(estimators: Sequence[tuple[str, Any]], n_each: int) -> list[Member]:
    """Make members of each estimator, with different seeds.

    Parameters
    ----------
    estimators : sequence of (str, classifier or 'drop')
        Not changed.
    n_each : int
        Members of each of them.

    Returns
    -------
    list of Member
        Unfitted.
    """
    if n_each == 1:
        return [Member(name, name, one) for name, one in estimators]
    return [
        Member(f"{name}_{number + 1}", name, _with_other_seed(one, number))
        for name, one in estimators
        for number in range(n_each)
    ]


def _with_other_seed(estimator: Any, number: int) -> Any:
    """Clone an estimator with other seeds, unless it is the first or frozen."""
    if number == 0 or isinstance(estimator, str | FrozenEstimator):
        return estimator
    seeds = {}
    for name, value in sorted(estimator.get_params().items()):
        if name.rpartition("__")[2] == "random_state" and value is not None:
            first = draw_seed(copy.deepcopy(value))
            seeds[name] = draw_seed(first, number)
    return clone(estimator).set_params(**seeds)
