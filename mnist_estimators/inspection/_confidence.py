"""How sure a classifier is, and how far that can be trusted."""

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted

from .._inputs.parameters import check_count
from ._compared_labels import compared_labels
from ._confidence_of import check_probabilities, predict_with_probability
from ._display import BLUE, GREY, VERMILION, Display, OptionalFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LARGEST_POINT = 160  # square points: the bin with the most images


@dataclass(eq=False, repr=False)
class ConfidenceDisplay(Display):
    """Show how confident predictions are, and whether they are right as often.

    Make it with ``from_estimator`` or ``from_predictions``; the constructor stores what
    they found. Confidence is the probability of the predicted class. On the left is how
    it is distributed, for right predictions and for wrong ones. On the right is the
    reliability curve: predictions are put in bins of equal width by their confidence,
    and a point for each bin says how many of them are right. The expected calibration
    error [1]_ is the distance of the points from the diagonal, as a mean over all
    images.

    Parameters
    ----------
    confidence : ndarray of shape (n,)
        Probability of each predicted class, from 0 to 1.
    correct : ndarray of shape (n,), dtype bool
        Whether each prediction is right.
    bin_confidence : ndarray of shape (n_bins,)
        Mean confidence in each bin; NaN without images.
    bin_accuracy : ndarray of shape (n_bins,)
        Share of right predictions in each bin; NaN without images.
    bin_counts : ndarray of shape (n_bins,)
        Number of images in each bin.
    expected_calibration_error : float
        From 0, which is best, to 1.

    Attributes
    ----------
    axes_ : list of two matplotlib Axes
        The distribution, and the reliability curve.
    figure_ : matplotlib.figure.Figure
        Holds them.

    See Also
    --------
    MisclassifiedDisplay : The images behind confident mistakes.
    sklearn.calibration.CalibratedClassifierCV : Better probabilities.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", ICML 2017.

    Examples
    --------
    >>> from mnist_estimators.inspection import ConfidenceDisplay
    >>> display = ConfidenceDisplay.from_predictions(
    ...     [3, 5, 8, 1], [3, 5, 3, 1], [0.9, 0.9, 0.9, 0.9]
    ... )
    >>> round(display.expected_calibration_error, 2)
    0.15
    """

    confidence: NDArray[np.floating[Any]]
    correct: NDArray[np.bool_]
    _: KW_ONLY
    bin_confidence: NDArray[np.floating[Any]]
    bin_accuracy: NDArray[np.floating[Any]]
    bin_counts: NDArray[np.intp]
    expected_calibration_error: float

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        n_bins: int = 15,
        figure: OptionalFigure = None,
    ) -> Self:
        """Predict images, and show how confident that is.

        Parameters
        ----------
        estimator : fitted classifier
            With ``predict_proba``.
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images that the classifier was not fitted on. Stacked images are brought to
            rows for those that only take rows.
        y : array-like of shape (n,)
            Labels.
        n_bins : int, default=15
            Number of bins from 0 to 1, at least 1.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one.

        Returns
        -------
        ConfidenceDisplay
            It is drawn already.

        Raises
        ------
        NotFittedError
            If `estimator` is not fitted.
        TypeError
            If `estimator` has no ``predict_proba``.
        ValueError
            As in ``from_predictions``.
        """
        check_count("n_bins", n_bins)
        check_is_fitted(estimator)
        if not hasattr(estimator, "predict_proba"):
            name = type(estimator).__name__
            raise TypeError(
                f"{name} has no predict_proba, and confidence is a probability. Fit "
                "CalibratedClassifierCV(estimator) in its place; a vote needs "
                "voting='soft'."
            )
        y_pred, confidence = predict_with_probability(estimator, X)
        return cls.from_predictions(y, y_pred, confidence, n_bins=n_bins, figure=figure)

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        confidence: ArrayLike,
        *,
        n_bins: int = 15,
        figure: OptionalFigure = None,
    ) -> Self:
        """Show how confident predictions are.

        Parameters
        ----------
        y_true : array-like of shape (n,)
            Labels.
        y_pred : array-like of shape (n,)
            Predictions.
        confidence : array-like of shape (n,)
            Probability of each predicted class, such as
            ``estimator.predict_proba(X).max(axis=1)``.
        n_bins : int, default=15
            Number of bins from 0 to 1, at least 1.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one.

        Returns
        -------
        ConfidenceDisplay
            It is drawn already.

        Raises
        ------
        ValueError
            If the arrays are empty or differ in length, if one of labels and
            predictions holds numbers and the other text, if a confidence is not from 0
            to 1, or if `n_bins` is not a positive integer.
        """
        check_count("n_bins", n_bins)
        check_consistent_length(y_true, y_pred, confidence)
        true, predicted = compared_labels(y_true, y_pred)
        correct = true == predicted
        probability = check_probabilities(confidence)
        if not len(probability):
            raise ValueError("y_true must hold at least one label; it is empty.")
        return cls(
            probability, correct, **_calibration(probability, correct, int(n_bins))
        ).plot(figure=figure)

    def plot(self, *, figure: OptionalFigure = None) -> Self:
        """Draw the distribution and the reliability curve.

        Parameters
        ----------
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one.

        Returns
        -------
        self : object
            The display.
        """
        figure = self._figure_or_new(figure, 9.0, 4.0)
        self.axes_ = list(figure.subplots(1, 2))
        self._plot_distribution(self.axes_[0])
        self._plot_reliability(self.axes_[1])
        for ax in self.axes_:
            ax.grid(color="0.9")
            ax.set_axisbelow(True)
        return self

    def _plot_distribution(self, ax: "Axes") -> None:
        n_bins = len(self.bin_counts)
        bins = _bins_of(self.confidence, n_bins)
        for name, chosen, colour, hatch in [
            ("right", self.correct, BLUE, None),
            ("wrong", ~self.correct, VERMILION, "///"),
        ]:
            n_chosen = int(chosen.sum())
            counts = np.bincount(bins[chosen], minlength=n_bins)
            ax.stairs(
                # Wrong ones are few: beside all images they could not be seen.
                100 * counts / max(n_chosen, 1),
                np.linspace(0, 1, n_bins + 1),
                fill=True,
                facecolor=(colour, 0.3),
                edgecolor=colour,
                linewidth=1.5,
                hatch=hatch,
                label=f"{name}: {n_chosen:,} of {len(chosen):,}",
            )
        ax.set(
            title="Confidence of right and of wrong predictions",
            xlabel="confidence (probability of the predicted class)",
            ylabel="% of the right or of the wrong ones",
            xlim=(0, 1),
        )
        ax.legend(loc="best")

    def _plot_reliability(self, ax: "Axes") -> None:
        ax.plot([0, 1], [0, 1], "--", color=GREY, label="perfect calibration")
        ax.plot(self.bin_confidence, self.bin_accuracy, color=BLUE, linewidth=1)
        ax.scatter(
            self.bin_confidence,
            self.bin_accuracy,
            10 + LARGEST_POINT * self.bin_counts / self.bin_counts.max(),
            color=BLUE,
            label="bins; area: number of images",
        )
        ax.set(
            title=(
                "Reliability: expected calibration error "
                f"{self.expected_calibration_error:.2%}"
            ),
            xlabel="confidence, mean of the bin",
            ylabel="accuracy in the bin",
            xlim=(0, 1.03),
            ylim=(-0.03, 1.05),
        )
        ax.legend(loc="best")


def _bins_of(confidence: NDArray[np.floating[Any]], n_bins: int) -> NDArray[np.intp]:
    # As in the paper, a bin holds its upper edge.
    inner_edges = np.linspace(0, 1, n_bins + 1)[1:-1]
    return np.searchsorted(inner_edges, confidence, side="left")


def _calibration(
    confidence: NDArray[np.floating[Any]], correct: NDArray[np.bool_], n_bins: int
) -> dict[str, Any]:
    bins = _bins_of(confidence, n_bins)
    counts = np.bincount(bins, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(bins, confidence, n_bins) / counts
        accuracy = np.bincount(bins, correct, n_bins) / counts
    gaps = np.abs(accuracy - mean_confidence)
    error = np.nansum(gaps * counts) / len(confidence)
    return {
        "bin_confidence": mean_confidence,
        "bin_accuracy": accuracy,
        "bin_counts": counts,
        "expected_calibration_error": float(error),
    }
