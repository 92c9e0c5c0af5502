"""Learned weights as images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .._inputs.images import resolve_image_shape
from .._inputs.parameters import check_count
from ._colours import centred_colours
from ._display import Display, OptionalFigure, grid_of_axes
from ._inside import inside
from ._layers import (
    architecture,
    check_sees_pixels,
    convolutions,
    first_rows,
    layer_index,
    layer_names,
    network_within,
)

N_COLUMNS = 8


@dataclass(eq=False, repr=False, kw_only=True)
class FilterDisplay(Display):
    """Learned kernels of a convolution, or weights of a dense layer, as images.

    Of a dense network, and of a linear classifier such as LogisticRegression, these are
    the weights between the pixels and each unit. All share one scale of colours, with
    white for 0: what is red raises the output where there is ink, what is blue lowers
    it.

    Parameters
    ----------
    kernels : ndarray of shape (n_filters, n_inputs, height, width)
        Weights of each filter or unit; `n_inputs` is 1 where it sees the image.
    names : sequence of str
        Of each filter or unit.
    title : str
        What they are.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        One for each kernel drawn.
    figure_ : matplotlib.figure.Figure
        The picture.

    See Also
    --------
    ActivationMapDisplay : What the kernels make of an image.

    Examples
    --------
    >>> from mnist_estimators import CNNDigitClassifier, load_small_digits
    >>> from mnist_estimators.inspection import FilterDisplay
    >>> X, y = load_small_digits()
    >>> network = CNNDigitClassifier(filters=(4, 8), epochs=1).fit(X[:200], y[:200])
    >>> display = FilterDisplay.from_estimator(network)
    >>> display.title, display.kernels.shape
    ('conv2d_0: kernels', (4, 1, 3, 3))
    """

    kernels: NDArray[Any]
    names: Sequence[str]
    title: str

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        layer: str | int | None = None,
        n_kernels: int = 32,
        image_shape: tuple[int, int] | None = None,
        figure: OptionalFigure = None,
    ) -> Self:
        """Draw weights of a fitted classifier.

        Parameters
        ----------
        estimator : fitted classifier
            DenseDigitClassifier, CNNDigitClassifier, NumpyDigitClassifier, or a linear
            classifier with ``coef_`` for each class; or a pipeline or a search that
            holds one.
        layer : str or int, default=None
            Name or number of a convolution, as in ``activations``. None takes the first
            layer with weights, which in a dense network is the only one whose weights
            belong to pixels. A linear classifier has no layers.
        n_kernels : int, default=32
            Kernels to draw, at most.
        image_shape : tuple (height, width), default=None
            Of the images whose pixels the weights belong to. None asks the network, and
            of a linear classifier takes a square where the number of pixels allows,
            else one row of pixels. The kernels of a convolution have their own shape.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to draw on. None makes a new one.

        Returns
        -------
        FilterDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If `estimator` holds neither a network nor a linear classifier, or `layer`
            is neither text nor integer.
        ValueError
            If `layer` does not exist, or its weights are not images; if the network has
            a backbone; if `image_shape` does not fit the weights; if a step before the
            network makes another number of features of the pixels; if a search was
            fitted with ``refit=False``; or if `n_kernels` is not a positive integer.
        NotFittedError
            If the estimator is not fitted.
        """
        check_count("n_kernels", n_kernels)
        classifier, _ = inside(estimator)
        # Of a linear SVC, coef_ parts two classes each.
        if hasattr(classifier, "coef_") and not hasattr(classifier, "support_vectors_"):
            check_sees_pixels(estimator, classifier)
            if layer is not None:
                raise ValueError(
                    f"layer must be None, as {type(classifier).__name__} has no "
                    f"layers. Got {layer!r} instead."
                )
            display = cls(**_linear_weights(classifier, image_shape))
        else:
            network, _ = network_within(estimator)
            check_sees_pixels(estimator, network)
            display = cls(**_network_weights(network, layer, image_shape))
        return display.plot(n_kernels=n_kernels, figure=figure)

    def plot(self, *, n_kernels: int = 32, figure: OptionalFigure = None) -> Self:
        """Draw the first kernels.

        Filters that see several feature maps have a row each, with their kernels for
        the first eight maps.

        Parameters
        ----------
        n_kernels : int, default=32
            Kernels to draw, at most.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to draw on. None makes a new one.

        Returns
        -------
        self : object
            The display.

        Raises
        ------
        ValueError
            If `n_kernels` is not a positive integer.
        """
        check_count("n_kernels", n_kernels)
        n_filters, n_inputs = self.kernels.shape[:2]
        inputs = min(n_inputs, N_COLUMNS, n_kernels)
        filters = min(n_filters, max(1, n_kernels // inputs))
        n_columns = inputs if n_inputs > 1 else min(filters, N_COLUMNS)
        shown = self.kernels[:filters, :inputs]
        n_rows = -(-filters * inputs // n_columns)
        figure = self._figure_or_new(
            figure, max(1.6 + 0.9 * n_columns, 4.5), 0.8 + 1.05 * n_rows
        )
        self.axes_ = grid_of_axes(figure, filters * inputs, n_columns)
        colours = centred_colours(shown)
        for number, ax in enumerate(self.axes_):
            row, column = divmod(number, inputs)
            drawn = ax.imshow(shown[row, column], **colours)
            if n_inputs == 1:
                ax.set_title(self.names[row], fontsize=9)
                continue
            if row == 0:
                ax.set_title(f"map {column}", fontsize=9)
            if column == 0:
                ax.set_ylabel(self.names[row], fontsize=9)
        some = [f"{filters} of {n_filters}"] * (filters < n_filters)
        some += [f"for {inputs} of {n_inputs} maps"] * (n_inputs > 1)
        figure.suptitle(", ".join([self.title, *some]), fontsize=11)
        figure.colorbar(drawn, ax=self.axes_, label="weight")
        return self


def _linear_weights(
    classifier: Any, image_shape: tuple[int, int] | None
) -> dict[str, Any]:
    coefficients = np.asarray(classifier.coef_)
    classes = list(getattr(classifier, "classes_", ()))
    if len(classes) == 2 and len(coefficients) == 1:
        classes = classes[1:]
    if coefficients.ndim != 2 or len(coefficients) != len(classes):
        raise TypeError(
            f"The coef_ of {type(classifier).__name__} has shape {coefficients.shape}, "
            "which is not one row for each class. Give a linear classifier, such as "
            "LogisticRegression."
        )
    return {
        "kernels": _as_images(coefficients, image_shape),
        "names": [f"{label}" for label in classes],
        "title": f"{type(classifier).__name__}: coefficients of each class",
    }


def _network_weights(
    network: Any, layer: str | int | None, image_shape: tuple[int, int] | None
) -> dict[str, Any]:
    names = layer_names(network)
    kind = architecture(network)
    if kind == "backbone":
        raise ValueError(
            f"The kernels are inside the backbone {names[0]!r}, and can't be drawn. "
            f"They are in model_.get_layer({names[0]!r}).get_weights()."
        )
    if kind == "convolutional":
        possible = [names[number] for number in convolutions(network)]
    else:
        possible = [name for name in names if name.startswith("dense_")][:1]
    name = possible[0] if layer is None else names[layer_index(network, layer)]
    if name not in possible:
        raise ValueError(
            f"The layer {name!r} has no weights that are images. Those that have are "
            f"{possible}."
        )
    if kind == "convolutional":
        if image_shape is not None:
            raise ValueError(
                "image_shape must be None, as the kernels of a convolution have their "
                f"own shape. Got {image_shape!r} instead."
            )
        weights = network.model_.get_layer(name).get_weights()[0]
        return {
            "kernels": weights.transpose(3, 2, 0, 1),
            "names": [f"filter {number}" for number in range(weights.shape[3])],
            "title": f"{name}: kernels",
        }
    rows, pixels_shape = _weights_of_pixels(network, name)
    is_output = name == names[-2]
    labels = network.classes_ if is_output else range(len(rows))
    return {
        "kernels": _as_images(rows, image_shape or pixels_shape),
        "names": [f"{label}" if is_output else f"unit {label}" for label in labels],
        "title": f"{name}: weights of each {'class' if is_output else 'unit'}",
    }


def _weights_of_pixels(
    network: Any, name: str
) -> tuple[NDArray[Any], tuple[int, int] | None]:
    """Get the weights of a dense layer, and the shape of the image that it sees."""
    if not hasattr(network, "model_"):
        return network.weights_[0].T, network.image_shape_
    model = network.model_
    rows = model.get_layer(name).get_weights()[0].T
    # Pooling may have made the image smaller, or one number.
    height, width = model.layers[first_rows(network)].input.shape[1:3]
    return rows, (height, width) if height * width == rows.shape[1] else None


def _as_images(
    weights: NDArray[Any], image_shape: tuple[int, int] | None
) -> NDArray[Any]:
    height, width = resolve_image_shape(weights.shape, image_shape)
    return weights.reshape(len(weights), 1, height, width)
