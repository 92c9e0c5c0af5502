"""The bodies of requests for predictions."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ._limits import Limits
from ._mnist_pictures import read_mnist_file, read_mnist_pixels
from ._pictures import Pixels, ReadPicture, Upload, read_files, read_pixels, too_many
from ._refusal import Refusal

LONGEST_NAME = 80
# While JSON is parsed, no other thread of the process runs.
MOST_JSON_BYTES = 2_000_000
_BOOLEAN = TypeAdapter(bool)
# For the API's description, as all below: FastAPI can't know what is read from the raw
# request.
SPLIT: dict[str, Any] = {
    "name": "split",
    "in": "query",
    "required": False,
    "description": "Look for several digits; else each picture is one.",
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
                "description": "Files; what the field is called does not matter.",
                "properties": {
                    "images": {
                        "type": "array",
                        "items": {"type": "string", "format": "binary"},
                        "minItems": 1,
                    }
                },
            }
        },
        **dict.fromkeys(
            (
                "image/png",
                "image/jpeg",
                "image/webp",
                "image/bmp",
                "image/tiff",
                "application/octet-stream",
            ),
            _PICTURE,
        ),
    },
}


def wants_split(request: Request) -> bool:
    """Tell whether several digits are to be looked for in a picture."""
    if not request.scope["query_string"]:
        return True
    wanted = request.query_params.get("split", True)
    try:
        return _BOOLEAN.validate_python(wanted)
    except ValidationError as error:
        raise Refusal(422, f"query.split: {error.errors()[0]['msg']}.") from error


class Received(NamedTuple):
    """What was sent, yet to be read.

    Attributes
    ----------
    read_at_once : callable
        Gives the picture if it is one of those that are read in no time, or else None.
    read : callable
        Finds the digits in all pictures, which takes longer than an event loop should
        wait. It is given the time of ``time.monotonic`` to give up at, and raises a
        Refusal for what can't be read.
    """

    read_at_once: Callable[[], ReadPicture | None]
    read: Callable[[float], list[ReadPicture]]


async def receive_pictures(
    request: Request, *, split: bool, limits: Limits
) -> Received:
    """Receive a body.

    Parameters
    ----------
    request : Request
        With pixels as JSON, one file, or a form of files.
    split : bool
        Whether there may be several digits in a picture.
    limits : Limits
        Bounds.

    Returns
    -------
    Received

    Raises
    ------
    Refusal
        If the body is of another kind, too large, too slow, or a damaged form.
    HTTPException
        If the form is damaged in another way.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        body = await request.body()
        if len(body) > MOST_JSON_BYTES:
            raise Refusal(
                413,
                f"The JSON is larger than {MOST_JSON_BYTES} bytes. Send fewer pictures "
                "at a time, or send them as files.",
            )
        return Received(
            partial(read_mnist_pixels, body, limits),
            partial(read_pixels, body, split=split, limits=limits),
        )
    if kind == "multipart/form-data":
        uploads = await _files(request, limits)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        uploads = [Upload(None, await request.body())]
    else:
        raise Refusal(
            415,
            f"A body of the kind {kind[:LONGEST_NAME]!r} can't be read. Send a picture "
            "(image/png, image/jpeg, ...), several as multipart/form-data, or pixels "
            "as application/json.",
        )
    return Received(
        partial(read_mnist_file, uploads, limits),
        partial(read_files, uploads, split=split, limits=limits),
    )


async def _files(request: Request, limits: Limits) -> list[Upload]:
    _, options = parse_options_header(request.headers["content-type"])
    # Starlette decodes with any codec of Python's, some of which are slow, or give what
    # no answer can hold.
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise Refusal(400, f"The form's charset is {charset!r}. Send it as utf-8.")
    try:
        form = await request.form(max_files=limits.images, max_fields=limits.images)
    except HTTPException as error:
        if error.detail.startswith("Too many files"):
            raise too_many(limits.images) from error
        raise
    except ValueError as error:  # of the parser, which older Starlettes let pass
        raise Refusal(400, f"The form is damaged: {error}.") from error
    try:
        files = [
            value for _, value in form.multi_items() if isinstance(value, UploadFile)
        ]
        if not files:
            raise Refusal(
                422, "The form holds no file. Send each picture with a file name."
            )
        return [
            Upload((file.filename or "")[:LONGEST_NAME] or None, await file.read())
            for file in files
        ]
    finally:
        await form.close()
