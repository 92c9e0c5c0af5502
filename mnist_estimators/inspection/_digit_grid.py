"""A grid of digits, with their labels or with predictions."""

from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length, column_or_1d

from .._inputs.estimators import as_taken
from .._inputs.parameters import check_count
from ._compared_labels import compared_labels
from ._digit_images import (
    DigitImagesDisplay,
    image_shape_within,
    image_stack,
)
from ._display import OptionalFigure
from ._inside import first_images


@dataclass(eq=False, repr=False)
class DigitGridDisplay(DigitImagesDisplay):
    """Show images of digits in a grid, with their labels or with predictions.

    Make it with ``from_images``, ``from_predictions`` or ``from_estimator``; the
    constructor stores what they found.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)
        What is shown.
    y_true : ndarray of shape (n,), default=None
        Labels.
    y_pred : ndarray of shape (n,), default=None
        Predictions, which need `y_true`.

    Attributes
    ----------
    axes_ : list of n matplotlib Axes
        One for each image.
    figure_ : matplotlib.figure.Figure
        Holds them.

    See Also
    --------
    MisclassifiedDisplay : Only the mistakes, the most confident ones first.
    sklearn.metrics.ConfusionMatrixDisplay : Which digits are taken for which.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.inspection import DigitGridDisplay
    >>> X, y = load_small_digits()
    >>> display = DigitGridDisplay.from_images(X, y, n_images=10)
    >>> [ax.get_title() for ax in display.axes_[:3]]
    ['0', '1', '2']
    """

    images: NDArray[Any]
    _: KW_ONLY
    y_true: NDArray[Any] | None = None
    y_pred: NDArray[Any] | None = None

    @classmethod
    def from_images(
        cls,
        X: ArrayLike,
        y: ArrayLike | None = None,
        *,
        n_images: int = 25,
        image_shape: tuple[int, int] | None = None,
        figure: OptionalFigure = None,
    ) -> Self:
        """Show the first images, with labels if there are any.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images with values of any range; the largest is drawn black.
        y : array-like of shape (n,), default=None
            Labels, or predictions for images without.
        n_images : int, default=25
            How many of the images to show, at most; at least 1.
        image_shape : tuple (height, width), default=None
            Of rows of pixels. None takes a square where the number of pixels allows,
            else one row of pixels.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one of fitting size.

        Returns
        -------
        DigitGridDisplay
            It is drawn already.

        Raises
        ------
        ValueError
            If `X` is one image, not made of images, or not of `image_shape`; if it is
            empty, or holds NaN, infinity or no numbers; if `y` has another length; or
            if `n_images` is not a positive integer.
        """
        check_count("n_images", n_images)
        images = image_stack(X, image_shape)
        check_consistent_length(images, y)
        labels = None if y is None else column_or_1d(y)[:n_images]
        return cls(images[:n_images], y_true=labels).plot(figure=figure)

    @classmethod
    def from_predictions(
        cls,
        X: ArrayLike,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        n_images: int = 25,
        image_shape: tuple[int, int] | None = None,
        figure: OptionalFigure = None,
    ) -> Self:
        """Show the first images with predictions; wrong ones are marked.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, as in ``from_images``.
        y_true : array-like of shape (n,)
            Labels.
        y_pred : array-like of shape (n,)
            Predictions.
        n_images : int, default=25
            How many of the images to show, at most; at least 1.
        image_shape : tuple (height, width), default=None
            Of rows of pixels, as in ``from_images``.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one of fitting size.

        Returns
        -------
        DigitGridDisplay
            It is drawn already.

        Raises
        ------
        ValueError
            As in ``from_images``; or if one of labels and predictions holds numbers and
            the other text.
        """
        check_count("n_images", n_images)
        images = image_stack(X, image_shape)
        check_consistent_length(images, y_true, y_pred)
        true, predicted = compared_labels(y_true, y_pred)
        return cls(
            images[:n_images],
            y_true=true[:n_images],
            y_pred=predicted[:n_images],
        ).plot(figure=figure)

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
        """Predict the first images, and show them; wrong predictions are marked.

        Parameters
        ----------
        estimator : fitted classifier
            Any of scikit-learn's kind.
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images as the classifier takes them. Stacked images are brought to rows for
            those that only take rows.
        y : array-like of shape (n,)
            Labels. For images without, show the predictions with ``from_images``.
        n_images : int, default=25
            How many of the images to predict and show, at most; at least 1.
        image_shape : tuple (height, width), default=None
            Of rows of pixels. None asks the classifier, then does as ``from_images``.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one of fitting size.

        Returns
        -------
        DigitGridDisplay
            It is drawn already.

        Raises
        ------
        NotFittedError
            If `estimator` is not fitted.
        ValueError
            As in ``from_predictions``.
        """
        check_count("n_images", n_images)
        first = first_images(estimator, X, n_images)
        check_consistent_length(X, y)
        image_shape = image_shape or image_shape_within(estimator, first)
        return cls.from_predictions(
            first,
            column_or_1d(y)[:n_images],
            estimator.predict(as_taken(estimator, first)),
            n_images=n_images,
            image_shape=image_shape,
            figure=figure,
        )

    def plot(self, *, figure: OptionalFigure = None) -> Self:
        """Draw the images.

        Parameters
        ----------
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Where to draw. None makes one of fitting size.

        Returns
        -------
        self : object
            The display.
        """
        n_images = len(self.images)
        wrong = np.zeros(n_images, dtype=bool)
        title = f"Images: {n_images}"
        if self.y_true is None:
            titles = [""] * n_images
        elif self.y_pred is None:
            titles = [str(label) for label in self.y_true]
        else:
            wrong = self.y_pred != self.y_true
            title = f"Predictions: {n_images - wrong.sum()} of {n_images} right"
            if wrong.any():
                title += "\nwrong ones framed, with the true label"
            titles = [
                f"predicted {predicted}\ntrue {label}" if is_wrong else str(predicted)
                for predicted, label, is_wrong in zip(
                    self.y_pred, self.y_true, wrong, strict=True
                )
            ]
        return self._draw(figure, title, titles, wrong.tolist())
