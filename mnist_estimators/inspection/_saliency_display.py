"""Which pixels decided, beside the images."""

from dataclasses import dataclass
from typing import Any, Self, cast

from numpy.typing import ArrayLike, NDArray

from .._inputs.parameters import check_count
from ._colours import centred_colours
from ._display import Display, OptionalFigure
from ._grad_cam import class_activation_maps
from ._gradients import images_to_explain, label_of_each
from ._inside import first_images
from ._layers import architecture
from ._saliency import input_gradients


@dataclass(eq=False, repr=False, kw_only=True)
class SaliencyDisplay(Display):
    """Images beside the gradient of a class score in their pixels, and Grad-CAM.

    The gradient is signed: more ink raises the score where it is red, and lowers it
    where it is blue. Grad-CAM is brighter where feature maps speak for the class;
    networks without feature maps of their own (dense ones, and those with a backbone)
    only have the gradient. Each picture has its own scale.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)
        Images as the network sees them.
    labels : ndarray of shape (n,)
        The class of each image whose score is explained.
    gradients : ndarray of shape (n, height, width)
        Of the score, before the softmax, in each pixel.
    grad_cams : ndarray of shape (n, height, width), default=None
        Grad-CAM, at least 0.

    Attributes
    ----------
    axes_ : ndarray of shape (n, n_columns) of matplotlib.axes.Axes
        Image, gradient and, if there is one, Grad-CAM of each image.
    figure_ : matplotlib.figure.Figure
        The picture.

    See Also
    --------
    saliency : The gradients as arrays.
    grad_cam : Grad-CAM as arrays.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks:
       Visualising Image Classification Models and Saliency Maps", ICLR Workshop 2014.
    .. [2] R. R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh, D. Batra,
       "Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based
       Localization", ICCV 2017.

    Examples
    --------
    >>> from mnist_estimators import CNNDigitClassifier, load_small_digits
    >>> from mnist_estimators.inspection import SaliencyDisplay
    >>> X, y = load_small_digits()
    >>> network = CNNDigitClassifier(filters=(4, 8), epochs=1).fit(X[:200], y[:200])
    >>> SaliencyDisplay.from_estimator(network, X, n_images=3).axes_.shape
    (3, 3)
    """

    images: NDArray[Any]
    labels: NDArray[Any]
    gradients: NDArray[Any]
    grad_cams: NDArray[Any] | None = None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        *,
        labels: ArrayLike | None = None,
        n_images: int = 5,
        figure: OptionalFigure = None,
    ) -> Self:
        """Explain and draw images.

        Parameters
        ----------
        estimator : fitted classifier
            DenseDigitClassifier, CNNDigitClassifier or NumpyDigitClassifier, or a
            pipeline, a search or an AugmentedClassifier that holds one.
        X : array-like of shape (n, pixels), (n, height, width) or \
                (n, height, width, 1)
            Images, as `estimator` takes them; the first ones are drawn. Not changed.
        labels : array-like of shape (n,), default=None
            The class of each image whose score is explained. None takes those
            predicted.
        n_images : int, default=5
            Rows of the picture, at most.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to draw on. None makes a new one.

        Returns
        -------
        SaliencyDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If there is no network in `estimator`.
        ValueError
            As in ``saliency``; or if `n_images` is not a positive integer.
        NotFittedError
            If the estimator is not fitted.
        """
        check_count("n_images", n_images)
        shown = first_images(estimator, X, n_images)
        if labels is not None:
            labels = label_of_each(labels, len(cast(Any, X)))[:n_images]
        network, images, targets = images_to_explain(estimator, shown, labels)
        cams = None
        if architecture(network) == "convolutional":
            cams = class_activation_maps(network, images, targets)
        return cls(
            images=images[..., 0],
            labels=network.classes_[targets],
            gradients=input_gradients(network, images, targets),
            grad_cams=cams,
        ).plot(figure=figure)

    def plot(self, *, figure: OptionalFigure = None) -> Self:
        """Draw a row for each image.

        Parameters
        ----------
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to draw on. None makes a new one.

        Returns
        -------
        self : object
            The display.
        """
        columns = ["image", "gradient"] + ["Grad-CAM"] * (self.grad_cams is not None)
        n_rows = len(self.images)
        figure = self._figure_or_new(
            figure, 0.7 + 1.7 * len(columns), 1.3 + 1.55 * n_rows
        )
        self.axes_ = figure.subplots(n_rows, len(columns), squeeze=False)
        for ax in self.axes_.flat:
            ax.set(xticks=[], yticks=[])
        for ax, title in zip(self.axes_[0], columns, strict=True):
            ax.set_title(title)
        for row, axes in enumerate(self.axes_):
            image, gradient = self.images[row], self.gradients[row]
            axes[0].imshow(image, "gray_r")
            axes[0].set_ylabel(f"class {self.labels[row]}")
            drawn = axes[1].imshow(gradient, **centred_colours(gradient))
            if self.grad_cams is not None:
                axes[2].imshow(image, "gray_r")
                heat = self.grad_cams[row]
                top = float(heat.max()) or 1.0
                overlay = axes[2].imshow(heat, "viridis", vmin=0, vmax=top, alpha=0.6)
        below: dict[str, Any] = {"location": "bottom", "aspect": 10, "pad": 0.02}
        bar = figure.colorbar(drawn, ax=self.axes_[:, 1], **below)
        bar.set_ticks(
            [drawn.norm.vmin, 0, drawn.norm.vmax], labels=["falls", "0", "rises"]
        )
        bar.set_label("score, with more ink")
        if self.grad_cams is not None:
            bar = figure.colorbar(overlay, ax=self.axes_[:, 2], **below)
            bar.set_ticks([0, overlay.norm.vmax], labels=["0", "most"])
            bar.set_label("speaks for the class")
        figure.suptitle("What the score of a class depends on", fontsize=11)
        return self
