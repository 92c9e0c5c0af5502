"""Pictures that are sent as numbers, in JSON."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from .._inputs.images import SIDE, resolve_image_shape
from .._inputs.pixel_ranges import pixel_range
from ..datasets._pictures import TooLargeError
from ._limits import Limits
from ._pictures import Source, too_many

Pixel = Annotated[float, Field(ge=0, le=65535, allow_inf_nan=False, strict=True)]
Row = Annotated[list[Pixel], Field(min_length=1, fail_fast=True)]
Rows = Annotated[list[Row], Field(min_length=1, fail_fast=True)]


class Pixels(BaseModel):
    """Pictures as numbers.

    Each is a list of rows of grey values, or one row of a square picture's pixels.
    Values go up to 1, 16, 255 or 65535, which is detected for each picture. Digits may
    be dark or light.
    """

    images: Annotated[
        list[Annotated[Rows | Row, Field(union_mode="left_to_right")]],
        Field(min_length=1, fail_fast=True),
    ]


def parse_pixels(body: bytes, limits: Limits) -> list[Any]:
    """Parse a JSON body as ``Pixels`` describes it.

    Parameters
    ----------
    body : bytes
        The body.
    limits : Limits
        Of which `images` is enforced.

    Returns
    -------
    list
        Of pictures, each a list of rows or one row.

    Raises
    ------
    HTTPException
        If the JSON is invalid, or there are too many pictures.
    """
    try:
        images = Pixels.model_validate_json(body).images
    except ValidationError as error:
        raise HTTPException(422, _first_error(error)) from error
    if len(images) > limits.images:
        raise too_many(limits.images)
    return images


def sources_of_pixels(images: Sequence[Any]) -> list[Source]:
    """Describe pictures, still as lists of numbers."""
    labels = [f"images[{number}]" for number in range(len(images))]
    return [
        Source(None, label, partial(_as_array, image, label))
        for label, image in zip(labels, images, strict=True)
    ]


def is_small(images: Sequence[Any]) -> bool:
    """Check whether there is one picture, of at most 28 x 28 pixels."""
    if len(images) != 1:
        return False
    n_pixels = sum(len(row) if isinstance(row, list) else 1 for row in images[0])
    return n_pixels <= SIDE * SIDE


def _as_array(image: Sequence[Any], label: str, max_pixels: int) -> NDArray[np.uint8]:
    try:
        values = np.array(image, np.float64)
    except ValueError:
        raise ValueError(f"{label} has rows of different lengths.") from None
    if values.ndim == 1:
        height, width = resolve_image_shape((1, len(values)), None)
        if height == 1 < width:
            raise ValueError(
                f"{label} is one row of {width} pixels, which can't be a square. Send "
                "a list of rows."
            )
        values = values.reshape(height, width)
    height, width = values.shape
    if values.size > max_pixels:
        raise TooLargeError(f"{label} has {width} x {height} pixels")
    high = pixel_range(values)[1]
    return np.rint(values * (255.0 / high)).astype(np.uint8)


def _first_error(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    # Each picture has two errors, one as rows and one as a row. Their location is
    # "images", its number, the name of either form, and the place in it.
    is_one_row = found[0]["type"] == "list_type" and found[0]["loc"][3:] == (0,)
    first = found[-1] if is_one_row else found[0]
    place = ".".join(map(str, first["loc"][:2] + first["loc"][3:])) or "the body"
    return (
        f"{place}: {first['msg']}. Send JSON such as "
        '{"images": [[[0, 255], [0, 255]]]}: a list of pictures, each a list of rows.'
    )
