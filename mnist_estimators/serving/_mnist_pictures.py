"""Pictures that are read in the time that a change of threads takes.

They are those of MNIST itself. While another thread reads a picture, it and the event
loop wait for one another, and with many clients this takes longer than to read it. What
may take long must not come here, whatever a client sends.
"""

import io
from collections.abc import Sequence
from struct import unpack_from

from pydantic import ValidationError

from .._inputs.images import SIDE
from ..datasets._pictures import read_picture
from ._limits import Limits
from ._pictures import Pixels, ReadPicture, Upload, as_bytes, in_mnist_form
from ._refusal import Refusal

MOST_BYTES = 8_192
# Signature, and the header with its length, name and checksum.
_PIXELS_AT = 8 + 25
# Length, name and checksum of a chunk, and the last chunk.
_AROUND_PIXELS = 12 + 12


def read_mnist_file(uploads: Sequence[Upload], limits: Limits) -> ReadPicture | None:
    """Read a PNG file of a digit in MNIST's form.

    Parameters
    ----------
    uploads : sequence of Upload
        Any files.
    limits : Limits
        Bounds.

    Returns
    -------
    ReadPicture or None
        None for anything else.
    """
    if len(uploads) != 1:
        return None
    name, content = uploads[0]
    if not (_is_within(content, limits) and _is_plain_png(content)):
        return None
    try:
        return in_mnist_form(read_picture(io.BytesIO(content), "The file"), name)
    except ValueError:
        return None


def read_mnist_pixels(body: bytes, limits: Limits) -> ReadPicture | None:
    """Read JSON of one digit in MNIST's form.

    Parameters
    ----------
    body : bytes
        Anything.
    limits : Limits
        Bounds.

    Returns
    -------
    ReadPicture or None
        None for anything else.
    """
    if not _is_within(body, limits):
        return None
    try:
        images = Pixels.model_validate_json(body).images
        if len(images) != 1:
            return None
        return in_mnist_form(as_bytes(images[0], "images[0]"), None)
    except (ValidationError, Refusal):
        return None


def _is_within(content: bytes, limits: Limits) -> bool:
    return len(content) <= MOST_BYTES and limits.picture_pixels >= SIDE * SIDE


def _is_plain_png(content: bytes) -> bool:
    """Tell whether it has 28 x 28 pixels, and nothing else that could be inflated."""
    if len(content) < _PIXELS_AT + _AROUND_PIXELS:
        return False
    size = unpack_from(">II", content, 16)
    n_bytes, name = unpack_from(">I4s", content, _PIXELS_AT)
    return (
        content.startswith(b"\x89PNG\r\n\x1a\n")
        and (*size, name) == (SIDE, SIDE, b"IDAT")
        and len(content) == _PIXELS_AT + n_bytes + _AROUND_PIXELS
    )
