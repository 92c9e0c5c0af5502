"""The bodies of requests for predictions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from ._limits import Limits
from ._pictures import Pixels, ReadPicture, Upload, read_files, read_pixels
from ._refusal import Refusal

LONGEST_NAME = 80
# While JSON is parsed, no other thread of the process runs.
MOST_JSON_BYTES = 2_000_000
_PICTURE = {"schema": {"type": "string", "format": "binary"}}
# For the API's description: FastAPI can't know what is read from the raw request.
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
                        "items": {"type": "string", "format": "binary"},
                        "minItems": 1,
                    }
                },
                "required": ["images"],
            }
        },
        **{
            f"image/{kind}": _PICTURE for kind in ("png", "jpeg", "webp", "bmp", "tiff")
        },
    },
}


async def receive_pictures(
    request: Request, *, split: bool, limits: Limits
) -> Callable[[float], list[ReadPicture]]:
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
    callable
        Decodes it and finds the digits, which takes longer than an event loop should
        wait. It takes the time to give up at, and raises a Refusal for what can't be
        read.

    Raises
    ------
    Refusal
        If the body is of another kind, too large, or too slow.
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
        return partial(read_pixels, body, split=split, limits=limits)
    if kind == "multipart/form-data":
        uploads = await _files(request, limits)
    elif kind.startswith("image/") or kind == "application/octet-stream":
        uploads = [Upload("The picture", await request.body())]
    else:
        raise Refusal(
            415,
            f"A body of the kind {kind[:LONGEST_NAME]!r} can't be read. Send a picture "
            "(image/png, image/jpeg, ...), several as multipart/form-data, or pixels "
            "as application/json.",
        )
    return partial(read_files, uploads, split=split, limits=limits)


async def _files(request: Request, limits: Limits) -> list[Upload]:
    try:
        form = await request.form(max_files=limits.images, max_fields=limits.images)
    except ValueError as error:  # such as of a charset that Python can't decode with
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
            Upload((file.filename or "A picture")[:LONGEST_NAME], await file.read())
            for file in files
        ]
    finally:
        await form.close()
