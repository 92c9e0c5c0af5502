"""Images of digits for displays: from any input to a stack, and a grid of them."""

from collections.abc import Sequence
from math import ceil, prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from .._inputs.images import flatten_images, resolve_image_shape, shape_of
from .._inputs.validation import check_stack
from ._display import VERMILION, figure_or_new, grid_of_axes
from ._inside import inside

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

LEAST_WIDTH = 3.4  # inches: room for the title of the figure
CHARACTER_WIDTH = 0.075  # inches, about, of the titles


def image_stack(X: Any, image_shape: tuple[int, int] | None) -> NDArray[Any]:
    """Bring images of any accepted form to a stack.

    Parameters
    ----------
    X : array-like of shape (n, pixels), (n, h, w) or (n, h, w, 1)
        Images. Not changed, maybe shared.
    image_shape : tuple (height, width) or None
        Of rows of pixels. None takes a square where the number of pixels allows.

    Returns
    -------
    ndarray of shape (n, height, width)

    Raises
    ------
    ValueError
        If `X` is one image, not made of images, or not of `image_shape`; if it is
        empty, or holds NaN, infinity or no numbers.
    """
    if image_shape is None:
        check_stack(shape_of(X))
    pixels = check_array(flatten_images(X), input_name="X")
    return pixels.reshape(len(pixels), *resolve_image_shape(shape_of(X), image_shape))


def image_shape_within(estimator: Any, X: Any) -> tuple[int, int] | None:
    """Ask a fitted estimator for the shape of images that are rows of pixels.

    Parameters
    ----------
    estimator : fitted classifier
        Or one that holds it.
    X : array-like
        Images as the estimator takes them.

    Returns
    -------
    tuple (height, width) or None
        None if it knows none, or a step before it changes the number of pixels.
    """
    shape = getattr(inside(estimator)[0], "image_shape_", None)
    rows = shape_of(X)
    fits = shape is not None and len(rows) == 2 and prod(shape) == rows[1]
    return shape if fits else None


def draw_digits(
    figure: "Figure | SubFigure | None",
    images: NDArray[Any],
    titles: Sequence[str],
    *,
    marked: Sequence[bool] | None = None,
) -> "tuple[Figure | SubFigure, list[Axes]]":
    """Draw images in a grid, each with a title.

    Parameters
    ----------
    figure : matplotlib.figure.Figure, SubFigure or None
        Where to draw. None makes one of fitting size.
    images : ndarray of shape (n, height, width)
        The largest value is drawn black.
    titles : sequence of n str
        Above the images, of one or more lines.
    marked : sequence of n bool, default=None
        Which of the images get a coloured frame and title.

    Returns
    -------
    figure : matplotlib.figure.Figure or SubFigure
    axes : list of n Axes
    """
    n_columns = ceil(sqrt(len(images)))
    n_rows = -(-len(images) // n_columns)
    lines = [line for title in titles for line in title.split("\n")]
    n_lines = max(title.count("\n") + 1 for title in titles)
    width = max(0.9, CHARACTER_WIDTH * max(map(len, lines)) + 0.1)
    figure = figure_or_new(
        figure,
        max(LEAST_WIDTH, n_columns * width),
        n_rows * (0.8 + 0.18 * n_lines) + 0.5,
    )
    axes = grid_of_axes(figure, len(images), n_columns)
    low, high = float(np.min(images)), float(np.max(images))
    for number, (ax, image, title) in enumerate(zip(axes, images, titles, strict=True)):
        ax.imshow(image, cmap="gray_r", vmin=low, vmax=high)
        is_marked = marked is not None and marked[number]
        ax.set_title(title, fontsize=9, color=VERMILION if is_marked else "black")
        if is_marked:
            ax.spines[:].set(color=VERMILION, linewidth=2.5)
    return figure, axes
