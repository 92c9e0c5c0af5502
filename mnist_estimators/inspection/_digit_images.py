"""Images of digits for displays: from any input to a stack, and a grid of them."""

from collections.abc import Sequence
from math import ceil, prod, sqrt
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_array

from .._inputs.images import flatten_images, resolve_image_shape, shape_of
from .._inputs.validation import check_stack
from ._display import VERMILION, Display, OptionalFigure, grid_of_axes
from ._inside import inside

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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


class DigitImagesDisplay(Display):
    """Images in a grid, each with a title."""

    images: NDArray[Any]
    axes_: "list[Axes]"

    def _draw(
        self,
        figure: OptionalFigure,
        title: str,
        titles: Sequence[str],
        marked: Sequence[bool],
    ) -> Self:
        """Draw the images with their titles; marked ones get a coloured frame."""
        n_images = len(self.images)
        n_columns = ceil(sqrt(n_images))
        n_rows = -(-n_images // n_columns)
        lines = [line for text in titles for line in text.split("\n")]
        n_lines = max(text.count("\n") + 1 for text in titles)
        width = max(0.9, CHARACTER_WIDTH * max(map(len, lines)) + 0.1)
        figure = self._figure_or_new(
            figure,
            max(LEAST_WIDTH, n_columns * width),
            n_rows * (0.8 + 0.18 * n_lines) + 0.5,
        )
        self.axes_ = grid_of_axes(figure, n_images, n_columns)
        low, high = float(np.min(self.images)), float(np.max(self.images))
        for ax, image, text, is_marked in zip(
            self.axes_, self.images, titles, marked, strict=True
        ):
            ax.imshow(image, cmap="gray_r", vmin=low, vmax=high)
            ax.set_title(text, fontsize=9, color=VERMILION if is_marked else "black")
            if is_marked:
                ax.spines[:].set(color=VERMILION, linewidth=2.5)
        figure.suptitle(title, fontsize=11)
        return self
