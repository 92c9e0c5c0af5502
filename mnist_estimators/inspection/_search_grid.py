"""From the results of a parameter search to the rows, columns and cells of a map."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST_LABEL = 24  # characters
NOT_SET = "not set"


def search_map(
    search: Any, parameters: Sequence[str] | None, metric: str | None
) -> dict[str, Any]:
    """Compute what ``GridSearchDisplay`` shows.

    Parameters
    ----------
    search : fitted search
        Has ``cv_results_``.
    parameters : sequence of one or two str, or None
        For the rows and the columns, or only for the columns.
    metric : str or None
        Of a search with several.

    Returns
    -------
    dict
        Arguments of the display's constructor.
    """
    results = search.cv_results_
    key, score_name = _scores_column(search, metric)
    # The resource of a halving search is not a choice: it follows from the rounds.
    resource_name = getattr(search, "resource", "")
    candidates = [
        {name: value for name, value in candidate.items() if name != resource_name}
        for candidate in results["params"]
    ]
    names = list(dict.fromkeys(name for one in candidates for name in one))
    values = {
        name: _distinct_values([one.get(name, NOT_SET) for one in candidates])
        for name in names
    }
    varied = [name for name in names if len(values[name]) > 1]
    shown = _check_parameters(parameters, names, varied)
    row_name, column_name = ["", *shown][-2:]
    rows = values.get(row_name, {_value_key(NOT_SET): ""})
    columns = values[column_name]

    def places(keys: list[str], name: str) -> list[int]:
        return [keys.index(_value_key(one.get(name, NOT_SET))) for one in candidates]

    cells = list(
        zip(places([*rows], row_name), places([*columns], column_name), strict=True)
    )
    scores, resources = _best_of_each_cell(
        (len(rows), len(columns)),
        cells,
        results[key],
        results.get("n_resources", np.zeros(len(cells), int)),
    )
    best = getattr(search, "best_index_", None)
    return {
        "scores": scores,
        "row_name": row_name,
        "row_labels": list(rows.values()),
        "column_name": column_name,
        "column_labels": list(columns.values()),
        "score_name": score_name,
        "others": [name for name in varied if name not in shown],
        "resources": resources if "n_resources" in results else None,
        "resource_name": resource_name,
        "chosen": None if best is None else cells[best],
    }


def _scores_column(search: Any, metric: str | None) -> tuple[str, str]:
    """Find the column of ``cv_results_`` that holds the scores, and a name for them."""
    prefix = "mean_test_"
    known = [
        name.removeprefix(prefix)
        for name in search.cv_results_
        if name.startswith(prefix)
    ]
    if known == ["score"]:
        if metric not in (None, "score"):
            raise ValueError(
                f"metric must be None, as the search has a single one. Got {metric!r} "
                "instead."
            )
        scoring = search.scoring
        name = "accuracy" if scoring is None else scoring
        return f"{prefix}score", f"mean {name if isinstance(name, str) else 'score'}"
    if metric is None and search.refit not in known:
        raise ValueError(
            f"metric must be one of {', '.join(map(repr, known))}: the search has "
            "several, and its refit names none of them."
        )
    metric = search.refit if metric is None else metric
    if metric not in known:
        raise ValueError(
            f"metric must be one of {', '.join(map(repr, known))}, the metrics of the "
            f"search. Got {metric!r} instead."
        )
    return prefix + metric, f"mean {metric}"


def _check_parameters(
    parameters: Sequence[str] | None, names: list[str], varied: list[str]
) -> list[str]:
    """Choose the one or two parameters of the map."""
    if not names:
        raise ValueError("search must have tried some parameters; its grid is empty.")
    if parameters is None:
        return (varied or names)[:2]
    chosen = [parameters] if isinstance(parameters, str) else list(parameters)
    if not (1 <= len(set(chosen)) == len(chosen) <= 2 and set(chosen) <= set(names)):
        raise ValueError(
            f"parameters must be one or two of {', '.join(map(repr, names))}, which "
            f"the search tried. Got {parameters!r} instead."
        )
    return chosen


def _best_of_each_cell(
    shape: tuple[int, int],
    cells: Sequence[tuple[int, int]],
    scores: NDArray[Any],
    resources: NDArray[Any],
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Take the best score among the candidates with most resources in each cell."""
    best = np.full(shape, np.nan)
    most = np.zeros(shape, dtype=np.intp)
    # In this order the last candidate of a cell, which stays, is its best one.
    for i in np.lexsort((np.nan_to_num(scores, nan=-np.inf), resources)):
        best[cells[i]], most[cells[i]] = scores[i], resources[i]
    return best, most


def _distinct_values(values: list[Any]) -> dict[str, str]:
    """Find the distinct values of a parameter: labels by keys, in order.

    Numbers are sorted; anything else keeps the order of the candidates.
    """
    distinct = {_value_key(value): value for value in values}
    if all(isinstance(value, Real) for value in distinct.values()):
        distinct = dict(sorted(distinct.items(), key=lambda item: item[1]))
    return {key: _label(value) for key, value in distinct.items()}


def _value_key(value: Any) -> str:
    """Make a key of a value, which may be a list, an estimator or an array."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _label(value: Any) -> str:
    if isinstance(value, Real) and not isinstance(value, bool | np.bool_):
        return f"{value:g}"
    label = " ".join(str(value).split())
    if len(label) > LONGEST_LABEL:
        label = label[: LONGEST_LABEL - 1] + "…"
    return label
