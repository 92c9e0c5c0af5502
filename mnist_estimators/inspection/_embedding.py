"""What a network sees in many images, in two dimensions."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.utils import check_consistent_length

from .._inputs.estimators import as_taken
from ._activations import activations
from ._compared_labels import compared_labels
from ._display import Display, OptionalAxes

METHODS = ("pca", "tsne")
# Ten colours for ten digits, of Petroff (arXiv:2107.02270): told apart with any colour
# vision. With seven markers they make seventy pairs.
DIGIT_COLOURS = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
PERPLEXITY = 30.0


@dataclass(eq=False, repr=False, kw_only=True)
class EmbeddingDisplay(Display):
    """Images as points: near each other where the network sees them alike.

    Parameters
    ----------
    embedding : ndarray of shape (n, 2)
        Place of each image.
    y_true : ndarray of shape (n,)
        True labels, which give the points their colours and markers.
    y_pred : ndarray of shape (n,)
        Predicted labels; wrong ones are circled.
    axis_names : tuple of two str
        What the dimensions are.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where the points are.
    figure_ : matplotlib.figure.Figure
        The picture.

    See Also
    --------
    activations : The outputs behind it, for ``layer=-3``.

    References
    ----------
    .. [1] L. van der Maaten, G. Hinton, "Visualizing Data using t-SNE", Journal of
       Machine Learning Research 9, 2008.

    Examples
    --------
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits
    >>> from mnist_estimators.inspection import EmbeddingDisplay
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(epochs=5, random_state=0).fit(X[:1000], y[:1000])
    >>> display = EmbeddingDisplay.from_estimator(network, X[1000:], y[1000:])
    >>> display.embedding.shape
    (797, 2)
    """

    embedding: NDArray[Any]
    y_true: NDArray[Any]
    y_pred: NDArray[Any]
    axis_names: tuple[str, str]

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        method: str = "pca",
        random_state: int | np.random.RandomState | None = 0,
        ax: OptionalAxes = None,
    ) -> Self:
        """Run images through a fitted network, and draw what its output layer sees.

        Parameters
        ----------
        estimator : fitted classifier
            DenseDigitClassifier, CNNDigitClassifier or NumpyDigitClassifier, or a
            pipeline, a search or an AugmentedClassifier that holds one. Other
            classifiers have no layers, and raise an error.
        X : array-like of shape (n, pixels), (n, height, width) or \
                (n, height, width, 1)
            Images, as `estimator` takes them; at least two. Not changed.
        y : array-like of shape (n,)
            True labels.
        method : {'pca', 'tsne'}, default='pca'
            How what the output layer sees becomes two numbers. 'pca' takes its two
            principal components: fast, and distances mean something. 'tsne' keeps
            neighbours together, which parts the digits better; it takes seconds for a
            thousand images, and distances between groups mean nothing.
        random_state : int, RandomState instance or None, default=0
            Seed of what the methods draw at random.
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on. None makes a new figure.

        Returns
        -------
        EmbeddingDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If there is no network in `estimator`.
        ValueError
            If `method` is another; if there is but one image, or one unit before the
            output layer; if `y` has another length, or is text where the predictions
            are numbers, or the reverse; if `X` does not fit the estimator; or if a
            search was fitted with ``refit=False``.
        NotFittedError
            If the estimator is not fitted.
        """
        if method not in METHODS:
            raise ValueError(
                f"method must be one of {METHODS}. Got {method!r} instead."
            )
        check_consistent_length(X, y)
        outputs = activations(estimator, X, -3)
        y_true, y_pred = compared_labels(y, estimator.predict(as_taken(estimator, X)))
        if min(outputs.shape) < 2:
            raise ValueError(
                f"X holds {outputs.shape[0]} images, of which the output layer sees "
                f"{outputs.shape[1]} numbers each: two dimensions need two of both. "
                "Give more images, or a network with more units."
            )
        embedding, axis_names = _in_two_dimensions(outputs, method, random_state)
        display = cls(
            embedding=embedding,
            y_true=y_true,
            y_pred=y_pred,
            axis_names=axis_names,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: OptionalAxes = None) -> Self:
        """Draw the points.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on. None makes a new figure.

        Returns
        -------
        self : object
            The display.
        """
        from matplotlib.patheffects import withStroke

        ax = self._axes_or_new(ax, 7.2, 5.6)
        outline = [withStroke(linewidth=3, foreground="white")]
        for number, label in enumerate(np.unique(self.y_true)):
            points = self.embedding[self.y_true == label]
            colour = DIGIT_COLOURS[number % len(DIGIT_COLOURS)]
            marker = MARKERS[number % len(MARKERS)]
            ax.scatter(
                points[:, 0],
                points[:, 1],
                s=16,
                c=colour,
                marker=marker,
                alpha=0.7,
                linewidths=0,
                label=f"{label}",
            )
            ax.text(
                np.median(points[:, 0]),
                np.median(points[:, 1]),
                f"{label}",
                fontsize=16,
                fontweight="bold",
                ha="center",
                va="center",
                path_effects=outline,
                zorder=4,
            )
        wrong = self.embedding[self.y_true != self.y_pred]
        ax.scatter(
            wrong[:, 0],
            wrong[:, 1],
            s=60,
            facecolors="none",
            edgecolors="black",
            linewidths=0.8,
            label=f"wrong ({len(wrong)})",
            zorder=3,
        )
        ax.set(
            title=f"What the output layer sees of {len(self.embedding)} images",
            xlabel=self.axis_names[0],
            ylabel=self.axis_names[1],
        )
        ax.legend(title="true label", loc="center left", bbox_to_anchor=(1, 0.5))
        return self


def _in_two_dimensions(
    outputs: NDArray[Any], method: str, random_state: Any
) -> tuple[NDArray[Any], tuple[str, str]]:
    """Reduce outputs to two dimensions, and name these."""
    if method == "pca":
        components = PCA(2, random_state=random_state)
        embedding = components.fit_transform(outputs)
        first, second = 100 * components.explained_variance_ratio_
        return embedding, (
            f"first principal component ({first:.0f} % of the variance)",
            f"second principal component ({second:.0f} % of the variance)",
        )
    # It must be below the number of images.
    perplexity = min(PERPLEXITY, len(outputs) / 4)
    neighbours = TSNE(perplexity=perplexity, random_state=random_state)
    embedding = neighbours.fit_transform(outputs)
    return embedding, ("t-SNE, first dimension", "t-SNE, second dimension")
