"""The connected parts of ink."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ._functional import INK, box_around

# More is a texture, and comparing all with all would take long.
MOST_PARTS = 2_000


class Part(NamedTuple):
    """Connected ink: the numbers it has in an array of labels, and its bounding box."""

    labels: tuple[int, ...]
    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom."""
        return self[1:]

    def joined_with(self, other: "Part") -> "Part":
        """Take two parts as one."""
        return Part(
            self.labels + other.labels,
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def shares(
    part: Part, boxes: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure how far a part overlaps with others.

    Parameters
    ----------
    part : Part
        Of the same picture as the others.
    boxes : ndarray of shape (n, 4), dtype int64
        Left, top, right and bottom of each other part.

    Returns
    -------
    rows, columns : ndarray of shape (n,), dtype float64
        Common ones as shares of the smaller part's; of parts that lie apart the gap,
        negative.
    """
    left, top, right, bottom = boxes.T
    rows = np.minimum(part.bottom, bottom) - np.maximum(part.top, top)
    columns = np.minimum(part.right, right) - np.maximum(part.left, left)
    return (
        rows / np.minimum(part.height, bottom - top),
        columns / np.minimum(part.width, right - left),
    )


def find_parts(ink: NDArray[np.float32]) -> tuple[NDArray[np.int32], list[Part]]:
    """Find what is connected.

    Parameters
    ----------
    ink : ndarray of shape (height, width), dtype float32
        From 0 to 1, with some above 0.5.

    Returns
    -------
    labels : ndarray of shape (height, width), dtype int32
        Number of the part that each pixel belongs to, or is close to; 0 for none.
    parts : list of Part
        Ink that is apart by less than half a stroke's width is one part.

    Raises
    ------
    ValueError
        If there are more than 2,000 parts.
    """
    is_ink = (ink > INK).astype(np.uint8)
    reach = max(1, round(_stroke_width(is_ink) / 4))
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    inked = box_around(is_ink, reach + 1)
    labels = np.zeros(is_ink.shape, np.int32)
    _, labels[inked], statistics, _ = cv2.connectedComponentsWithStats(
        cv2.dilate(is_ink[inked], kernel)
    )
    n_parts = len(statistics) - 1
    if n_parts > MOST_PARTS:
        raise ValueError(
            f"picture has {n_parts} separate marks, and no more than {MOST_PARTS} can "
            "be digits. Take a part of it, or plainer paper."
        )
    parts = []
    for number, (x, y, width, height, _) in enumerate(statistics[1:], start=1):
        left, top = inked[1].start + int(x), inked[0].start + int(y)
        around = slice(top, top + height), slice(left, left + width)
        own = is_ink[around] & (labels[around] == number)
        x, y, own_width, own_height = cv2.boundingRect(own)
        left, top = left + x, top + y
        parts.append(Part((number,), left, top, left + own_width, top + own_height))
    return labels, parts


def _stroke_width(is_ink: NDArray[np.uint8]) -> float:
    """Estimate it from area and outline: a stroke has two long sides."""
    area = cv2.countNonZero(is_ink)
    inner = cv2.countNonZero(cv2.erode(is_ink, np.ones((3, 3), np.uint8)))
    return 2.0 * area / max(area - inner, 1)
