"""Pictures that are sent as files."""

import io
from functools import partial
from struct import unpack_from
from typing import NamedTuple

from .._inputs.images import SIDE
from ..datasets._pictures import read_picture
from ._pictures import MOST_SMALL_BYTES, Source

# Signature, and the header with its length, name and checksum.
_PIXELS_AT = 8 + 25
# Length, name and checksum of a chunk, and the last chunk.
_AROUND_PIXELS = 12 + 12


class Upload(NamedTuple):
    """A file that was sent, and its name if it has one."""

    name: str | None
    content: bytes

    def as_source(self) -> Source:
        """Describe the picture, still encoded."""
        label = self.name or "The file"
        return Source(
            self.name, label, partial(read_picture, io.BytesIO(self.content), label)
        )


def is_small_png(content: bytes) -> bool:
    """Check whether a file is a PNG of 28 x 28 pixels, as MNIST's own images.

    Parameters
    ----------
    content : bytes
        Any file.

    Returns
    -------
    bool
        False if the file has other chunks, which Pillow would inflate too.
    """
    if not _PIXELS_AT + _AROUND_PIXELS <= len(content) <= MOST_SMALL_BYTES:
        return False
    size = unpack_from(">II", content, 16)
    n_bytes, name = unpack_from(">I4s", content, _PIXELS_AT)
    return (
        content.startswith(b"\x89PNG\r\n\x1a\n")
        and (*size, name) == (SIDE, SIDE, b"IDAT")
        and len(content) == _PIXELS_AT + n_bytes + _AROUND_PIXELS
    )
