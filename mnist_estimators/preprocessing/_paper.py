"""The paper beneath a digit, and the light on it."""

import cv2
import numpy as np
from numpy.typing import NDArray

# It is fitted on a small copy: light changes slowly.
FITTED_SIDE = 64
# Of the nine products of powers of row and column, from 1 to the square of both, those
# of a surface of second order: 1, row, column, row x column, row², column².
TERMS = [0, 3, 1, 4, 6, 2]


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
        sample of pixels have exactly the same value, as in drawings, it is that one,
        and the array can't be written to.
    """
    height, width = grey.shape
    sample = grey[:: -(-height // FITTED_SIDE), :: -(-width // FITTED_SIDE)]
    paper = np.median(sample)
    if np.mean(sample == paper) > 0.5:
        return np.broadcast_to(paper, grey.shape)
    small = cv2.resize(
        grey,
        (min(width, FITTED_SIDE), min(height, FITTED_SIDE)),
        interpolation=cv2.INTER_AREA,
    )
    values = small.ravel().astype(np.float64)
    basis = np.kron(*map(_powers, small.shape)).take(TERMS, axis=1)
    surface = np.full_like(values, np.median(values))
    for _ in range(10):
        residual = values - surface
        spread = max(1.4826 * float(np.median(np.abs(residual))), 1e-3)
        weights = 1.0 / (1.0 + np.square(residual / (2.0 * spread)))
        weighted = basis * weights[:, np.newaxis]
        ridge = 1e-6 * len(values) * np.eye(basis.shape[1])
        coefficients = np.linalg.solve(basis.T @ weighted + ridge, weighted.T @ values)
        surface = basis @ coefficients
    by_powers = np.zeros((3, 3))
    by_powers.flat[TERMS] = coefficients
    by_column = (by_powers @ _powers(width).T).astype(np.float32)
    return _powers(height).astype(np.float32) @ by_column


def _powers(n_pixels: int) -> NDArray[np.float64]:
    """Give 1, x and x² of a side's pixels, with x from -1 to 1."""
    # Centres of pixels, so that copies of different sizes share one surface.
    x = (2.0 * np.arange(n_pixels) + 1.0) / n_pixels - 1.0
    return np.stack([np.ones_like(x), x, x * x], axis=1)
