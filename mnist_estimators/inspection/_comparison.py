"""The accuracy of compared estimators against the time that they take."""

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._display import BLUE, Display, OptionalAxes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TIMES = {
    "fit": ("fit_seconds", "fit time", "seconds a fold"),
    "predict": ("predict_microseconds", "prediction time", "microseconds an image"),
}
# Where a name may stand beside its point: offset in points, and alignment.
LABEL_PLACES = [
    ((8, 0), "left", "center"),
    ((-8, 0), "right", "center"),
    ((0, 8), "center", "bottom"),
    ((0, -8), "center", "top"),
    ((8, 10), "left", "bottom"),
    ((8, -10), "left", "top"),
    ((-8, 10), "right", "bottom"),
    ((-8, -10), "right", "top"),
]


@dataclass(eq=False, repr=False)
class ComparisonDisplay(Display):
    """Show the accuracy of several estimators against their time.

    Make it with ``from_results``; the constructor stores what it found. Each estimator
    is a point with its name, and a bar of one standard deviation of the folds to either
    side: where bars overlap, the folds hardly tell the estimators apart.

    Parameters
    ----------
    names : ndarray of shape (n_estimators,)
        Names of the estimators.
    accuracy_mean, accuracy_std : ndarray of shape (n_estimators,)
        Mean and standard deviation of the accuracy over the folds, from 0 to 1.
    times : ndarray of shape (n_estimators,)
        Time, mean of the folds: seconds of a fit, or microseconds to predict an image.
    time : {'fit', 'predict'}
        Which time that is.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Holds the points.
    figure_ : matplotlib.figure.Figure
        Holds `ax_`.

    See Also
    --------
    mnist_estimators.compare_estimators : Measures accuracy and time.

    Examples
    --------
    >>> from mnist_estimators import classic_baselines, compare_estimators
    >>> from mnist_estimators.inspection import ComparisonDisplay
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> baselines = classic_baselines()
    >>> quick = {name: baselines[name] for name in ("KNeighbors", "SVC")}
    >>> display = ComparisonDisplay.from_results(compare_estimators(quick, X, y))
    >>> [text.get_text() for text in display.ax_.texts]
    ['KNeighbors', 'SVC']
    """

    names: NDArray[Any]
    _: KW_ONLY
    accuracy_mean: NDArray[np.floating[Any]]
    accuracy_std: NDArray[np.floating[Any]]
    times: NDArray[np.floating[Any]]
    time: str = "fit"

    @classmethod
    def from_results(
        cls, results: pd.DataFrame, *, time: str = "fit", ax: OptionalAxes = None
    ) -> Self:
        """Show the results of a comparison.

        Parameters
        ----------
        results : DataFrame
            As ``compare_estimators`` returns it, or part of its rows.
        time : {'fit', 'predict'}, default='fit'
            Which time to show: that of a fit, or that of predicting an image.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.

        Returns
        -------
        ComparisonDisplay
            It is drawn already.

        Raises
        ------
        ValueError
            If `time` is neither, or `results` is empty or lacks a column.
        """
        if time not in TIMES:
            raise ValueError(f"time must be 'fit' or 'predict'. Got {time!r} instead.")
        columns = ["accuracy_mean", "accuracy_std", TIMES[time][0]]
        missing = [name for name in columns if name not in results]
        if missing or results.empty:
            raise ValueError(
                "results must be a data frame from compare_estimators, with at least "
                f"one row. It has {len(results)} rows and lacks the columns {missing}."
            )
        mean, std, times = (results[column].to_numpy(float) for column in columns)
        return cls(
            np.asarray(results.index.astype(str)),
            accuracy_mean=mean,
            accuracy_std=std,
            times=times,
            time=time,
        ).plot(ax=ax)

    def plot(self, *, ax: OptionalAxes = None) -> Self:
        """Draw a point for each estimator, with its name.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.

        Returns
        -------
        self : object
            The display.
        """
        from matplotlib.ticker import LogLocator, NullFormatter

        _, name, unit = TIMES[self.time]
        ax = self._axes_or_new(ax, width=8, height=5)
        ax.errorbar(
            self.times,
            self.accuracy_mean,
            yerr=self.accuracy_std,
            fmt="o",
            color=BLUE,
            ecolor="0.6",
            capsize=3,
        )
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(NullFormatter())
        # Room for labels on the right, and for a tick however close the points are.
        fastest, slowest = self.times.min(), self.times.max()
        ax.set_xlim(fastest / 2, slowest * 2 * (slowest / fastest) ** 0.25)
        ax.margins(y=0.12)
        ax.set(
            title=f"Accuracy against {name}",
            xlabel=f"{name}, {unit} (log scale)",
            ylabel="accuracy, mean of the folds (bar: ± 1 SD)",
        )
        ax.grid(color="0.9")
        ax.set_axisbelow(True)
        # The layout must stand before anything is measured.
        self.figure_.draw_without_rendering()
        _label_points(ax, self.names, self.times, self.accuracy_mean)
        return self


def _label_points(
    ax: "Axes",
    names: NDArray[Any],
    times: NDArray[np.floating[Any]],
    accuracies: NDArray[np.floating[Any]],
) -> None:
    """Write the names beside the points, where they cover neither point nor label."""
    from matplotlib.transforms import Bbox

    points = list(zip(times, accuracies, strict=True))
    pixels = ax.transData.transform(points)
    taken = [Bbox.from_extents(x - 5, y - 5, x + 5, y + 5) for x, y in pixels]
    for own, (name, point) in enumerate(zip(names, points, strict=True)):
        label = ax.annotate(str(name), point, (0, 0), textcoords="offset points")
        for offset, horizontal, vertical in LABEL_PLACES:
            label.set(position=offset, ha=horizontal, va=vertical)
            box = label.get_window_extent()
            others = taken[:own] + taken[own + 1 :]
            inside = ax.bbox.x0 < box.x0 and box.x1 < ax.bbox.x1
            if inside and not any(box.overlaps(other) for other in others):
                break
        taken.append(box)
