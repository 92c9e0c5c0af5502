"""Hand over images and labels in the layout that the caller of a loader asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch


def check_layout(*, as_frame: bool, as_images: bool) -> None:
    """Raise ValueError where `as_frame` and `as_images` contradict each other."""
    if as_frame and as_images:
        raise ValueError(
            "as_frame=True and as_images=True exclude each other: a DataFrame has a "
            "column for each pixel. Set one of them to False."
        )


def arrange(
    images: NDArray[np.uint8],
    labels: NDArray[Any],
    *,
    title: str,
    text: str,
    source: str,
    return_X_y: bool,
    as_frame: bool,
    as_images: bool,
) -> tuple[Any, Any] | Bunch:
    """Return ``(data, target)`` or a Bunch, as scikit-learn's loaders do.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width)
        Handed on without a copy.
    labels : ndarray of shape (n_images,)
        Any integers.
    title, text : str
        Beginning and end of the description.
    source : str
        Where the data came from, as a noun phrase.
    return_X_y, as_frame, as_images : bool
        As in the public loaders.

    Returns
    -------
    tuple of (data, target) or Bunch
        The target is int64.
    """
    n_images, height, width = images.shape
    pixels = images.reshape(n_images, height * width)
    names = [
        f"pixel_{row}_{column}" for row in range(height) for column in range(width)
    ]

    data: Any = images if as_images else pixels
    target: Any = labels.astype(np.int64)
    frame = None
    if as_frame:
        import pandas as pd

        data = pd.DataFrame(pixels, columns=names)
        target = pd.Series(target, name="target")
        frame = pd.concat([data, target], axis=1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        images=images,
        feature_names=names,
        target_names=np.arange(10),
        source=source,
        DESCR=_describe(title, text, source, pixels, labels),
    )


def _describe(
    title: str,
    text: str,
    source: str,
    pixels: NDArray[np.uint8],
    labels: NDArray[Any],
) -> str:
    classes, counts = np.unique(labels, return_counts=True)
    samples_per_class = [
        f"    {label}: {count}" for label, count in zip(classes, counts, strict=True)
    ]
    return "\n".join(
        [
            title,
            "=" * len(title),
            "",
            f":Samples: {len(pixels)}",
            f":Features: {pixels.shape[1]} pixels, integers from 0 (background) to "
            "255 (ink)",
            f":Classes: {len(classes)}",
            f":Source: {source}",
            "",
            "Samples per class::",
            "",
            *samples_per_class,
            "",
            text,
        ]
    )
