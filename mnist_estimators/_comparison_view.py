"""How a comparison of estimators is shown: as text, as live progress, as a plot."""

import os
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Annotation

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


def plot_accuracy_against_fit_time(
    results: pd.DataFrame, path: str | os.PathLike[str]
) -> None:
    """Save a plot with a labelled point for each estimator.

    Parameters
    ----------
    results : DataFrame
        As ``compare_estimators`` returns it.
    path : path-like
        File to write, of any format that matplotlib writes.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    axes.errorbar(
        results["fit_seconds"],
        results["accuracy_mean"],
        yerr=results["accuracy_std"],
        fmt="o",
        color="#0072B2",  # blue of the Okabe-Ito palette
        ecolor="0.6",
        capsize=3,
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    # Room for labels on the right, and for a tick however close the points are.
    fastest, slowest = results["fit_seconds"].min(), results["fit_seconds"].max()
    axes.set_xlim(fastest / 2, slowest * 2 * (slowest / fastest) ** 0.25)
    axes.margins(y=0.12)
    axes.set_xlabel("fit time, seconds a fold (log scale)")
    axes.set_ylabel("accuracy, mean of the folds (bar: ± 1 SD)")
    axes.set_title("Accuracy against fit time")
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    _label_points(figure, results)
    figure.savefig(path, dpi=150)


def _label_points(figure: "Figure", results: pd.DataFrame) -> None:
    """Write the names beside the points, where they cover neither point nor label."""
    from matplotlib.transforms import Bbox

    axes = figure.axes[0]
    figure.draw_without_rendering()  # the layout must stand before anything is measured
    points = list(zip(results["fit_seconds"], results["accuracy_mean"], strict=True))
    pixels = axes.transData.transform(points)
    taken = [Bbox.from_extents(x - 5, y - 5, x + 5, y + 5) for x, y in pixels]
    for own, (name, point) in enumerate(zip(results.index, points, strict=True)):
        candidates: list[Annotation] = []
        for offset, horizontal, vertical in _LABEL_PLACES:
            label = axes.annotate(
                str(name),
                point,
                xytext=offset,
                textcoords="offset points",
                ha=horizontal,
                va=vertical,
            )
            candidates.append(label)
            box = label.get_window_extent()
            others = taken[:own] + taken[own + 1 :]
            inside = axes.bbox.x0 < box.x0 and box.x1 < axes.bbox.x1
            if inside and not any(box.overlaps(other) for other in others):
                break
        for rejected in candidates[:-1]:
            rejected.remove()
        taken.append(candidates[-1].get_window_extent())


_LABEL_PLACES = [
    ((8, 0), "left", "center"),
    ((-8, 0), "right", "center"),
    ((0, 8), "center", "bottom"),
    ((0, -8), "center", "top"),
    ((8, 10), "left", "bottom"),
    ((8, -10), "left", "top"),
    ((-8, 10), "right", "bottom"),
    ((-8, -10), "right", "top"),
]
