"""A picture of originals beside their variants."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from .._inputs.parameters import check_count, draw_seed

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_augmented(
    augmenter: Any,
    X: ArrayLike,
    *,
    n_images: int = 10,
    n_variants: int = 6,
    random_state: int | np.random.RandomState | None = 0,
    figure: "Figure | None" = None,
) -> "Figure":
    """Draw images beside random variants of them.

    Parameters
    ----------
    augmenter : augmenter
        Fitted or not; it is not changed.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images; the first ones are drawn.
    n_images : int, default=10
        Rows of the picture, at least 1.
    n_variants : int, default=6
        Variants in each row, at least 1.
    random_state : int, RandomState instance or None, default=0
        Seed of the variants.
    figure : matplotlib.figure.Figure, default=None
        Figure to draw on, such as ``plt.figure()``. None makes a new one, which pyplot
        does not know of: a notebook shows it as the value of a cell, and ``savefig``
        writes it.

    Returns
    -------
    matplotlib.figure.Figure
        Originals in the first column.

    Raises
    ------
    ValueError
        If `n_images` or `n_variants` is below 1, or `X` is not made of images.

    See Also
    --------
    DigitAugmenter : Variants that suit digits.

    Examples
    --------
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.augmentation import DigitAugmenter, plot_augmented
    >>> X, _ = load_small_digits()
    >>> figure = plot_augmented(DigitAugmenter(), X, n_images=3, n_variants=4)
    >>> len(figure.axes)
    15
    """
    from matplotlib.figure import Figure

    check_count("n_images", n_images)
    check_count("n_variants", n_variants)
    images = np.asarray(X)
    shown = images[:n_images]
    fitted = clone(augmenter).fit(images)
    seed = draw_seed(random_state)
    columns = [shown] + [
        fitted.augment(shown, random_state=seed + number)
        for number in range(n_variants)
    ]
    low, high = float(np.min(shown)), float(np.max(shown))
    if figure is None:
        figure = Figure()
    figure.set_size_inches(0.7 * (n_variants + 1) + 0.3, 0.7 * len(shown) + 0.5)
    grid = figure.subplots(len(shown), n_variants + 1, squeeze=False)
    for number, (images, axes) in enumerate(zip(columns, grid.T, strict=True)):
        stack = images.reshape(-1, *fitted.image_shape_)
        for image, ax in zip(stack, axes, strict=True):
            ax.imshow(image, "gray_r", vmin=low, vmax=high)
            ax.set(xticks=[], yticks=[])
        axes[0].set_title("image" if number == 0 else f"{number}", fontsize=9)
    figure.suptitle(f"{type(augmenter).__name__}: images and variants", fontsize=10)
    figure.set_layout_engine("constrained")
    return figure
