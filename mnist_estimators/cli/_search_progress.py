"""The progress of a search: a counter on a terminal, else a line for each fit."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def search_progress(
    names: Iterable[str], *, quiet: bool
) -> Iterator[Callable[[Any, Any, Any], float]]:
    """Show each fit of a search as it is scored.

    Parameters
    ----------
    names : iterable of str
        Parameters of the search.
    quiet : bool
        Print nothing where there is no terminal.

    Yields
    ------
    callable
        Scores a fitted classifier by its accuracy, and shows it: the `scoring` of the
        search.
    """
    from rich.console import Console

    console = Console(stderr=True, force_terminal=sys.stderr.isatty())
    n_fits = 0

    def score(estimator: Any, X: Any, y: Any) -> float:
        nonlocal n_fits
        n_fits += 1
        accuracy = float(estimator.score(X, y))
        values = estimator.get_params()
        tried = ", ".join(f"{name}={values[name]!r}" for name in names)
        line = f"fit {n_fits}: accuracy {accuracy:.4f} with {tried}"
        status.update(line)
        if not (console.is_terminal or quiet):
            print(line, flush=True)
        return accuracy

    # Where there is no terminal, rich shows no status.
    with console.status("searching") as status:
        yield score
