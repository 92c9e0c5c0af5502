"""What the layers of a network make of one image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._inputs.parameters import check_count
from ._colours import fitting_colours
from ._display import Display, OptionalFigure, grid_of_axes
from ._inside import first_images
from ._layers import (
    architecture,
    convolutions,
    layer_index,
    layer_names,
    network_and_images,
    run_layers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure


@dataclass(eq=False, repr=False, kw_only=True)
class ActivationMapDisplay(Display):
    """Feature maps of each convolution layer for one image.

    A dense network has no maps: the outputs of its hidden layers are drawn as strips,
    with a stripe for each unit.

    Parameters
    ----------
    image : ndarray of shape (height, width)
        The image as the network sees it.
    maps : dict of str to ndarray
        Outputs of each layer, by its name: maps of shape (height, width, n_maps), or
        units of shape (n_units,).
    prediction : object
        The class predicted.

    Attributes
    ----------
    axes_ : list of matplotlib.axes.Axes
        The image, and then the maps, layer by layer.
    figure_ : matplotlib.figure.Figure
        The picture.

    See Also
    --------
    activations : The arrays behind the maps.
    FilterDisplay : The weights that make them.

    Examples
    --------
    >>> from mnist_estimators import CNNDigitClassifier, load_small_digits
    >>> from mnist_estimators.inspection import ActivationMapDisplay
    >>> X, y = load_small_digits()
    >>> network = CNNDigitClassifier(filters=(4, 8), epochs=1).fit(X[:200], y[:200])
    >>> display = ActivationMapDisplay.from_estimator(network, X)
    >>> {name: maps.shape for name, maps in display.maps.items()}
    {'conv2d_0': (28, 28, 4), 'conv2d_3': (14, 14, 8)}
    """

    image: NDArray[Any]
    maps: Mapping[str, NDArray[Any]]
    prediction: Any

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        *,
        layers: str | int | Sequence[str | int] | None = None,
        n_maps: int = 10,
        figure: OptionalFigure = None,
    ) -> Self:
        """Run an image through a fitted network, and draw what its layers make of it.

        Parameters
        ----------
        estimator : fitted classifier
            DenseDigitClassifier, CNNDigitClassifier or NumpyDigitClassifier, or a
            pipeline, a search or an AugmentedClassifier that holds one.
        X : array-like of shape (n, pixels), (n, height, width) or \
                (n, height, width, 1)
            Images, as `estimator` takes them. The first one is drawn; give ``X[7:]``
            for another. Not changed.
        layers : str, int, or sequence of such, default=None
            Layer or layers to draw, as in ``activations``. None takes all convolutions,
            before pooling and activation; in a dense network the activations of all
            hidden layers, or where it has none their sums.
        n_maps : int, default=10
            Feature maps to draw of each layer, at most: the first ones.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to draw on. None makes a new one.

        Returns
        -------
        ActivationMapDisplay
            It is drawn already.

        Raises
        ------
        TypeError
            If there is no network in `estimator`, or a layer is neither text nor
            integer.
        ValueError
            If a layer does not exist; if `layers` is empty; if it is None, and the
            network has a backbone or no hidden layer; if `X` is one image or does not
            fit the estimator; if a search was fitted with ``refit=False``; or if
            `n_maps` is not a positive integer.
        NotFittedError
            If the estimator is not fitted.
        """
        check_count("n_maps", n_maps)
        network, images = network_and_images(estimator, first_images(estimator, X, 1))
        names = layer_names(network)
        if layers is None:
            numbers = _layers_to_draw(network, names)
        else:
            numbers = _layers_named(network, layers)
        scores = run_layers(network, images, len(names) - 2)
        display = cls(
            image=images[0, :, :, 0],
            maps={names[i]: run_layers(network, images, i)[0] for i in numbers},
            prediction=network.classes_[scores[0].argmax()],
        )
        return display.plot(n_maps=n_maps, figure=figure)

    def plot(self, *, n_maps: int = 10, figure: OptionalFigure = None) -> Self:
        """Draw the image, and a row for each layer.

        Parameters
        ----------
        n_maps : int, default=10
            Feature maps to draw of each layer, at most: the first ones.
        figure : matplotlib.figure.Figure or SubFigure, default=None
            Figure to draw on. None makes a new one.

        Returns
        -------
        self : object
            The display.

        Raises
        ------
        ValueError
            If `n_maps` is not a positive integer.
        """
        check_count("n_maps", n_maps)
        counts = [values.shape[2] for values in self.maps.values() if values.ndim == 3]
        n_columns = min(n_maps, max(counts, default=n_maps))
        width, height = 2.6 + 0.8 * n_columns, 0.5 + 1.25 * len(self.maps)
        figure = self._figure_or_new(figure, max(width, 5.0), max(height, 2.2))
        # Columns of one grid would make room for what the other rows hold.
        left, right = figure.subfigures(
            1, 2, squeeze=False, width_ratios=(2, 1 + n_columns)
        )[0]
        ax = left.subplots()
        ax.imshow(self.image, "gray_r")
        ax.set(xticks=[], yticks=[], title=f"image\npredicted: {self.prediction}")
        self.axes_ = [ax]
        rows = right.subfigures(len(self.maps), 1, squeeze=False)[:, 0]
        for row, (name, values) in zip(rows, self.maps.items(), strict=True):
            draw = _draw_maps if values.ndim == 3 else _draw_units
            self.axes_ += draw(row, name, values, n_columns)
        return self


def _layers_to_draw(network: Any, names: list[str]) -> list[int]:
    kind = architecture(network)
    if kind == "backbone":
        raise ValueError(
            f"The feature maps are inside the backbone {names[0]!r}, and can't be "
            "drawn. Name other layers, e.g. layers=[0] for what the backbone gives."
        )
    if kind == "convolutional":
        return convolutions(network)
    hidden = list(enumerate(names[:-2]))
    numbers = [i for i, name in hidden if name.startswith("activation_")]
    if not numbers:
        numbers = [i for i, name in hidden if name.startswith("dense_")]
    if not numbers:
        raise ValueError(
            "The network has no hidden layer whose outputs could be drawn. "
            "FilterDisplay draws its weights."
        )
    return numbers


def _layers_named(network: Any, layers: Any) -> list[int]:
    several = [layers] if np.ndim(layers) == 0 else list(layers)
    if not several:
        raise ValueError(
            f"layers must name at least one of {layer_names(network)}, or be None. Got "
            f"{layers!r} instead."
        )
    return [layer_index(network, layer) for layer in several]


def _draw_maps(
    row: "SubFigure", name: str, maps: NDArray[Any], n_columns: int
) -> "list[Axes]":
    height, width, n_maps = maps.shape
    shown = maps[:, :, :n_columns]
    colours = fitting_colours(shown)
    axes = grid_of_axes(row, min(n_maps, n_columns), n_columns)
    for number, ax in enumerate(axes):
        ax.imshow(shown[:, :, number], **colours)
        ax.set_title(f"{number}", fontsize=8, pad=2)
    some = f"{len(axes)} of {n_maps}" if len(axes) < n_maps else f"{n_maps}"
    row.suptitle(f"{name}: {some} maps of {height} x {width}", fontsize=10)
    _draw_scale(row, axes[0])
    return axes


def _draw_units(
    row: "SubFigure", name: str, units: NDArray[Any], n_columns: int
) -> "list[Axes]":
    ax = row.subplots()
    ax.imshow(units[np.newaxis], aspect="auto", **fitting_colours(units))
    ax.set(yticks=[], xlabel="unit")
    row.suptitle(f"{name}: {len(units)} units, no maps", fontsize=10)
    _draw_scale(row, ax)
    return [ax]


def _draw_scale(row: "SubFigure", drawn: "Axes") -> None:
    (image,) = drawn.images
    # Few ticks of one width keep the rows in line.
    ticks = np.unique([*image.get_clim(), 0.0])
    row.colorbar(
        image, ax=row.axes, label="output", aspect=10, ticks=ticks, format="{x:5.2g}"
    )
