"""The progress of a search: a counter on a terminal, else a line for each fit."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
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
    n_fits = 0

    def score(estimator: Any, X: Any, y: Any) -> float:
        nonlocal n_fits
        n_fits += 1
        accuracy = float(estimator.score(X, y))
        values = estimator.get_params()
        tried = ", ".join(f"{name}={values[name]!r}" for name in names)
        line = f"fit {n_fits}: accuracy {accuracy:.4f} with {tried}"
        if status is not None:
            status.update(line)
        elif not quiet:
            print(line, flush=True)
        return accuracy

    with _status_line() as status:
        yield score


def _status_line() -> AbstractContextManager[Any]:
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("searching")
