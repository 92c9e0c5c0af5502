"""From a picture of one digit to MNIST's form: pure functions of arrays."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .._images import pixel_range

SIDE = 28
DIGIT_SIDE = 20
# A digit of a tenth of the picture's side still has more pixels than it ends up with.
MAX_SIDE = 1024
# Background is fitted on a small copy: light changes slowly.
FITTED_SIDE = 64
LUMINANCE = np.array([0.299, 0.587, 0.114])


def shrink(image: NDArray[Any]) -> NDArray[Any]:
    """Bring a large image to sides that hold all that 28 x 28 pixels will show.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
        Of any numeric type. Not changed.

    Returns
    -------
    ndarray of the same number of dimensions
        The image itself, or a smaller one.
    """
    height, width = image.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(scale * width)), max(1, round(scale * height))
    if image.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        image = image.astype(np.float32)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small.reshape(*small.shape[:2], *image.shape[2:])


def to_grey(image: NDArray[Any], high: float) -> NDArray[np.float32]:
    """Bring an image to grey values from 0 to 1.

    Parameters
    ----------
    image : ndarray of shape (height, width) or (height, width, channels)
        Grey, grey and alpha, RGB or RGBA.
    high : float
        The value that becomes 1.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        What is transparent takes the grey, black or white, that the rest is further
        from.
    """
    if high > float(np.finfo(np.float32).max):
        image, high = image / high, 1.0
    scaled = image.astype(np.float32) / np.float32(high)
    if scaled.ndim == 2:
        return scaled
    n_channels = scaled.shape[2]
    colour = scaled[:, :, : n_channels - 1] if n_channels in (2, 4) else scaled
    grey = (
        colour @ LUMINANCE.astype(np.float32)
        if colour.shape[2] == 3
        else (colour[:, :, 0])
    )
    if n_channels not in (2, 4):
        return grey
    alpha = scaled[:, :, -1]
    visible = float(alpha.sum())
    mean = float((alpha * grey).sum()) / visible if visible else 0.0
    return alpha * grey + (1.0 - alpha) * np.float32(mean < 0.5)


def as_grey(picture: NDArray[Any]) -> NDArray[np.float32]:
    """Bring a picture of any kind to grey values from 0 to 1, and to a moderate size.

    Parameters
    ----------
    picture : ndarray of shape (height, width) or (height, width, channels)
        Values go up to 1, 16, 255 or 65535, which is found out.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        With sides of at most 1024 pixels.
    """
    high = pixel_range(picture)[1]
    if picture.dtype == np.uint8 and high > 1:
        high = 255.0  # a dark photograph, not one of 16 grey levels
    return to_grey(shrink(picture), high)


def background(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimate what an image would be without its digit.

    Parameters
    ----------
    grey : ndarray of shape (height, width), dtype float32
        Grey values.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        A surface of second order through the pixels that are not ink. Least squares,
        fitted again and again with less weight for what is far away. Where most of a
        sample of pixels have exactly the same value, as in drawings, it is that one.
    """
    height, width = grey.shape
    sample = grey[:: -(-height // FITTED_SIDE), :: -(-width // FITTED_SIDE)]
    paper = np.median(sample)
    if np.mean(sample == paper) > 0.5:
        return np.full_like(grey, paper)
    small = cv2.resize(
        grey,
        (min(width, FITTED_SIDE), min(height, FITTED_SIDE)),
        interpolation=cv2.INTER_AREA,
    )
    values = small.ravel().astype(np.float64)
    basis = _surface_basis(*small.shape)
    surface = np.full_like(values, np.median(values))
    for _ in range(10):
        residual = values - surface
        spread = max(1.4826 * float(np.median(np.abs(residual))), 1e-3)
        weights = 1.0 / (1.0 + np.square(residual / (2.0 * spread)))
        weighted = basis * weights[:, np.newaxis]
        ridge = 1e-6 * len(values) * np.eye(basis.shape[1])
        coefficients = np.linalg.solve(basis.T @ weighted + ridge, weighted.T @ values)
        surface = basis @ coefficients
    full = _surface_basis(height, width) @ coefficients
    return full.reshape(height, width).astype(np.float32)


def _surface_basis(height: int, width: int) -> NDArray[np.float64]:
    # Centres of pixels, so that copies of different sizes share one surface.
    y = (2.0 * np.arange(height) + 1.0) / height - 1.0
    x = (2.0 * np.arange(width) + 1.0) / width - 1.0
    rows, columns = np.meshgrid(y, x, indexing="ij")
    r, c = rows.ravel(), columns.ravel()
    return np.stack([np.ones_like(r), r, c, r * c, r * r, c * c], axis=1)


def extract_ink(grey: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Separate the digit from paper, light and noise.

    Parameters
    ----------
    grey : ndarray of shape (height, width), dtype float32
        Grey values from 0 to 1.

    Returns
    -------
    ndarray of shape (height, width), dtype float32, or None
        Ink from 0 to 1, whether it was darker or lighter than the paper; None if there
        is none.
    """
    difference = grey - background(grey)
    # Ink covers less than paper does, so the longer tail is the ink's.
    if float(np.mean(difference * difference * difference)) < 0:
        difference = -difference
    noise = 1.4826 * float(np.median(np.abs(difference - np.median(difference))))
    levels = np.clip(255.0 * difference, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    is_ink = levels > threshold
    if not is_ink.any():
        return None
    full = float(np.quantile(difference[is_ink], 0.7))
    if full < max(0.04, 4.0 * noise):
        return None
    low = min(max(3.0 * noise, 0.05 * full), 0.5 * full)
    ink = np.clip((difference - low) / (full - low), 0.0, 1.0)
    ink *= _of_the_digit(ink > 0.5)
    return ink if ink.any() else None


def _of_the_digit(is_ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep what belongs to the larger parts, with the soft edge around them."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        is_ink.astype(np.uint8), connectivity=8
    )
    areas = statistics[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    large = areas >= max(2.0, 0.04 * areas.max())
    kept = large[labels].astype(np.uint8)
    reach = max(3, 2 * (max(is_ink.shape) // 56) + 1)
    return cv2.dilate(kept, np.ones((reach, reach), np.uint8)) > 0


def into_mnist_form(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Crop a digit, fit it into 20 x 20 pixels, and centre its mass in 28 x 28.

    Parameters
    ----------
    ink : ndarray of shape (height, width), dtype float32
        From 0 to 1, with some pixels above 0.

    Returns
    -------
    ndarray of shape (28, 28), dtype uint8
        White on black.
    """
    rows = np.flatnonzero((ink > 0.3).any(axis=1))
    columns = np.flatnonzero((ink > 0.3).any(axis=0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = DIGIT_SIDE / max(cropped.shape)
    height, width = (max(1, round(scale * side)) for side in cropped.shape)
    small = cv2.resize(
        cropped,
        (width, height),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    # Thin strokes fade when an image shrinks; MNIST's are white.
    small = np.clip(small / max(float(np.quantile(small[small > 0], 0.9)), 1e-6), 0, 1)
    total = float(small.sum())
    row = float((small.sum(axis=1) * np.arange(height)).sum()) / total
    column = float((small.sum(axis=0) * np.arange(width)).sum()) / total
    top = round(np.clip((SIDE - 1) / 2 - row, 0, SIDE - height))
    left = round(np.clip((SIDE - 1) / 2 - column, 0, SIDE - width))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = np.rint(255 * small)
    return image


def is_in_mnist_form(picture: NDArray[Any]) -> bool:
    """Tell whether a picture needs no preparation.

    Parameters
    ----------
    picture : ndarray
        Of any shape and type.

    Returns
    -------
    bool
        True for 28 x 28 bytes, black around a digit of 20 pixels, with its centre of
        mass in the middle. All images of MNIST are so.
    """
    if picture.shape != (SIDE, SIDE) or picture.dtype != np.uint8:
        return False
    *_, width, height = cv2.boundingRect(picture)
    if not DIGIT_SIDE - 1 <= max(width, height) <= DIGIT_SIDE:
        return False
    moments = cv2.moments(picture)
    row, column = (moments[name] / moments["m00"] for name in ("m01", "m10"))
    # MNIST's own images are centred on the corner of four pixels or on the next one.
    return bool(max(abs(row - 13.75), abs(column - 13.75)) <= 0.8)
