"""Pictures of several digits, split into single ones in reading order."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._functional import find_ink, into_mnist_form
from ._parts import Part, find_parts, shares
from .canonicalizer import check_picture

# A part of less than this share of the tallest digit's height, near another one, is a
# stroke of it, such as the bar of a 5; a part far from others, of less than SPECK, is
# dirt.
STROKE = 0.5
SPECK = 0.25
# The gap between strokes of one digit, as a share of the tallest digit's height.
GAP = 0.3


class FoundDigit(NamedTuple):
    """A digit in a picture.

    Parameters
    ----------
    image : ndarray of shape (28, 28), dtype uint8
        The digit in MNIST's form, white on black.
    left, top, width, height : int
        Where it is, in pixels of the picture.

    See Also
    --------
    split_digits : Finds them.

    Examples
    --------
    >>> import numpy as np
    >>> from mnist_estimators.preprocessing import split_digits
    >>> paper = np.full((60, 60), 255, np.uint8)
    >>> paper[10:50, 20:26] = 0
    >>> found = split_digits(paper)[0]
    >>> found.left, found.top, found.width, found.height
    (20, 10, 6, 40)
    """

    image: NDArray[np.uint8]
    left: int
    top: int
    width: int
    height: int


def split_digits(picture: ArrayLike) -> list[FoundDigit]:
    """Find the digits in a picture, and bring each to MNIST's form.

    Parameters
    ----------
    picture : array-like of shape (height, width) or (height, width, channels)
        Grey, grey and alpha, RGB or RGBA, with values up to 1, 16, 255 or 65535, which
        is found out. Not changed.

    Returns
    -------
    list of FoundDigit
        At least one, row by row from the top, and each row from left to right.

    Raises
    ------
    ValueError
        If `picture` is none, nothing in it stands out from the paper, or more than
        2,000 marks do.

    See Also
    --------
    DigitCanonicalizer : Takes a picture for one digit.

    Notes
    -----
    Ink is found as by ``DigitCanonicalizer``. What is connected by it is one digit, so
    digits that touch are taken for one. Parts that lie within one another belong
    together, as does a short stroke to the digit that it is close above or below. A
    row is made of digits that stand side by side for half of their height.

    Examples
    --------
    >>> import numpy as np
    >>> from mnist_estimators.preprocessing import split_digits
    >>> paper = np.full((60, 120), 255, np.uint8)
    >>> paper[10:50, 90:96] = paper[12:48, 30:36] = 0
    >>> [(digit.left, digit.top) for digit in split_digits(paper)]
    [(30, 12), (90, 10)]
    """
    return list(find_digits(picture))


def find_digits(picture: ArrayLike) -> Iterator[FoundDigit]:
    """Find the digits as ``split_digits`` does, and prepare each when it is asked for.

    Parameters
    ----------
    picture : array-like of shape (height, width) or (height, width, channels)
        As of ``split_digits``.

    Yields
    ------
    FoundDigit

    Raises
    ------
    ValueError
        As ``split_digits``, when the first one is asked for.
    """
    array = check_picture(picture, "picture")
    ink = find_ink(array, "picture")
    labels, parts = find_parts(ink)
    scale = array.shape[0] / ink.shape[0], array.shape[1] / ink.shape[1]
    for digit in _in_rows(_digits_of(parts)):
        yield _found_digit(ink, labels, digit, scale)


def _digits_of(parts: Sequence[Part]) -> list[Part]:
    """Join the parts of each digit."""
    largest_first = sorted(parts, key=lambda part: -part.height)
    tallest = largest_first[0].height
    digits: list[Part] = []
    boxes = np.empty((len(parts), 4), np.int64)
    for part in largest_first:
        nearest = _digit_of(part, boxes[: len(digits)], tallest)
        if nearest is None:
            nearest = len(digits)
            digits.append(part)
        else:
            digits[nearest] = digits[nearest].joined_with(part)
        boxes[nearest] = digits[nearest].box
    return [one for one in digits if max(one.height, one.width) > SPECK * tallest]


def _digit_of(part: Part, boxes: NDArray[np.int64], tallest: int) -> int | None:
    """Find the digit that a part belongs to, if any."""
    rows, columns = shares(part, boxes)
    within = (np.minimum(rows, columns) > 0) & (rows * columns >= 0.5)
    belongs = within
    if part.height < STROKE * tallest:
        heights = np.minimum(part.height, boxes[:, 3] - boxes[:, 1])
        belongs = within | ((rows * heights >= -GAP * tallest) & (columns >= 0.5))
    candidates = np.flatnonzero(belongs)
    if not candidates.size:
        return None
    return int(candidates[columns[candidates].argmax()])


def _in_rows(digits: Sequence[Part]) -> list[Part]:
    from_the_top = sorted(digits, key=lambda one: one.top + one.bottom)
    boxes = np.array([digit.box for digit in from_the_top], np.int64)
    row_of = np.empty(len(digits), int)
    n_rows = 0
    for number, digit in enumerate(from_the_top):
        beside = row_of[:number][shares(digit, boxes[:number])[0] >= 0.5]
        row_of[number] = beside.min() if beside.size else n_rows
        n_rows = max(n_rows, row_of[number] + 1)
    order = np.lexsort((boxes[:, 0] + boxes[:, 2], row_of))
    return [from_the_top[number] for number in order]


def _found_digit(
    ink: NDArray[np.float32],
    labels: NDArray[np.int32],
    digit: Part,
    scale: tuple[float, float],
) -> FoundDigit:
    box = slice(digit.top, digit.bottom), slice(digit.left, digit.right)
    # Most digits are of one part, and np.isin takes four times as long.
    is_own = (
        labels[box] == digit.labels[0]
        if len(digit.labels) == 1
        else np.isin(labels[box], digit.labels)
    )
    own = ink[box] * is_own
    top, left = round(digit.top * scale[0]), round(digit.left * scale[1])
    height = round(digit.bottom * scale[0]) - top
    width = round(digit.right * scale[1]) - left
    return FoundDigit(into_mnist_form(own), left, top, width, height)
