"""From the pictures of a request to digits in MNIST's form; pure functions."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from starlette.exceptions import HTTPException

from .._inputs.images import SIDE
from ..datasets._pictures import TooLargeError
from ..preprocessing import DigitCanonicalizer, FoundDigit
from ..preprocessing._functional import is_in_mnist_form
from ..preprocessing.split import find_digits
from ._limits import Limits

# Larger files and JSON are never read on the event loop.
MOST_SMALL_BYTES = 8_192


class Source(NamedTuple):
    """A picture as it was sent.

    Attributes
    ----------
    name : str or None
        Its file name, for the response.
    label : str
        What messages call it.
    decode : callable
        Takes the maximum number of pixels and returns an array of dtype uint8. Raises
        TooLargeError, or another ValueError for an invalid picture.
    """

    name: str | None
    label: str
    decode: Callable[[int], NDArray[np.uint8]]


class ReadPicture(NamedTuple):
    """A decoded picture: its size, and its digits in reading order."""

    name: str | None
    width: int
    height: int
    digits: list[FoundDigit]


def read_pictures(
    sources: Iterable[Source], deadline: float, *, split: bool, limits: Limits
) -> list[ReadPicture]:
    """Decode pictures and find their digits.

    Parameters
    ----------
    sources : iterable of Source
        The pictures of one request.
    deadline : float
        When to give up, in seconds of ``time.monotonic``.
    split : bool
        Whether to look for several digits in a picture.
    limits : Limits
        Of which `images` and `picture_pixels` are enforced.

    Returns
    -------
    list of ReadPicture

    Raises
    ------
    HTTPException
        If a picture is invalid, blank or too large, or there are too many digits.
    TimeoutError
        If the deadline has passed before the last picture.
    """
    found = []
    n_left = limits.images
    for source, picture in _decode_all(sources, limits):
        if time.monotonic() > deadline:
            raise TimeoutError
        found.append(_find_digits(source, picture, n_left + 1, split=split))
        n_left -= len(found[-1].digits)
        if n_left < 0:
            raise too_many(limits.images)
    return found


def too_many(n_images: int) -> HTTPException:
    """Make the error for more pictures or digits than `n_images`."""
    return HTTPException(
        413,
        f"There are more than {n_images} pictures, or digits in them. Send fewer per "
        "request.",
    )


def _decode_all(
    sources: Iterable[Source], limits: Limits
) -> Iterator[tuple[Source, NDArray[np.uint8]]]:
    most = limits.picture_pixels
    n_before = 0
    for source in sources:
        try:
            picture = source.decode(most - n_before)
        except TooLargeError as error:
            advice = (
                f", and the pictures before it have {n_before}: together more than "
                f"{most}. Make them smaller, or send fewer per request."
                if n_before
                else f", more than {most}. Make it smaller."
            )
            raise HTTPException(422, f"{error}{advice}") from error
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        n_before += picture.shape[0] * picture.shape[1]
        yield source, picture


def _find_digits(
    source: Source, picture: NDArray[np.uint8], n_digits: int, *, split: bool
) -> ReadPicture:
    height, width = picture.shape[:2]
    try:
        if is_in_mnist_form(picture):
            digits = [FoundDigit(picture, 0, 0, width, height)]
        elif split:
            digits = list(islice(find_digits(picture), n_digits))
        else:
            image = DigitCanonicalizer().transform([picture]).reshape(SIDE, SIDE)
            digits = [FoundDigit(image, 0, 0, width, height)]
    except ValueError as error:
        called = "picture" if split else "X[0]"
        raise HTTPException(422, str(error).replace(called, source.label, 1)) from error
    return ReadPicture(source.name, width, height, digits)
