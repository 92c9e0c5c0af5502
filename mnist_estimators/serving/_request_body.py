"""The request for predictions: its body, its query, and their description."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ..datasets._pictures import FORMATS
from ._limits import Limits
from ._picture_files import Upload, is_small_png
from ._pictures import MOST_SMALL_BYTES, ReadPicture, read_pictures, too_many
from ._pixels import Pixels, is_small, parse_pixels, sources_of_pixels

LONGEST_NAME = 80
# No other thread runs while JSON is parsed.
MOST_JSON_BYTES = 2_000_000
_BOOLEAN = TypeAdapter(bool)
# This and DESCRIPTION describe the request for OpenAPI: FastAPI can't see what the
# route reads from it.
SPLIT: dict[str, Any] = {
    "name": "split",
    "in": "query",
    "required": False,
    "description": "Look for several digits; otherwise each picture is one.",
    "schema": {"type": "boolean", "default": True},
}
_PICTURE = {"schema": {"type": "string", "format": "binary"}}
DESCRIPTION: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": Pixels.model_json_schema(),
            "example": {"images": [[[255, 0, 255], [255, 0, 255], [255, 0, 255]]]},
        },
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "description": "Files, in fields of any name.",
                "properties": {
                    "images": {
                        "type": "array",
                        "items": _PICTURE["schema"],
                        "minItems": 1,
                    }
                },
            }
        },
        **{f"image/{kind.lower()}": _PICTURE for kind in FORMATS},
        "application/octet-stream": _PICTURE,
    },
}


def wants_split(request: Request) -> bool:
    """Read whether to look for several digits in a picture, from the query."""
    try:
        return _BOOLEAN.validate_python(request.query_params.get("split", True))
    except ValidationError as error:
        message = f"query.split: {error.errors()[0]['msg']}."
        raise HTTPException(422, message) from error


class Received(NamedTuple):
    """The pictures of a request, not decoded yet.

    Attributes
    ----------
    read : callable
        Finds the digits in all pictures. Takes the time of ``time.monotonic`` to give
        up at. Raises HTTPException if a picture can't be read.
    is_small : bool
        Whether `read` takes so little time that the event loop should call it itself:
        handing one picture of 28 x 28 pixels to a thread takes longer. False for
        everything that a client could make slow.
    """

    read: Callable[[float], list[ReadPicture]]
    is_small: bool


async def receive_pictures(
    request: Request, *, split: bool, limits: Limits
) -> Received:
    """Receive the body of a request.

    FastAPI can't declare a route that takes JSON, one file or a form.

    Parameters
    ----------
    request : Request
        With pixels as JSON, one file, or a form of files.
    split : bool
        Whether to look for several digits in a picture.
    limits : Limits
        The limits.

    Returns
    -------
    Received

    Raises
    ------
    HTTPException
        If the body has an unsupported type, is too large or too slow, or is a damaged
        form.
    """
    read = partial(read_pictures, split=split, limits=limits)
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _receive_pixels(await request.body(), read, limits)
    if kind == "multipart/form-data":
        uploads = await _receive_form(request, limits)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        uploads = [Upload(None, await request.body())]
    else:
        raise HTTPException(
            415,
            f"The content type {kind[:LONGEST_NAME]!r} is not supported. Send a "
            "picture (image/png, image/jpeg, ...), several as multipart/form-data, or "
            "pixels as application/json.",
        )
    sources = [upload.as_source() for upload in uploads]
    is_small_file = len(uploads) == 1 and is_small_png(uploads[0].content)
    return Received(partial(read, sources), is_small_file)


def _receive_pixels(
    body: bytes, read: Callable[..., list[ReadPicture]], limits: Limits
) -> Received:
    if len(body) > MOST_JSON_BYTES:
        raise HTTPException(
            413,
            f"The JSON is larger than {MOST_JSON_BYTES} bytes. Send fewer pictures "
            "per request, or send them as files.",
        )
    if len(body) > MOST_SMALL_BYTES:

        def parse_and_read(deadline: float) -> list[ReadPicture]:
            return read(sources_of_pixels(parse_pixels(body, limits)), deadline)

        return Received(parse_and_read, is_small=False)
    images = parse_pixels(body, limits)
    return Received(partial(read, sources_of_pixels(images)), is_small(images))


async def _receive_form(request: Request, limits: Limits) -> list[Upload]:
    _, options = parse_options_header(request.headers["content-type"])
    # Starlette decodes with any of Python's codecs. Some are slow, others give
    # characters that a response can't contain.
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise HTTPException(
            400, f"The form's charset is {charset!r}. Send it as utf-8."
        )
    try:
        form = await request.form(max_files=limits.images, max_fields=limits.images)
    except HTTPException as error:
        if error.detail.startswith("Too many files"):
            raise too_many(limits.images) from error
        raise
    except ValueError as error:  # of the parser, in older versions of Starlette
        raise HTTPException(400, f"The form is damaged: {error}.") from error
    try:
        files = [
            value for _, value in form.multi_items() if isinstance(value, UploadFile)
        ]
        if not files:
            raise HTTPException(
                422, "The form contains no file. Send each picture with a file name."
            )
        return [
            Upload((file.filename or "")[:LONGEST_NAME] or None, await file.read())
            for file in files
        ]
    finally:
        await form.close()
