"""From what was sent to digits in MNIST's form; pure functions."""

import io
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from .._inputs.images import pixel_range, resolve_image_shape
from ..datasets._pictures import TooLargeError, read_picture
from ..preprocessing import DigitCanonicalizer, FoundDigit
from ..preprocessing._functional import is_in_mnist_form
from ..preprocessing.split import find_digits
from ._limits import Limits
from ._refusal import Refusal

Pixel = Annotated[float, Field(ge=0, le=65535, allow_inf_nan=False, strict=True)]
Row = Annotated[list[Pixel], Field(min_length=1, fail_fast=True)]
Rows = Annotated[list[Row], Field(min_length=1, fail_fast=True)]


class Pixels(BaseModel):
    """Pictures as numbers.

    Each is a list of rows of grey values, or one row of a square picture's pixels.
    Values go up to 1, 16, 255 or 65535, which is found out for each picture. Digits may
    be dark or light.
    """

    images: Annotated[
        list[Annotated[Rows | Row, Field(union_mode="left_to_right")]],
        Field(min_length=1, fail_fast=True),
    ]


class Upload(NamedTuple):
    """A file that was sent, and its name where it came with one."""

    name: str | None
    content: bytes


class ReadPicture(NamedTuple):
    """A picture that was sent, and the digits in it in reading order."""

    name: str | None
    width: int
    height: int
    digits: list[FoundDigit]


def read_files(
    uploads: Sequence[Upload], deadline: float, *, split: bool, limits: Limits
) -> list[ReadPicture]:
    """Find the digits in files.

    Parameters
    ----------
    uploads : sequence of Upload
        Files of any kind.
    deadline : float
        When to give up, by the clock of ``time.monotonic``.
    split : bool
        Whether there may be several digits in one.
    limits : Limits
        Bounds.

    Returns
    -------
    list of ReadPicture

    Raises
    ------
    Refusal
        If one of them is no picture, is blank, or is too large, or there are too many
        digits.
    TimeoutError
        If time is up before the last picture.
    """
    pictures = _decoded(uploads, limits)
    found = _read_all(pictures, deadline, split=split, limits=limits)
    return [
        picture._replace(name=upload.name)
        for picture, upload in zip(found, uploads, strict=True)
    ]


def _decoded(
    uploads: Sequence[Upload], limits: Limits
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    n_before = 0
    for upload in uploads:
        name = upload.name or "The file"
        n_left = limits.picture_pixels - n_before
        try:
            picture = read_picture(io.BytesIO(upload.content), name, n_left)
        except TooLargeError as error:
            raise _too_many_pixels(str(error), n_before, limits) from error
        except ValueError as error:
            raise Refusal(422, str(error)) from error
        n_before += picture.shape[0] * picture.shape[1]
        yield name, picture


def read_pixels(
    body: bytes, deadline: float, *, split: bool, limits: Limits
) -> list[ReadPicture]:
    """Find the digits in pictures that came as JSON.

    Parameters
    ----------
    body : bytes
        As ``Pixels`` describes.
    deadline : float
        When to give up, by the clock of ``time.monotonic``.
    split : bool
        Whether there may be several digits in one.
    limits : Limits
        Bounds.

    Returns
    -------
    list of ReadPicture

    Raises
    ------
    Refusal
        If it is something else, a picture is blank, or there are too many digits.
    TimeoutError
        If time is up before the last picture.
    """
    try:
        images = Pixels.model_validate_json(body).images
    except ValidationError as error:
        raise Refusal(422, _first_error(error)) from error
    if len(images) > limits.images:
        raise too_many(limits.images)
    pictures = _converted(images, limits)
    found = _read_all(pictures, deadline, split=split, limits=limits)
    return [picture._replace(name=None) for picture in found]


def _converted(
    images: Sequence[Sequence[Any]], limits: Limits
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    n_before = 0
    for number, image in enumerate(images):
        name = f"images[{number}]"
        picture = as_bytes(image, name)
        if n_before + picture.size > limits.picture_pixels:
            height, width = picture.shape
            what = f"{name} has {width} x {height} pixels"
            raise _too_many_pixels(what, n_before, limits)
        n_before += picture.size
        yield name, picture


def _too_many_pixels(what: str, n_before: int, limits: Limits) -> Refusal:
    if not n_before:
        return Refusal(
            422, f"{what}, more than {limits.picture_pixels}. Make it smaller."
        )
    return Refusal(
        422,
        f"{what}, and the pictures before it have {n_before}: together more than "
        f"{limits.picture_pixels}. Make them smaller, or send fewer at a time.",
    )


def _read_all(
    pictures: Iterable[tuple[str, NDArray[np.uint8]]],
    deadline: float,
    *,
    split: bool,
    limits: Limits,
) -> list[ReadPicture]:
    found = []
    n_left = limits.images
    for name, picture in pictures:
        if time.monotonic() > deadline:
            raise TimeoutError
        found.append(_read(picture, name, n_left + 1, split=split))
        n_left -= len(found[-1].digits)
        if n_left < 0:
            raise too_many(limits.images)
    return found


def _read(
    picture: NDArray[np.uint8], name: str, n_digits: int, *, split: bool
) -> ReadPicture:
    ready = in_mnist_form(picture, name)
    if ready is not None:
        return ready
    height, width = picture.shape[:2]
    try:
        if split:
            digits = list(islice(find_digits(picture), n_digits))
        else:
            image = DigitCanonicalizer().transform([picture]).reshape(28, 28)
            digits = [FoundDigit(image, 0, 0, width, height)]
    except ValueError as error:
        called = "picture" if split else "X[0]"
        raise Refusal(422, str(error).replace(called, name, 1)) from error
    return ReadPicture(name, width, height, digits)


def in_mnist_form(picture: NDArray[np.uint8], name: str | None) -> ReadPicture | None:
    """Take a picture for one digit as it is, if it has MNIST's form, or give None."""
    if not is_in_mnist_form(picture):
        return None
    height, width = picture.shape
    return ReadPicture(name, width, height, [FoundDigit(picture, 0, 0, width, height)])


def as_bytes(image: Sequence[Any], name: str) -> NDArray[np.uint8]:
    """Bring the numbers of a picture to grey values from 0 to 255.

    Parameters
    ----------
    image : sequence
        Of rows, or of a square picture's pixels.
    name : str
        What messages call it.

    Returns
    -------
    ndarray of shape (height, width), dtype uint8

    Raises
    ------
    Refusal
        If it has no such form.
    """
    try:
        values = np.array(image, np.float64)
    except ValueError:
        raise Refusal(422, f"{name} has rows of different lengths.") from None
    if values.ndim == 1:
        height, width = resolve_image_shape((1, len(values)), None)
        if height == 1 < width:
            raise Refusal(
                422,
                f"{name} is one row of {width} pixels, which is no square. Give a list "
                "of rows.",
            )
        values = values.reshape(height, width)
    high = pixel_range(values)[1]
    return np.rint(values * (255.0 / high)).astype(np.uint8)


def too_many(n_images: int) -> Refusal:
    """Say that a request asks for more than it may."""
    return Refusal(
        413,
        f"There are more than {n_images} pictures, or digits in them. Send fewer at a "
        "time.",
    )


def _first_error(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    # Of a picture there are two, as of rows and as of one row. Their places are images,
    # its number, a name of either form, and the place in it.
    is_one_row = found[0]["type"] == "list_type" and found[0]["loc"][3:] == (0,)
    first = found[-1] if is_one_row else found[0]
    place = ".".join(map(str, first["loc"][:2] + first["loc"][3:])) or "the body"
    return (
        f"{place}: {first['msg']}. Send JSON such as "
        '{"images": [[[0, 255], [0, 255]]]}: a list of pictures, each a list of rows.'
    )
