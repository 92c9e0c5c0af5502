"""From any accepted input to images: the rules for shapes, and network input."""

from math import isqrt, prod
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

# Of MNIST's images, and of the box that a digit fills in them.
SIDE, DIGIT_SIDE = 28, 20


def flatten_images(X: Any) -> Any:
    """Bring stacked images to one row each; anything else is returned as it is.

    Parameters
    ----------
    X : array-like of shape (n, pixels), (n, h, w) or (n, h, w, 1)
        Images. Data frames, lists of rows and invalid input pass through, for
        scikit-learn's validation to judge.

    Returns
    -------
    array-like of shape (n, pixels)

    Raises
    ------
    ValueError
        If `X` has colour channels, or channels first, or more than four dimensions.
    """
    shape = shape_of(X)
    if len(shape) <= 2:
        return X
    if len(shape) == 4 and shape[1] in (1, 3) and shape[3] not in (1, 3):
        raise ValueError(
            f"X has shape {shape}, where channels seem to come first. Channels come "
            "last: use np.moveaxis(X, 1, -1)."
        )
    if len(shape) == 4 and shape[3] != 1:
        raise ValueError(
            f"X has shape {shape}: {shape[3]} channels an image, where one is "
            "expected. Convert the images to grey, e.g. with X.mean(axis=3)."
        )
    if len(shape) > 4:
        raise ValueError(
            f"X has {len(shape)} dimensions (shape {shape}). Give images as "
            "(n, pixels), (n, height, width) or (n, height, width, 1)."
        )
    return np.asarray(X).reshape(shape[0], prod(shape[1:]))


def resolve_image_shape(
    shape: tuple[int, ...], image_shape: tuple[int, int] | None
) -> tuple[int, int]:
    """Find the height and width of images, from the shape of their stack.

    Parameters
    ----------
    shape : tuple of int
        (n, pixels), (n, h, w) or (n, h, w, 1), as the user gave the images.
    image_shape : tuple of two int, or None
        What the user said about them.

    Returns
    -------
    height, width : int

    Raises
    ------
    ValueError
        If `image_shape` is not two positive integers, or not the shape of the images.
    """
    if image_shape is not None:
        image_shape = _check_shape(image_shape)
    n_pixels = prod(shape[1:])
    if image_shape is not None:
        wrong = image_shape != shape[1:3] if len(shape) > 2 else False
        if wrong or prod(image_shape) != n_pixels:
            raise ValueError(
                f"image_shape={image_shape} means {prod(image_shape)} pixels an image, "
                f"but they are an array of shape {shape}. Give the height and width "
                "of the images, or None to have them found."
            )
        return image_shape
    if len(shape) > 2:
        return (int(shape[1]), int(shape[2]))
    side = isqrt(n_pixels)
    return (side, side) if side * side == n_pixels else (1, int(n_pixels))


def shape_of(X: Any) -> tuple[int, ...]:
    """Find the shape of any array-like; () if it is none, which validation refuses."""
    try:
        return tuple(X.shape) if hasattr(X, "shape") else np.asarray(X).shape
    except ValueError:
        return ()


def _check_shape(image_shape: Any) -> tuple[int, int]:
    try:
        height, width = (int(side) for side in image_shape)
        valid = (height, width) == tuple(image_shape) and min(height, width) > 0
    except (TypeError, ValueError):
        valid = False
    if not valid:
        raise ValueError(
            "image_shape must be None or two positive integers (height, width). Got "
            f"{image_shape!r} instead."
        )
    return height, width


def is_clean(X: Any, n_pixels: int) -> TypeGuard[NDArray[Any]]:
    """Whether `X` surely passes scikit-learn's validation as it is.

    Parameters
    ----------
    X : object
        What the user gave as images.
    n_pixels : int
        Pixels of an image.

    Returns
    -------
    bool
        True for a plain array of at least one image, of a usual type and without NaN
        or infinity. The check is faster than the validation, which matters where
        images come one by one.
    """
    return (
        type(X) is np.ndarray
        and X.dtype in (np.uint8, np.float32, np.float64)
        and 2 <= X.ndim <= 4
        and len(X) > 0
        and prod(X.shape[1:]) == n_pixels
        and (X.dtype == np.uint8 or bool(np.isfinite(X).all()))
    )


def as_network_input(
    X: NDArray[Any], high: float, image_shape: tuple[int, int]
) -> NDArray[np.uint8] | NDArray[np.float32]:
    """Stack rows of pixels as images, for the network to multiply by `pixel_scale`.

    Parameters
    ----------
    X : ndarray of shape (n, pixels)
        Pixels or features. Not changed.
    high : float
        The value that becomes 1.
    image_shape : tuple of two int
        Height and width.

    Returns
    -------
    ndarray of shape (n, height, width, 1), dtype uint8 or float32
        Bytes stay bytes: a quarter of the memory, and less to move in each step.
    """
    if not fits_float32(high):
        X = X / high
    with np.errstate(over="ignore"):  # infinity, which comes out of the network
        images = X if X.dtype in (np.uint8, np.float32) else X.astype(np.float32)
    return images.reshape(len(X), *image_shape, 1)


def pixel_scale(high: float) -> float:
    """Find the factor that brings network input from ``as_network_input`` to 0-1."""
    return 1.0 / high if fits_float32(high) else 1.0


def fits_float32(high: float) -> bool:
    """Whether numbers of 32 bits hold pixels up to `high` at full precision."""
    limits = np.finfo(np.float32)
    return float(limits.tiny) < high <= float(limits.max)
