"""Members of a vote: what they are made of, their seeds, and how they are fitted."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.parallel import Parallel, delayed

from .._inputs.estimators import as_taken
from .._inputs.parameters import draw_seed
from .._inputs.sklearn_private import fit_single_estimator


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


def fit_members(
    members: Sequence[Member],
    X: Any,
    targets: NDArray[Any],
    params: Mapping[str, dict[str, Any]],
    *,
    n_jobs: int | None,
    message: Callable[[str, int, int], str | None],
) -> list[Any]:
    """Fit clones of members, in parallel.

    Parameters
    ----------
    members : sequence of Member
        None of them dropped.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images.
    targets : ndarray of int, shape (n,)
        Numbers of the labels.
    params : mapping of str to dict
        Arguments of ``fit`` for the members of each source.
    n_jobs : int or None
        Processes, as in joblib.
    message : callable
        Makes what is printed of a name, its number from 1, and the number of members.

    Returns
    -------
    list of classifiers
        In the order of `members`.
    """
    return Parallel(n_jobs=n_jobs)(
        delayed(fit_single_estimator)(
            clone(member.estimator),
            as_taken(member.estimator, X),
            targets,
            fit_params=params[member.source],
            message_clsname="Voting",
            message=message(member.name, number, len(members)),
        )
        for number, member in enumerate(members, start=1)
    )
