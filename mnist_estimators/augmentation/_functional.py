"""Warping and erasing stacks of images: pure functions of arrays."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# OpenCV refuses images with more rows or columns than this.
MAX_SIDE = 32_766
LARGEST_SIDE = MAX_SIDE - 2  # there is a border around each image
# The float32 numbers around it are multiples of 1/256 (of 1/128 from 65,536 on), and
# a sum with it is rounded so.
ROUNDS_TO_256TH = np.float32(2**15 + 2**14)
IMAGES_PER_CALL = 512
# Other types are warped as float64 and brought back.
WARPED_TYPES = (np.uint8, np.uint16, np.int16, np.float32, np.float64)
IDENTITY = np.eye(2, 3, dtype=np.float32)


def affine_matrices(
    angle: NDArray[np.floating[Any]],
    shift: NDArray[np.floating[Any]],
    zoom: NDArray[np.floating[Any]],
    shear: NDArray[np.floating[Any]],
    image_shape: tuple[int, int],
) -> NDArray[np.float32]:
    """Compute the maps from pixels of the result to pixels of the image.

    An image is sheared along its rows, zoomed and rotated about its centre, and then
    shifted.

    Parameters
    ----------
    angle : ndarray of shape (n,)
        Rotation in degrees, counterclockwise as the image is seen.
    shift : ndarray of shape (n, 2)
        Pixels to the right and downwards.
    zoom : ndarray of shape (n,)
        Factor of enlargement, above 0.
    shear : ndarray of shape (n,)
        Slant in degrees, above -90 and below 90; positive leans to the right.
    image_shape : tuple of two int
        Height and width.

    Returns
    -------
    ndarray of shape (n, 2, 3), dtype float32
        Rows that give the column and the row in the image from (column, row, 1) in the
        result.
    """
    radians = np.deg2rad(angle)
    cos, sin = np.cos(radians) / zoom, np.sin(radians) / zoom
    slope = np.tan(np.deg2rad(shear))
    # The inverse of rotation and zoom, and then that of the shear.
    inverse = np.empty((len(zoom), 2, 2))
    inverse[:, 1, 0], inverse[:, 1, 1] = sin, cos
    inverse[:, 0, 0], inverse[:, 0, 1] = cos + slope * sin, slope * cos - sin
    height, width = image_shape
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    offset = centre - np.einsum("nij,nj->ni", inverse, centre + shift)
    return np.dstack([inverse, offset]).astype(np.float32)


def smooth_noise_shape(image_shape: tuple[int, int], sigma: float) -> tuple[int, int]:
    """Find how many random numbers ``smooth_fields`` needs along each side."""
    height, width = (len(_smoothing(side, sigma)[0]) for side in image_shape)
    return height, width


def smooth_fields(
    noise: NDArray[np.float32],
    image_shape: tuple[int, int],
    *,
    alpha: float,
    sigma: float,
) -> NDArray[np.float32]:
    """Turn independent normal numbers into smooth random fields.

    Parameters
    ----------
    noise : ndarray of shape (..., rows, columns)
        Standard normal numbers, as many as ``smooth_noise_shape`` says.
    image_shape : tuple of two int
        Height and width of a field.
    alpha : float
        Standard deviation of the fields at each pixel.
    sigma : float
        Standard deviation of the Gaussian weights, in pixels.

    Returns
    -------
    ndarray of shape (..., height, width)
        Fields of mean 0.
    """
    down, across = (_smoothing(side, sigma) for side in image_shape)
    return (np.float32(alpha) * down) @ (noise @ across.T)


def _smoothing(side: int, sigma: float) -> NDArray[np.float32]:
    """Weights (side, n_points) of a line of points, one for each `sigma` or pixel."""
    spacing = max(sigma, 1.0)
    points = np.arange(-2.0 * spacing, side - 1 + 2.0 * spacing + 1e-9, spacing)
    distances = np.arange(side)[:, np.newaxis] - points
    weights = np.exp(-0.5 * np.square(distances / sigma))
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return weights.astype(np.float32)


def warp(
    images: NDArray[Any],
    matrices: NDArray[np.float32],
    displacements: NDArray[np.float32] | None,
    background: float,
) -> NDArray[Any]:
    """Move the pixels of images, with bilinear interpolation.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)
        Of any numeric type. Not changed.
    matrices : ndarray of shape (n, 2, 3)
        From ``affine_matrices``.
    displacements : ndarray of shape (n, 2, height, width) or None
        Pixels to the right and downwards, added to where a pixel comes from.
    background : float
        The value outside an image.

    Returns
    -------
    ndarray of shape (n, height, width)
        Of the type of `images`.
    """
    n_images, height, width = images.shape
    if n_images == 0:
        return images.copy()
    columns, rows = np.meshgrid(np.arange(width), np.arange(height))
    grid = np.stack([columns, rows, np.ones_like(rows)]).reshape(3, -1)
    # A product for each image: one for all could depend on how many there are.
    sources = np.moveaxis(matrices, 1, 0)[:, :, np.newaxis] @ grid.astype(np.float32)
    sources = sources.reshape(2, n_images, height * width)
    if displacements is not None:
        sources += np.moveaxis(displacements.reshape(n_images, 2, -1), 1, 0)
    # One call warps a tall stack. A border of background parts its images, so that
    # what lies outside one image is never inside another.
    for coordinates, side in zip(sources, (width, height), strict=True):
        np.clip(coordinates, -1, side, out=coordinates)
    # Rounded, all that follows is exact, so that the place in the stack doesn't matter.
    sources += ROUNDS_TO_256TH
    tops = (height + 2) * np.arange(n_images, dtype=np.float32)
    sources[0] += 1 - ROUNDS_TO_256TH
    sources[1] += (tops + 1 - ROUNDS_TO_256TH)[:, np.newaxis]
    bordered = np.full((n_images, height + 2, width + 2), background, images.dtype)
    bordered[:, 1:-1, 1:-1] = images
    warped = cv2.remap(
        bordered.reshape(-1, width + 2),
        sources[0].reshape(-1, width),
        sources[1].reshape(-1, width),
        cv2.INTER_LINEAR,
    )
    return warped.reshape(images.shape)


def erase(
    images: NDArray[Any], boxes: NDArray[np.int64], background: float
) -> NDArray[Any]:
    """Paint a rectangle of each image over.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)
        Not changed.
    boxes : ndarray of shape (n, 4)
        First row, first column, and the row and column after the last ones. A box that
        ends where it begins is empty.
    background : float
        The value to paint with.

    Returns
    -------
    ndarray of shape (n, height, width)
        Of the type of `images`.
    """
    _, height, width = images.shape
    top, left, bottom, right = boxes.T[:, :, np.newaxis]
    rows, columns = np.arange(height), np.arange(width)
    inside = ((top <= rows) & (rows < bottom))[:, :, np.newaxis] & (
        (left <= columns) & (columns < right)
    )[:, np.newaxis]
    return np.where(inside, images.dtype.type(background), images)


def in_chunks(
    change: Callable[..., NDArray[Any]], images: NDArray[Any], *parameters: NDArray[Any]
) -> NDArray[Any]:
    """Change many images, some at a time, in a type that OpenCV takes.

    Parameters
    ----------
    change : callable
        Takes images (n, height, width) and their parameters, and returns images.
    images : ndarray of shape (n, height, width)
        Of any numeric type. Not changed.
    *parameters : ndarray
        Arrays of length n.

    Returns
    -------
    ndarray of shape (n, height, width)
        Of the type of `images`.
    """
    changed = np.empty_like(images)
    size = max(1, min(IMAGES_PER_CALL, MAX_SIDE // (images.shape[1] + 2)))
    warped_type = images.dtype if images.dtype in WARPED_TYPES else np.float64
    for start in range(0, len(images), size):
        rows = slice(start, start + size)
        result = change(
            images[rows].astype(warped_type, copy=False),
            *(values[rows] for values in parameters),
        )
        whole_numbers = images.dtype.kind in "iub" and result.dtype.kind == "f"
        changed[rows] = np.rint(result) if whole_numbers else result
    return changed
