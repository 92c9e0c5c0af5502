"""Live progress of a comparison."""

from collections.abc import Iterator

import pandas as pd
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from ._table import best_first, format_table


class ComparisonProgress(Progress):
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
        self._results: pd.DataFrame | None = None
        console = Console(stderr=True)
        # Even a disabled bar ends with an empty line in old versions of rich.
        console.quiet = verbose < 1 or not console.is_terminal
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("fits"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=console.quiet,
        )
        self._fits = self.add_task("", total=n_fits)

    def get_renderables(self) -> Iterator[RenderableType]:
        """Put the results so far above the bar."""
        if self._results is not None:
            yield Text(format_table(best_first(self._results)), no_wrap=True)
            yield Text()
        yield from super().get_renderables()

    def fold_started(self, description: str) -> None:
        """Show which fit is running."""
        self.update(self._fits, description=description, refresh=True)

    def fold_done(self) -> None:
        """Count the fit that was running."""
        self.advance(self._fits)

    def estimator_done(self, results: pd.DataFrame) -> None:
        """Show the results so far."""
        self._results = results
