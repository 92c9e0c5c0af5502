"""How a comparison of estimators is told: as text, and as live progress."""

from types import TracebackType
from typing import Any, Self

import pandas as pd

_COLUMNS = {
    "accuracy_mean": ("accuracy", "{:.4f}", 1.0),
    "accuracy_std": ("SD", "{:.4f}", 1.0),
    "log_loss_mean": ("log loss", "{:.3f}", 1.0),
    "fit_seconds": ("fit s", "{:.2f}", 1.0),
    "predict_microseconds": ("predict us/image", "{:.1f}", 1.0),
    "model_size_bytes": ("size kB", "{:.1f}", 1e-3),
}


def format_table(results: pd.DataFrame) -> str:
    """Lay out the results of a comparison as aligned plain text.

    Parameters
    ----------
    results : DataFrame
        As ``compare_estimators`` returns it. The rows keep their order.

    Returns
    -------
    str
        A line of headings with units and a line for each estimator; ``-`` stands for
        what an estimator does not have.
    """
    lines = [["estimator", *(heading for heading, _, _ in _COLUMNS.values())]]
    for name, row in results.iterrows():
        # NaN alone differs from itself.
        cells = [
            layout.format(row[column] * factor) if row[column] == row[column] else "-"
            for column, (_, layout, factor) in _COLUMNS.items()
        ]
        lines.append([str(name), *cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [name.ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        )
        for name, *cells in lines
    )


def best_first(results: pd.DataFrame) -> pd.DataFrame:
    """Sort the rows of a comparison by accuracy, the best one first."""
    return results.sort_values("accuracy_mean", ascending=False, kind="stable")


class ComparisonProgress:
    """Live progress of a comparison on standard error, used as a context manager.

    Parameters
    ----------
    verbose : int
        0 shows nothing. Otherwise the display is shown on a terminal alone, and
        vanishes at the end.
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
