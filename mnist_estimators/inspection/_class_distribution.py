"""How many images there are of each class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import unique_labels

from ._display import COLOURS, Display, OptionalAxes

BAR_WIDTH = 0.22  # inches: a number, written upright, fits on top
LONGEST_LEVEL_NAME = 4  # characters of a class
MOST_LEVEL_NUMBERS = 10  # bars side by side, under numbers that are not turned


@dataclass(eq=False, repr=False)
class ClassDistributionDisplay(Display):
    """Show how many images there are of each class, as bars.

    Make it with ``from_labels``; the constructor stores what it found.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted.
    counts : dict of str to ndarray of shape (n_classes,)
        Number of images of each class, in each set. The name of a single set may be ''.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Holds the bars.
    figure_ : matplotlib.figure.Figure
        Holds `ax_`.

    See Also
    --------
    DigitGridDisplay : The images themselves.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.inspection import ClassDistributionDisplay
    >>> _, y = load_small_digits()
    >>> sets = {"train": y[:1500], "test": y[1500:]}
    >>> display = ClassDistributionDisplay.from_labels(sets)
    >>> int(display.counts["train"].sum())
    1500
    """

    classes: NDArray[Any]
    counts: dict[str, NDArray[np.intp]]

    @classmethod
    def from_labels(
        cls, y: ArrayLike | Mapping[str, ArrayLike], *, ax: OptionalAxes = None
    ) -> Self:
        """Count labels.

        Parameters
        ----------
        y : array-like of shape (n,), or mapping of str to such
            Labels, or several sets of them by name, such as
            ``{"train": y_train, "test": y_test}``.
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.

        Returns
        -------
        ClassDistributionDisplay
            It is drawn already.

        Raises
        ------
        ValueError
            If there are no labels, labels that are numbers stand beside text, or they
            are not class labels.
        """
        given = y if isinstance(y, Mapping) else {"": y}
        sets = {str(name): column_or_1d(labels) for name, labels in given.items()}
        if not any(map(len, sets.values())):
            raise ValueError("y must hold at least one label; it is empty.")
        classes = unique_labels(*(labels for labels in sets.values() if len(labels)))
        counts = {
            name: np.array([np.count_nonzero(labels == c) for c in classes])
            for name, labels in sets.items()
        }
        return cls(classes, counts).plot(ax=ax)

    def plot(self, *, ax: OptionalAxes = None) -> Self:
        """Draw the bars, with the counts on top.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a figure.

        Returns
        -------
        self : object
            The display.
        """
        n_bars = len(self.classes) * len(self.counts)
        ax = self._axes_or_new(ax, width=max(6.4, BAR_WIDTH * (n_bars + 4)))
        width = 0.84 / len(self.counts)
        places = np.arange(len(self.classes))
        for number, (name, counts) in enumerate(self.counts.items()):
            offset = (number - (len(self.counts) - 1) / 2) * width
            bars = ax.bar(
                places + offset,
                counts,
                width,
                color=COLOURS[number % len(COLOURS)],
                label=f"{name}: {counts.sum():,}"
                if name
                else f"{counts.sum():,} in all",
            )
            ax.bar_label(
                bars,
                [f"{count:,}" for count in counts],
                padding=2,
                fontsize=8,
                rotation=0 if n_bars <= MOST_LEVEL_NUMBERS else 90,
            )
        ax.margins(y=0.15)
        names = [str(label) for label in self.classes]
        turned = max(map(len, names)) > LONGEST_LEVEL_NAME
        ax.set_xticks(places, names, rotation=45 if turned else 0)
        title = "Images of each class"
        if len(self.counts) > 1:
            ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        else:
            title += f" ({bars.get_label()})"
        ax.set(xlabel="class", ylabel="number of images", title=title)
        return self
