"""The progress of a search: a counter on a terminal, else a line for each fit."""

import sys
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self


class SearchProgress:
    """Scores each fit of a search by its accuracy, and shows it.

    Parameters
    ----------
    names : iterable of str
        Parameters of the search.
    quiet : bool
        Print nothing where there is no terminal.
    """

    def __init__(self, names: Iterable[str], *, quiet: bool):
        self._names = list(names)
        self._quiet = quiet
        self._n_fits = 0
        self._status: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("searching")
            self._status.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def score(self, estimator: Any, X: Any, y: Any) -> float:
        """Score a fitted classifier, and count it."""
        accuracy = float(estimator.score(X, y))
        self._n_fits += 1
        values = estimator.get_params()
        tried = ", ".join(f"{name}={values[name]!r}" for name in self._names)
        line = f"fit {self._n_fits}: accuracy {accuracy:.4f} with {tried}"
        if self._status is not None:
            self._status.update(line)
        elif not self._quiet:
            print(line, flush=True)
        return accuracy
