"""Telling one image from a stack of them."""

from math import isqrt, prod
from typing import Any

from .._inputs.images import shape_of


def refuse_one_image(X: Any, n_pixels: int | None = None) -> None:
    """Raise an error if `X` is one image, whose rows would be taken for images.

    Parameters
    ----------
    X : array-like
        What was given as a stack of images, or as rows of pixels.
    n_pixels : int, default=None
        Pixels of an image. None takes a square for an image where its rows make none.

    Raises
    ------
    ValueError
        If `X` is one image.
    """
    shape = shape_of(X)
    if len(shape) != 2:
        return
    height, width = shape
    if n_pixels is None:
        is_one = height == width != isqrt(width) ** 2
    else:
        is_one = prod(shape) == n_pixels != width
    if is_one:
        raise ValueError(
            f"X has shape {shape}, which is one image. Give a stack of images, e.g. "
            "X[np.newaxis]."
        )
