"""The scores of a parameter search, as a map over two of its parameters."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from ._display import VERMILION, Display, OptionalAxes
from ._search_grid import search_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST_LEVEL_LABEL = 9  # characters
CELL = (0.75, 0.45)  # inches


@dataclass(eq=False, repr=False)
class GridSearchDisplay(Display):
    """Show the scores of a parameter search as a heat map over two parameters.

    Make it with ``from_estimator``; the constructor stores what it found. Where the
    search varied more parameters, a cell shows the best score over the others. After a
    halving search a cell shows the candidate that was given most resources, and how
    many: scores of different resources can't be compared. A frame marks the
    parameters that the search chose. Dashes stand for what was not tried, or failed:
    values drawn from a continuous distribution make a map of little else. Of such a
    search, group the columns of ``cv_results_`` with `pandas.qcut`, and compare the
    groups.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_columns)
        Mean scores over the folds, or NaN. One row if there is one parameter.
    row_name : str
        Name of the parameter of the rows; '' if there is one parameter.
    row_labels : list of str
        Its values, in words.
    column_name : str
        Name of the parameter of the columns.
    column_labels : list of str
        Its values, in words.
    score_name : str
        What was scored.
    others : list of str
        Names of the other parameters that were varied.
    resources : ndarray of shape (n_rows, n_columns), default=None
        After a halving search, the resources that each score was found with; 0 without.
    resource_name : str, default=''
        What they are, such as 'n_samples'.
    chosen : tuple (row, column), default=None
        Where the chosen parameters are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Holds the map.
    figure_ : matplotlib.figure.Figure
        Holds `ax_` and a colour bar.

    See Also
    --------
    sklearn.model_selection.GridSearchCV : Tries parameters, with cross-validation.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.inspection import GridSearchDisplay
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> X, y = load_small_digits()
    >>> grid = {"n_neighbors": [1, 3, 5], "weights": ["uniform", "distance"]}
    >>> search = GridSearchCV(KNeighborsClassifier(), grid, cv=3).fit(X[:300], y[:300])
    >>> display = GridSearchDisplay.from_estimator(search)
    >>> display.row_name, display.column_name, display.scores.shape
    ('n_neighbors', 'weights', (3, 2))
    """

    scores: NDArray[np.float64]
    _: KW_ONLY
    row_name: str
    row_labels: list[str]
    column_name: str
    column_labels: list[str]
    score_name: str
    others: list[str]
    resources: NDArray[np.intp] | None = None
    resource_name: str = ""
    chosen: tuple[int, int] | None = None

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        parameters: Sequence[str] | None = None,
        metric: str | None = None,
        ax: OptionalAxes = None,
    ) -> Self:
        """Show the scores of a search.

        Parameters
        ----------
        search : fitted search
            Such as `GridSearchCV`, `RandomizedSearchCV` or `HalvingGridSearchCV`.
        parameters : sequence of one or two str, default=None
            Names of the parameters for the rows and the columns, or only for the
            columns. None uses the first two that were varied.
        metric : str, default=None
            What to show of a search with several metrics. None takes the one that the
            search chose by.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure of fitting size.

        Returns
        -------
        GridSearchDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `search` is not a search.
        NotFittedError
            If `search` is not fitted.
        ValueError
            If `parameters` are not one or two that the search tried, it tried none, or
            `metric` is not among its metrics or has to be given.
        """
        if not hasattr(search, "cv_results_") and not hasattr(search, "refit"):
            raise TypeError(
                "search must be a fitted search such as GridSearchCV. Got "
                f"{type(search).__name__} instead."
            )
        check_is_fitted(search, "cv_results_")
        return cls(**search_map(search, parameters, metric)).plot(ax=ax)

    def plot(self, *, ax: OptionalAxes = None) -> Self:
        """Draw the map, with the scores written.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure of fitting size.

        Returns
        -------
        self : object
            The display.
        """
        n_rows, n_columns = self.scores.shape
        ax = self._axes_or_new(
            ax,
            width=max(5.0, 2.6 + CELL[0] * n_columns),
            height=max(2.3, 1.8 + CELL[1] * n_rows),
        )
        ax.set_facecolor("0.92")
        shown = np.ma.masked_invalid(self.scores)
        image = ax.imshow(shown, cmap="viridis", aspect="auto")
        if shown.count():
            ax.figure.colorbar(image, ax=ax, label=self.score_name)
        # Above this, viridis is too bright for white letters.
        self._write_scores(ax, shown.min() + 0.6 * (shown.max() - shown.min()))
        if self.chosen is not None:
            self._frame(ax, *self.chosen)
        turned = max(map(len, self.column_labels)) > LONGEST_LEVEL_LABEL
        ax.set_xticks(
            range(n_columns),
            self.column_labels,
            rotation=30 if turned else 0,
            ha="right" if turned else "center",
        )
        if self.row_name:
            ax.set_yticks(range(n_rows), self.row_labels)
        else:
            ax.set_yticks([])
        title = f"Parameter search: {self.score_name}"
        if self.others:
            title += f"\nbest over {', '.join(self.others)}"
        if self.resources is not None:
            title += f"\n(in brackets: {self.resource_name})"
        ax.set(title=title, xlabel=self.column_name, ylabel=self.row_name)
        return self

    def _write_scores(self, ax: "Axes", bright: float) -> None:
        for (row, column), score in np.ndenumerate(self.scores):
            value = float(score)
            text = "-" if np.isnan(value) else f"{value:#.4g}"
            if self.resources is not None and self.resources[row, column]:
                text += f"\n({self.resources[row, column]})"
            colour = "white" if value <= bright else "black"
            ax.text(
                column, row, text, color=colour, ha="center", va="center", fontsize=9
            )

    def _frame(self, ax: "Axes", row: int, column: int) -> None:
        from matplotlib.patches import Rectangle

        frame = Rectangle(
            (column - 0.5, row - 0.5),
            1,
            1,
            fill=False,
            edgecolor=VERMILION,
            linewidth=3,
            clip_on=False,
        )
        ax.add_patch(frame)
