"""Colour scales of numbers that may be negative."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def centred_colours(values: NDArray[Any]) -> dict[str, Any]:
    """Choose colours from blue by way of white, which is 0, to red.

    Parameters
    ----------
    values : ndarray
        All that is drawn on the scale.

    Returns
    -------
    dict
        Arguments of ``Axes.imshow``.
    """
    limit = float(np.abs(values).max()) or 1.0
    return {"cmap": "RdBu_r", "vmin": -limit, "vmax": limit}


def fitting_colours(values: NDArray[Any]) -> dict[str, Any]:
    """Choose colours that begin with 0, or are centred on it where some are negative.

    Parameters
    ----------
    values : ndarray
        All that is drawn on the scale.

    Returns
    -------
    dict
        Arguments of ``Axes.imshow``.
    """
    if values.min() < 0:
        return centred_colours(values)
    return {"cmap": "viridis", "vmin": 0.0, "vmax": float(values.max()) or 1.0}
