"""From a picture of one digit to MNIST's form: pure functions of arrays."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .._inputs.images import DIGIT_SIDE, SIDE, pixel_range
from ._paper import background

INK = 0.3  # more of it belongs to a digit
# A digit of a tenth of the picture's side still has more pixels than it ends up with.
MAX_SIDE = 1024
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def find_ink(picture: NDArray[Any], name: str) -> NDArray[np.float32]:
    """Separate the digits of a picture from paper, light and noise.

    Parameters
    ----------
    picture : ndarray of shape (height, width) or (height, width, channels)
        Values go up to 1, 16, 255 or 65535, which is found out. Not changed.
    name : str
        What the error calls it.

    Returns
    -------
    ndarray of shape (height, width), dtype float32
        From 0 to 1, with sides of at most 1024 pixels.

    Raises
    ------
    ValueError
        If there is no ink.
    """
    high = pixel_range(picture)[1]
    if picture.dtype == np.uint8 and high > 1:
        high = 255.0  # a dark photograph, not one of 16 grey levels
    ink = _extract_ink(_to_grey(_shrink(picture), high))
    if ink is None:
        raise ValueError(
            f"{name} is blank: nothing in it, of shape {picture.shape}, stands out "
            "from the paper as a digit does. Leave it out, or give a picture with more "
            "contrast."
        )
    return ink


def _shrink(image: NDArray[Any]) -> NDArray[Any]:
    """Bring a large image to sides of at most ``MAX_SIDE``."""
    height, width = image.shape[:2]
    scale = MAX_SIDE / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(scale * width)), max(1, round(scale * height))
    if image.dtype not in (np.uint8, np.uint16, np.float32, np.float64):
        image = image.astype(np.float32)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return small.reshape(*small.shape[:2], *image.shape[2:])


def _to_grey(image: NDArray[Any], high: float) -> NDArray[np.float32]:
    """Bring an image to grey values from 0 to 1, where `high` becomes 1.

    What is transparent takes the grey, black or white, that the rest is further from.
    """
    if high > float(np.finfo(np.float32).max):
        image, high = image / high, 1.0
    scaled = image.astype(np.float32) / np.float32(high)
    if scaled.ndim == 2:
        return scaled
    n_channels = scaled.shape[2]
    grey = scaled[:, :, 0]
    if n_channels > 2:
        grey = scaled[:, :, :3] @ LUMINANCE
    if n_channels not in (2, 4):
        return grey
    alpha = scaled[:, :, -1]
    visible = float(alpha.sum())
    mean = float((alpha * grey).sum()) / visible if visible else 0.0
    return alpha * grey + (1.0 - alpha) * np.float32(mean < 0.5)


def _extract_ink(grey: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Separate ink from paper, darker or lighter; None if there is no ink."""
    difference = grey - background(grey)
    # Ink covers less than paper does, so the longer tail is the ink's.
    if np.vdot(difference * difference, difference) < 0:
        difference = -difference
    noise = _noise(difference)
    scaled = 255.0 * difference
    levels = np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    is_ink = levels > int(threshold)
    if not is_ink.any():
        return None
    full = _quantile(difference[is_ink], 0.7)
    if full < max(0.04, 4.0 * noise):
        return None
    low = min(max(3.0 * noise, 0.05 * full), 0.5 * full)
    difference -= low
    difference /= full - low
    ink = np.clip(difference, 0.0, 1.0, out=difference)
    ink *= _of_the_digit(ink > 0.5)
    return ink if ink.any() else None


def _quantile(values: NDArray[Any], share: float) -> float:
    """Do what ``np.quantile`` does for one share, in a part of its time."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    ordered = np.partition(values, (below, above))
    low, high = float(ordered[below]), float(ordered[above])
    return low + (place - below) * (high - low)


def _noise(difference: NDArray[np.float32]) -> float:
    """Estimate the standard deviation of most pixels."""
    if 2 * np.count_nonzero(difference != 0) < difference.size:
        return 0.0  # what the medians say as well, and sooner
    return 1.4826 * float(np.median(np.abs(difference - np.median(difference))))


def _of_the_digit(is_ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep what belongs to the larger parts, with the soft edge around them."""
    reach = max(3, 2 * (max(is_ink.shape) // 56) + 1)
    as_bytes = is_ink.astype(np.uint8)
    around = box_around(as_bytes, reach)
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        as_bytes[around], connectivity=8
    )
    areas = statistics[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    large = areas >= max(2.0, 0.04 * areas.max())
    kernel = np.ones((reach, reach), np.uint8)
    kept = np.zeros(is_ink.shape, np.bool_)
    kept[around] = cv2.dilate(large[labels].astype(np.uint8), kernel) > 0
    return kept


def box_around(is_ink: NDArray[np.uint8], margin: int) -> tuple[slice, slice]:
    """Find the part of a picture that ink is in, with some paper around it.

    Parameters
    ----------
    is_ink : ndarray of shape (height, width), dtype uint8
        Not 0 where there is ink.
    margin : int
        Pixels of paper, where there are as many.

    Returns
    -------
    rows, columns : slice
    """
    left, top, width, height = cv2.boundingRect(is_ink)
    return (
        slice(max(0, top - margin), top + height + margin),
        slice(max(0, left - margin), left + width + margin),
    )


def into_mnist_form(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Crop a digit, fit it into 20 x 20 pixels, and centre its mass in 28 x 28.

    Parameters
    ----------
    ink : ndarray of shape (height, width), dtype float32
        From 0 to 1, with some pixels above ``INK``.

    Returns
    -------
    ndarray of shape (28, 28), dtype uint8
        White on black.
    """
    rows = np.flatnonzero((ink > INK).any(axis=1))
    columns = np.flatnonzero((ink > INK).any(axis=0))
    cropped = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = DIGIT_SIDE / max(cropped.shape)
    height, width = (max(1, round(scale * side)) for side in cropped.shape)
    small = cv2.resize(
        cropped,
        (width, height),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    # Thin strokes fade when an image shrinks; MNIST's are white.
    small = np.clip(small / max(_quantile(small[small > 0], 0.9), 1e-6), 0, 1)
    total = float(small.sum())
    row = float((small.sum(axis=1) * np.arange(height)).sum()) / total
    column = float((small.sum(axis=0) * np.arange(width)).sum()) / total
    top = round(np.clip((SIDE - 1) / 2 - row, 0, SIDE - height))
    left = round(np.clip((SIDE - 1) / 2 - column, 0, SIDE - width))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + height, left : left + width] = np.rint(255 * small)
    return image


def is_in_mnist_form(picture: NDArray[Any]) -> bool:
    """Whether a picture needs no preparation.

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
