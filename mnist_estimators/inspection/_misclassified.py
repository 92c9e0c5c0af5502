"""The mistakes of a classifier, the most confident ones first."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length, column_or_1d

from .._inputs.parameters import check_count
from ._compared_labels import compared_labels
from ._confidence_of import (
    check_probabilities,
    predict_with_margin,
    predict_with_probability,
)
from ._digit_images import (
    DigitImagesDisplay,
    image_shape_within,
    image_stack,
)
from ._display import OptionalFigure


@dataclass(eq=False, repr=False)
class MisclassifiedDisplay(DigitImagesDisplay):
    """Show the images that a classifier got wrong, the most confident mistakes first.

    Make it with ``from_estimator`` or ``from_predictions``; the constructor stores what
    they found. How confidence is measured depends on the classifier:

    - with ``predict_proba`` it is the probability of the predicted class;
    - else, with a score for each class in ``decision_function``, as `SVC` has them, it
      is the margin: the score of the predicted class less the best other one. Margins
      order the mistakes of one classifier. They are not probabilities, and can't be
      compared between classifiers;
    - else nothing is known, and the mistakes keep the order of the images.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)
        The mistakes that are shown.
    y_true : ndarray of shape (n,)
        Their labels.
    y_pred : ndarray of shape (n,)
        What they were taken for.
    indices : ndarray of shape (n,)
        Their rows in `X`.
    confidence : ndarray of shape (n,) or None
        Confidence of the predictions.
    confidence_name : {'probability', 'margin'}
        What it is.
    n_mistakes : int
        Number of all mistakes, shown or not.
    n_samples : int
        Number of all images that were predicted.

    Attributes
    ----------
    axes_ : list of matplotlib Axes
        One for each image; a single one if there are no mistakes.
    figure_ : matplotlib.figure.Figure
        Holds them.

    See Also
    --------
    ConfidenceDisplay : How far confidence can be trusted.
    sklearn.metrics.ConfusionMatrixDisplay : Which digits are taken for which.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.inspection import MisclassifiedDisplay
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = load_small_digits()
    >>> bayes = GaussianNB().fit(X[:1000], y[:1000])
    >>> display = MisclassifiedDisplay.from_estimator(bayes, X[1000:], y[1000:])
    >>> len(display.images)
    25
    >>> bool((display.y_pred != display.y_true).all())
    True
    """

    images: NDArray[Any]
    _: KW_ONLY
    y_true: NDArray[Any]
    y_pred: NDArray[Any]
    indices: NDArray[np.intp]
    confidence: NDArray[np.floating[Any]] | None
    confidence_name: str
    n_mistakes: int
    n_samples: int

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        n_images: int = 25,
        image_shape: tuple[int, int] | None = None,
        figure: OptionalFigure = None,
    ) -> Self:
        """Predict images, and show the mistakes.

        Parameters
        ----------
        estimator : fitted classifier
            Any of scikit-learn's kind; see above for what its confidence is.
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images as the classifier takes them. Stacked images are brought to rows for
            those that only take rows.
        y : array-like of shape (n,)
            Labels.
        n_images : int, default=25
            How many mistakes to show, at most; at least 1.
        image_shape : tuple (height, width), default=None
            Of rows of pixels. None asks the classifier, and else takes a square where
            the number of pixels allows, or one row of pixels.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one of fitting size.

        Returns
        -------
        MisclassifiedDisplay
            It is drawn already.

        Raises
        ------
        NotFittedError
            If `estimator` is not fitted.
        ValueError
            As in ``from_predictions``.
        """
        check_count("n_images", n_images)
        image_shape = image_shape or image_shape_within(estimator, X)
        confidence: NDArray[np.floating[Any]] | None
        if hasattr(estimator, "predict_proba"):
            name = "probability"
            y_pred, confidence = predict_with_probability(estimator, X)
        else:
            name = "margin"
            y_pred, confidence = predict_with_margin(estimator, X)
        return cls._from_arrays(
            X, y, y_pred, confidence, name, n_images, image_shape
        ).plot(figure=figure)

    @classmethod
    def from_predictions(
        cls,
        X: ArrayLike,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        confidence: ArrayLike | None = None,
        n_images: int = 25,
        image_shape: tuple[int, int] | None = None,
        figure: OptionalFigure = None,
    ) -> Self:
        """Show the mistakes among predictions.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images with values of any range; the largest is drawn black.
        y_true : array-like of shape (n,)
            Labels.
        y_pred : array-like of shape (n,)
            Predictions.
        confidence : array-like of shape (n,), default=None
            Probability of each predicted class, such as
            ``estimator.predict_proba(X).max(axis=1)``. Without it, mistakes keep the
            order of the images.
        n_images : int, default=25
            How many mistakes to show, at most; at least 1.
        image_shape : tuple (height, width), default=None
            Of rows of pixels. None takes a square where the number of pixels allows,
            else one row of pixels.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one of fitting size.

        Returns
        -------
        MisclassifiedDisplay
            It is drawn already.

        Raises
        ------
        ValueError
            If `X` is one image, not made of images, or not of `image_shape`; if it is
            empty, or holds NaN, infinity or no numbers; if the arrays differ in length;
            if one of labels and predictions holds numbers and the other text; if a
            confidence is not from 0 to 1; or if `n_images` is not a positive integer.
        """
        check_count("n_images", n_images)
        if confidence is not None:
            confidence = check_probabilities(confidence)
        return cls._from_arrays(
            X, y_true, y_pred, confidence, "probability", n_images, image_shape
        ).plot(figure=figure)

    @classmethod
    def _from_arrays(
        cls,
        X: ArrayLike,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        confidence: ArrayLike | None,
        confidence_name: str,
        n_images: int,
        image_shape: tuple[int, int] | None,
    ) -> Self:
        check_consistent_length(X, y_true, y_pred, confidence)
        true, predicted = compared_labels(y_true, y_pred)
        mistakes = shown = np.flatnonzero(predicted != true)
        sure = None
        if confidence is not None:
            sure = column_or_1d(confidence, dtype=np.float64)
            shown = mistakes[np.argsort(-sure[mistakes], kind="stable")]
        shown = shown[:n_images]
        return cls(
            image_stack(X, image_shape)[shown],
            y_true=true[shown],
            y_pred=predicted[shown],
            indices=shown,
            confidence=None if sure is None else sure[shown],
            confidence_name=confidence_name,
            n_mistakes=len(mistakes),
            n_samples=len(true),
        )

    def plot(self, *, figure: OptionalFigure = None) -> Self:
        """Draw the mistakes.

        Parameters
        ----------
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one of fitting size.

        Returns
        -------
        self : object
            The display.
        """
        if self.n_mistakes == 0:
            figure = self._figure_or_new(figure, 4.0, 1.2)
            ax = figure.subplots()
            ax.set_axis_off()
            text = f"No mistakes in {self.n_samples:,} images"
            ax.text(0.5, 0.5, text, ha="center", va="center", fontsize=12)
            self.axes_ = [ax]
            return self
        titles = [
            f"predicted {predicted}\ntrue {true}"
            for predicted, true in zip(self.y_pred, self.y_true, strict=True)
        ]
        count = f"{self.n_mistakes:,} mistakes in {self.n_samples:,} images"
        if self.confidence is None:
            title = f"{count}\nthe first {len(titles)}, in the order of the images"
        else:
            title = (
                f"{count}\nthe {len(titles)} most confident, with their "
                f"{self.confidence_name}"
            )
            layout = "{:.1%}" if self.confidence_name == "probability" else "{:.2f}"
            titles = [
                f"{text}\n{layout.format(value)}"
                for text, value in zip(titles, self.confidence, strict=True)
            ]
        return self._draw(figure, title, titles, [False] * len(titles))
