"""The responses: their schemas, which the API's description shows."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from ..preprocessing import FoundDigit
from ._model import Prediction, name_of
from ._pictures import ReadPicture


class Box(BaseModel):
    """Where a digit is, in pixels of its picture."""

    left: int
    top: int
    width: int
    height: int


class Digit(BaseModel):
    """A digit and its prediction."""

    label: int | float | str | bool = Field(description="The predicted class.")
    probabilities: dict[str, float] | None = Field(
        description="Of each class; null if the classifier has none."
    )
    box: Box
    image: list[list[int]] = Field(
        description="The 28 x 28 grey values, from 0 to 255, that the classifier saw."
    )


class Picture(BaseModel):
    """A picture, and its digits in reading order."""

    name: str | None = Field(description="Name of the file in a form; else null.")
    text: str = Field(
        description="The labels in order; those of several letters with spaces between."
    )
    width: int
    height: int
    digits: list[Digit]


class Answer(BaseModel):
    """What was read."""

    pictures: list[Picture]
    milliseconds: float = Field(description="From the end of the request's body.")


class Health(BaseModel):
    """Whether predictions can be asked for."""

    status: str


class Bounds(BaseModel):
    """What a request may ask for."""

    body_bytes: int
    picture_pixels: int
    images: int
    seconds: float


class Model(BaseModel):
    """What is served."""

    classifier: str
    recipe: str | None
    accuracy: float | None = Field(description="On test images, where it is known.")
    classes: list[int | float | str | bool]
    has_probabilities: bool
    versions: dict[str, str]
    limits: Bounds


class Problem(BaseModel):
    """Why there is no answer, and what would help."""

    detail: str


def make_answer(
    pictures: Sequence[ReadPicture],
    predictions: Sequence[Prediction],
    milliseconds: float,
) -> dict[str, Any]:
    """Make the content of an ``Answer``.

    Parameters
    ----------
    pictures : sequence of ReadPicture
        The pictures of the request.
    predictions : sequence of Prediction
        One for each of their digits, in order.
    milliseconds : float
        How long the request took.

    Returns
    -------
    dict
        As ``Answer``, with images as arrays, which are not copied to validate them.
    """
    remaining = iter(predictions)
    answers = []
    for picture in pictures:
        digits = [_digit(found, next(remaining)) for found in picture.digits]
        labels = [name_of(digit["label"]) for digit in digits]
        answers.append(
            {
                "name": picture.name,
                "text": ("" if max(map(len, labels)) == 1 else " ").join(labels),
                "width": picture.width,
                "height": picture.height,
                "digits": digits,
            }
        )
    return {"pictures": answers, "milliseconds": round(milliseconds, 2)}


def _digit(found: FoundDigit, prediction: Prediction) -> dict[str, Any]:
    box = found._asdict()
    image = box.pop("image")
    return {**prediction._asdict(), "box": box, "image": image}
