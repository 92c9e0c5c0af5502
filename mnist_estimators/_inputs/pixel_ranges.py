"""The range of pixel values: found in ``fit``, and compared with new images."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..exceptions import PixelRangeWarning

PIXEL_MAXIMA = (1.0, 16.0, 255.0, 65535.0)
# A scaler that was fitted on other images leaves some values a little out of range.
FEW_OUTLIERS = 0.01
# Of features, single images that are unlike all others have some large values, but
# hardly ever no negative ones; and ten of them are not all unlike the others.
ENOUGH_VALUES, ENOUGH_IMAGES = 64, 10
FEW_LARGE_FEATURES = 0.05


def pixel_range(X: NDArray[Any]) -> tuple[float, float]:
    """Find which range of pixel values `X` uses.

    Pixels are never negative; their range is the smallest of 0-1, 0-16, 0-255 and
    0-65535 that holds them all. Data with negative values are features, such as a
    `StandardScaler` gives: their range is plus and minus their root mean square.

    Parameters
    ----------
    X : ndarray of shape (n, pixels)
        Finite numbers, at least one.

    Returns
    -------
    low, high : float
        `low` is 0 for pixels and ``-high`` for features; `high` is positive.
    """
    largest = float(X.max())
    if float(X.min()) < 0:
        scale = max(largest, -float(X.min()))
        root_mean_square = scale * float(
            np.sqrt(np.mean(np.square(X / scale, dtype=np.float64)))
        )
        return -root_mean_square, root_mean_square
    high = next((m for m in PIXEL_MAXIMA if largest <= m), largest)
    return 0.0, high


def warn_of_other_range(
    X: NDArray[Any],
    fitted_range: tuple[float, float],
    *,
    training: NDArray[Any] | None = None,
) -> None:
    """Warn if `X` uses another range of pixel values than the one seen in ``fit``.

    Parameters
    ----------
    X : ndarray of shape (n, pixels)
        New images. Blank ones tell nothing of their range.
    fitted_range : tuple of two float
        From ``pixel_range``. Features, which may be negative or above any pixel, have
        no fixed range: `X` must plainly be of another scale.
    training : ndarray of shape (n_training, pixels), default=None
        Images that `X` is to validate; None if `X` is to be predicted.
    """
    if fitted_range[0] < 0:
        differs = _are_no_such_features(X, fitted_range[1], training)
        kind = f"features with a root mean square of {fitted_range[1]:.3g}"
    else:
        differs = _are_other_pixels(X, fitted_range[1])
        kind = f"pixels from 0 to {fitted_range[1]:g}"
    if not differs:
        return
    found = f"range from {X.min():g} to {X.max():g}"
    if training is None:
        message = (
            f"The pixels of X {found}, but the classifier was fitted on {kind}: its "
            "predictions may be poor. Scale X as in fit."
        )
    else:
        message = (
            f"The pixels of the validation data {found}, but the classifier is fitted "
            f"on {kind}: validation and early stopping may mislead. Scale them as X. "
            "In a Pipeline, use Pipeline(..., transform_input=['X_val']) and "
            "fit(X, y, X_val=X_val, y_val=y_val), with metadata routing."
        )
    # Up to the caller of fit or predict.
    stacklevel = 4 if training is None else 5
    warnings.warn(message, PixelRangeWarning, stacklevel=stacklevel)


def _are_other_pixels(X: NDArray[Any], high: float) -> bool:
    """Whether pixels are not those from 0 to `high` that were fitted."""
    if high not in PIXEL_MAXIMA:
        return False
    lowest, highest = float(X.min()), float(X.max())
    if lowest == highest == 0:
        return False
    darker = any(highest <= maximum < high for maximum in PIXEL_MAXIMA)
    outside = (lowest < 0 or high < highest) and (
        np.mean((X < 0) | (high < X)) > FEW_OUTLIERS
    )
    return darker or bool(outside)


def _are_no_such_features(
    X: NDArray[Any], scale: float, training: NDArray[Any] | None
) -> bool:
    """Whether values plainly are not features of this root mean square."""
    if X.size < ENOUGH_VALUES:
        return False
    if X.min() >= 0:
        if np.mean(2 * scale < X) > FEW_LARGE_FEATURES:
            return True  # pixels
        if training is not None and len(X) >= ENOUGH_IMAGES:
            return bool(np.mean(training < 0) > 2 * FEW_LARGE_FEATURES)
    return len(X) >= ENOUGH_IMAGES and bool(
        np.mean(np.abs(X) > 10 * scale) > 2 * FEW_LARGE_FEATURES
    )


def check_finite_scores(
    scores: NDArray[Any], X: NDArray[Any], seen_range: tuple[float, float]
) -> None:
    """Check that pixels are not so large that a network can't compute with them.

    Parameters
    ----------
    scores : ndarray of shape (n, n_classes)
        What the network computed.
    X : ndarray of shape (n, pixels)
        The images.
    seen_range : tuple of two float
        Lowest and highest pixel value in training.

    Raises
    ------
    ValueError
        If a score is NaN or infinite.
    """
    if not np.isfinite(scores).all():
        low, high = seen_range
        raise ValueError(
            f"X has values from {X.min():g} to {X.max():g}, so far from those seen in "
            f"fit ({low:g} to {high:g}) that the scores of some images are not finite. "
            "Scale X as in fit."
        )
