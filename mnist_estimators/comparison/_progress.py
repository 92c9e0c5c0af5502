"""Live progress of a comparison."""

from types import TracebackType
from typing import Any, Self

import pandas as pd

from ._table import best_first, format_table


class ComparisonProgress:
    """Live progress of a comparison on standard error, used as a context manager.

    Parameters
    ----------
    verbose : int
        0 shows nothing. Otherwise the display is shown only on a terminal, and vanishes
        at the end.
    n_fits : int
        Number of estimators times number of folds.
    """

    def __init__(self, verbose: int, n_fits: int):
        self.verbose = verbose
        self.n_fits = n_fits
        self._live: Any = None

    def __enter__(self) -> Self:
        if self.verbose < 1:
            return self
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal:
            from rich.live import Live
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeElapsedColumn,
            )

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("fits"),
                TimeElapsedColumn(),
                console=console,
            )
            self._task = self._bar.add_task("", total=self.n_fits)
            self._live = Live(self._bar, console=console, transient=True)
            self._live.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def fold_started(self, description: str) -> None:
        """Show which fit is running."""
        if self._live is not None:
            self._bar.update(self._task, description=description)
            self._live.refresh()

    def fold_done(self) -> None:
        """Count the fit that was running."""
        if self._live is not None:
            self._bar.advance(self._task)

    def estimator_done(self, results: pd.DataFrame) -> None:
        """Show the results so far."""
        if self._live is not None:
            from rich.console import Group
            from rich.text import Text

            table = Text(format_table(best_first(results)), no_wrap=True)
            self._live.update(Group(table, Text(), self._bar))
