"""Files that are read whole, and replaced whole."""

import os
import stat
import tempfile
from pathlib import Path

from .exceptions import ModelFileError


def read_file(path: Path, max_bytes: int) -> bytes:
    """Read an ordinary file that is not too large.

    Parameters
    ----------
    path : Path
        The file.
    max_bytes : int
        A larger file is not read.

    Returns
    -------
    bytes

    Raises
    ------
    ModelFileError
        If it is larger, or a folder, a pipe or a device.
    OSError
        If there is no such file, or it can't be read.
    """
    # Before it is opened: opening a pipe would wait for its writer.
    if not stat.S_ISREG(path.stat().st_mode):
        raise ModelFileError("it is no ordinary file")
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ModelFileError(f"it has more than {max_bytes:,} bytes")
    return content


def replace_file(path: Path, content: bytes) -> None:
    """Write a file such that the old content or the new is there, whole, at any time.

    Parameters
    ----------
    path : Path
        The file, which may exist.
    content : bytes
        Its new content.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    path = path.resolve()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as folder:
        beside = Path(folder, path.name)
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    if os.name == "posix":  # elsewhere a folder can't be opened
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
