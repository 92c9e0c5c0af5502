"""The archive of a model file: a zip file whose every byte follows from its members.

The members are stored in a row, uncompressed, under headers of one form. A reader
compares the file with what ``pack`` would write, so nothing can be hidden between
members, have a name twice, or claim another size. Python's zipfile can't read so
strictly: it accepts any bytes before, between and after the members.
"""

import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from ..exceptions import ModelFileError

MAX_MEMBERS = 60_000
MEMBER_NAME = re.compile(r"(manifest|schema)\.json|[0-9]{1,6}\.npy", re.ASCII)

# Zip's numbers of 32 bits end here.
_MAX_SIZE = 2**32 - 1
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_DIRECTORY_ENTRY = struct.Struct("<4s6H3L5H2L")
_DIRECTORY_END = struct.Struct("<4s4H2LH")
_SIGNATURE = b"PK\x03\x04"
_VERSION = 20
_MADE_ON_UNIX = 3 << 8 | _VERSION
_MODE = 0o644 << 16
_NEW_YEAR_1980 = 1 << 5 | 1

Bytes = bytes | memoryview


def pack(members: Mapping[str, Bytes]) -> bytes:
    """Join members into the content of a file.

    Parameters
    ----------
    members : mapping of str to bytes
        Contents by name, in the order of the file.

    Returns
    -------
    bytes

    Raises
    ------
    ModelFileError
        If there are too many members, or their total size is too large.
    """
    if len(members) > MAX_MEMBERS:
        raise ModelFileError(
            f"it would have {len(members)} members, but the limit is {MAX_MEMBERS}. "
            "Save its parts separately."
        )
    parts: list[Bytes] = []
    directory: list[bytes] = []
    position = 0
    for name, content in members.items():
        size = _LOCAL_HEADER.size + len(name) + len(content)
        if position + size > _MAX_SIZE:
            raise ModelFileError(
                f"{name}: with it the file would be larger than 4 GiB. Save the parts "
                "of the estimator separately."
            )
        header, entry = _headers(name, content, position)
        directory.append(entry)
        parts += [header, content]
        position += size
    return b"".join([*parts, *directory, _directory_end(directory, position)])


def unpack(content: bytes) -> dict[str, memoryview]:
    """Find the members in the content of a file.

    Parameters
    ----------
    content : bytes
        What ``pack`` returned.

    Returns
    -------
    dict of str to memoryview
        Contents by name, not copied.

    Raises
    ------
    ModelFileError
        If any byte is not as ``pack`` would write it.
    """
    file = memoryview(content)
    if content[:4] != _SIGNATURE:
        raise ModelFileError(f"it does not begin as a model file{_other_kind(content)}")
    members: dict[str, memoryview] = {}
    directory: list[bytes] = []
    position = 0
    while file[position : position + 4] == _SIGNATURE:
        if len(members) == MAX_MEMBERS:
            raise ModelFileError(f"it has more than {MAX_MEMBERS} members")
        name, start, end = _next_member(file, position)
        if name in members:
            raise ModelFileError(f"{name}: there are two members of this name")
        header, entry = _headers(name, file[start:end], position)
        if file[position:start] != header:
            raise ModelFileError(f"{name}: the member is damaged")
        members[name] = file[start:end]
        directory.append(entry)
        position = end
    if file[position:] != b"".join([*directory, _directory_end(directory, position)]):
        last = list(members)[-1]
        raise ModelFileError(
            f"the member {last} is not followed by the directory of the members: "
            "the file is cut off or damaged"
        )
    return members


def _next_member(file: memoryview, position: int) -> tuple[str, int, int]:
    """Read the name of a member, and where its content starts and ends."""
    try:
        fields: Any = _LOCAL_HEADER.unpack_from(file, position)
    except struct.error:
        raise ModelFileError("it is cut off in the header of a member") from None
    size, name_length = fields[8], fields[9]
    start = position + _LOCAL_HEADER.size + name_length
    name = bytes(file[position + _LOCAL_HEADER.size : start]).decode("latin-1")
    if not MEMBER_NAME.fullmatch(name):
        raise ModelFileError(f"model files have no member named {name[:80]!r}")
    if fields[1:6] != (_VERSION, 0, 0, 0, _NEW_YEAR_1980):
        raise ModelFileError(
            f"{name}: the member is compressed, damaged, or not written by save_model"
        )
    if start + size > len(file):
        raise ModelFileError(f"{name}: the file is cut off in this member")
    return name, start, start + size


def _other_kind(content: bytes) -> str:
    if content[:1] in (b"\x80", b"\x78", b"\x1f"):
        return (
            ", but as a pickle, which could run any code: if you trust it, load it "
            "with joblib, and save it again with save_model"
        )
    return "; save_model writes one" if content else ": it is empty"


def _headers(name: str, content: Bytes, position: int) -> tuple[bytes, bytes]:
    """Make the header in front of a member, and its entry in the directory."""
    size = len(content)
    sizes = (zlib.crc32(content), size, size, len(name), 0)
    shared = (_VERSION, 0, 0, 0, _NEW_YEAR_1980, *sizes)
    header = _LOCAL_HEADER.pack(_SIGNATURE, *shared)
    entry = _DIRECTORY_ENTRY.pack(
        b"PK\x01\x02", _MADE_ON_UNIX, *shared, 0, 0, 0, _MODE, position
    )
    return header + name.encode(), entry + name.encode()


def _directory_end(directory: list[bytes], position: int) -> bytes:
    n_entries, size = len(directory), sum(map(len, directory))
    return _DIRECTORY_END.pack(
        b"PK\x05\x06", 0, 0, n_entries, n_entries, size, position, 0
    )
