"""Loss, accuracy and other metrics over the epochs of a training."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ._display import COLOURS, Display, OptionalFigure
from ._inside import inside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")
LABELS = {"accuracy": "accuracy (share of images)"}
PANELS_PER_ROW = 3
FEW_EPOCHS = 40  # up to here each one gets a dot
History = dict[str, NDArray[np.float64]]


@dataclass(eq=False, repr=False)
class TrainingHistoryDisplay(Display):
    """Show loss, accuracy and other metrics by epoch, for one training or several.

    Make it with ``from_estimator`` or ``from_history``; the constructor stores what
    they found. Training is dashed, validation is solid, and a circle marks the best
    epoch: that of the lowest validation loss, or of the highest validation accuracy
    where no loss is known. Without validation data no epoch is known to be the best.

    Parameters
    ----------
    histories : dict of str to dict of str to ndarray of shape (n_epochs,)
        Values of 'loss', 'accuracy', 'val_loss' and 'val_accuracy', or some of them,
        and of other metrics, by the name of the training. The name of a single one is
        not drawn.

    Attributes
    ----------
    best_epochs_ : dict of str to int or None
        The best epoch of each training, from 1.
    axes_ : list of matplotlib Axes
        For loss, for accuracy and for each other metric, where they are known.
    figure_ : matplotlib.figure.Figure
        Holds them.

    See Also
    --------
    mnist_estimators.DenseDigitClassifier : Has the same numbers as ``history_frame_``.

    Examples
    --------
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits
    >>> from mnist_estimators.inspection import TrainingHistoryDisplay
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(epochs=3, validation_fraction=0.2)
    >>> display = TrainingHistoryDisplay.from_estimator(network.fit(X, y))
    >>> [ax.get_title() for ax in display.axes_]
    ['Loss', 'Accuracy']
    """

    histories: dict[str, History]

    @classmethod
    def from_estimator(cls, estimator: Any, *, figure: OptionalFigure = None) -> Self:
        """Show how a fitted network was trained, or how several were.

        Parameters
        ----------
        estimator : fitted network, or mapping of str to such
            With ``history_``, as the networks of this package have it, or with
            ``loss_curve_``, as scikit-learn's `MLPClassifier` has it, which knows no
            accuracy but that of its early stopping. Networks within pipelines and
            searches are found.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one.

        Returns
        -------
        TrainingHistoryDisplay
            It is drawn already.

        Raises
        ------
        NotFittedError
            If an estimator is not fitted.
        TypeError
            If an estimator keeps no history.
        ValueError
            If the mapping is empty, a training was interrupted before the end of its
            first epoch, or a search was fitted with ``refit=False``.
        """
        given = estimator if isinstance(estimator, Mapping) else {"": estimator}
        histories = {name: _history_of(one) for name, one in given.items()}
        return cls._from_histories(histories, "estimator").plot(figure=figure)

    @classmethod
    def from_history(
        cls,
        history: Mapping[str, Any] | pd.DataFrame,
        *,
        figure: OptionalFigure = None,
    ) -> Self:
        """Show a training by its numbers, or several.

        Parameters
        ----------
        history : mapping of str to array-like of shape (n_epochs,), or of str to such
            What ``history_`` holds, ``history_frame_``, or the `history` that Keras
            returns as ``model.fit(...).history``: 'loss', 'accuracy', 'val_loss' and
            'val_accuracy', or some of them, and any other metric. All have one length;
            NaN stands for epochs without validation. A mapping of names to these shows
            several.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one.

        Returns
        -------
        TrainingHistoryDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `history` is not a mapping.
        ValueError
            If it is empty, or a history in it has none of the four, or not one number
            an epoch of each.
        """
        if not isinstance(history, Mapping | pd.DataFrame):
            raise TypeError(
                "history must be a mapping such as history_ of a fitted network. Got "
                f"{type(history).__name__} instead; of Keras' History, give .history."
            )
        several = isinstance(history, Mapping) and all(
            isinstance(one, Mapping | pd.DataFrame) for one in history.values()
        )
        histories: Any = history if several else {"": history}
        return cls._from_histories(histories, "history").plot(figure=figure)

    @classmethod
    def _from_histories(cls, histories: Mapping[Any, Any], parameter: str) -> Self:
        if not histories:
            raise ValueError(f"{parameter} must hold at least one; it is empty.")
        return cls({str(name): _known(one) for name, one in histories.items()})

    def plot(self, *, figure: OptionalFigure = None) -> Self:
        """Draw the curves.

        Parameters
        ----------
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one.

        Returns
        -------
        self : object
            The display.
        """
        known = dict.fromkeys(chain.from_iterable(self.histories.values()))
        in_order = [name for name in METRICS if name in known] + [*known]
        panels = [*dict.fromkeys(name.removeprefix("val_") for name in in_order)]
        columns = min(len(panels), PANELS_PER_ROW)
        rows = -(-len(panels) // columns)
        figure = self._figure_or_new(figure, 1.6 + 4.2 * columns, 3.6 * rows)
        all_axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for unused in all_axes[len(panels) :]:
            unused.remove()
        self.axes_ = list(all_axes[: len(panels)])
        self.best_epochs_ = {
            name: _best_epoch(history) for name, history in self.histories.items()
        }
        for ax, panel in zip(self.axes_, panels, strict=True):
            self._plot_panel(ax, panel)
        handles = {
            label: handle
            for ax in self.axes_
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            handles.values(), handles.keys(), loc="outside right upper", frameon=False
        )
        return self

    def _plot_panel(self, ax: "Axes", panel: str) -> None:
        from matplotlib.ticker import MaxNLocator

        for number, (name, history) in enumerate(self.histories.items()):
            colour = COLOURS[number % len(COLOURS)]
            before = f"{name}, " if name else ""
            best = self.best_epochs_[name]
            for metric, kind, line in [
                (panel, "training", "--"),
                (f"val_{panel}", "validation", "-"),
            ]:
                if metric not in history:
                    continue
                values = history[metric]
                # NaN, of epochs without validation, would tear the line apart.
                epochs = np.flatnonzero(~np.isnan(values))
                ax.plot(
                    epochs + 1,
                    values[epochs],
                    line,
                    color=colour,
                    marker="." if len(values) <= FEW_EPOCHS else None,
                    label=f"{before}{kind}",
                )
                if kind == "validation" and best is not None:
                    ax.plot(
                        best,
                        values[best - 1],
                        "o",
                        color=colour,
                        markersize=10,
                        fillstyle="none",
                        markeredgewidth=2,
                        label=f"{before}best epoch: {best}",
                    )
        label = panel.replace("_", " ")
        title = label[:1].upper() + label[1:]
        ax.set(title=title, xlabel="epoch", ylabel=LABELS.get(panel, label))
        ax.set_xlim(left=0.5)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(color="0.9")
        ax.set_axisbelow(True)


def _history_of(estimator: Any) -> Mapping[str, ArrayLike]:
    network, _ = inside(estimator)
    history = getattr(network, "history_", None)
    if isinstance(history, Mapping):
        if not history:
            raise ValueError(
                f"The training of {type(network).__name__} was interrupted before the "
                "end of its first epoch: history_ is empty. Fit it for longer."
            )
        return history
    loss = getattr(network, "loss_curve_", None)
    if loss is None:
        raise TypeError(
            f"{type(estimator).__name__} keeps no history of its training: there is "
            "neither history_ nor loss_curve_ in it. Give a fitted network, such as "
            "DenseDigitClassifier, or numbers to from_history."
        )
    history = {"loss": loss}
    accuracy = getattr(network, "validation_scores_", None)
    if accuracy is not None:
        history["val_accuracy"] = accuracy
    return history


def _known(history: Mapping[Any, Any] | pd.DataFrame) -> History:
    names = [*history] if {*METRICS} & {*history} else []
    given = {str(name): np.asarray(history[name], np.float64) for name in names}
    known = {name: values for name, values in given.items() if values.size}
    if not known:
        found = ", ".join(map(str, history)) or "nothing"
        found += " of no epoch" if given else ""
        raise ValueError(
            f"history must hold some of {', '.join(METRICS)}, with a value for each "
            f"epoch. Got {found} instead."
        )
    shapes = {name: values.shape for name, values in known.items()}
    n_epochs = max(values.size for values in known.values())
    if set(shapes.values()) != {(n_epochs,)}:
        found = ", ".join(f"{name} of shape {shape}" for name, shape in shapes.items())
        raise ValueError(
            "history must hold lists of one length: one number an epoch, NaN where "
            f"there was no validation. Got {found} instead."
        )
    return known


def _best_epoch(history: History) -> int | None:
    """Find the best epoch on validation data, from 1."""
    for name, sign in [("val_loss", 1), ("val_accuracy", -1)]:
        if name in history and not np.isnan(history[name]).all():
            return int(np.nanargmin(sign * history[name])) + 1
    return None
