"""The paper beneath a digit, and the light on it."""

import cv2
import numpy as np
from numpy.typing import NDArray

# It is fitted on a small copy: light changes slowly.
FITTED_SIDE = 64


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
    one, r, c, rc, rr, cc = coefficients
    by_powers = np.array([[one, c, cc], [r, rc, 0.0], [rr, 0.0, 0.0]])
    by_column = (by_powers @ _powers(width).T).astype(np.float32)
    return _powers(height).astype(np.float32) @ by_column


def _surface_basis(height: int, width: int) -> NDArray[np.float64]:
    rows, columns = np.meshgrid(
        _powers(height)[:, 1], _powers(width)[:, 1], indexing="ij"
    )
    r, c = rows.ravel(), columns.ravel()
    return np.stack([np.ones_like(r), r, c, r * c, r * r, c * c], axis=1)


def _powers(n_pixels: int) -> NDArray[np.float64]:
    """Give 1, x and x² of a side's pixels, with x from -1 to 1."""
    # Centres of pixels, so that copies of different sizes share one surface.
    x = (2.0 * np.arange(n_pixels) + 1.0) / n_pixels - 1.0
    return np.stack([np.ones_like(x), x, x * x], axis=1)
