"""Reading a file whole, and replacing one in a single step."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ..exceptions import ModelFileError

_NO_FILE = "it is not an ordinary file, but a folder, a pipe or a device"


def read_file(path: Path, max_bytes: int) -> bytes:
    """Read an ordinary file that is not too large.

    Parameters
    ----------
    path : Path
        The file.
    max_bytes : int
        Size above which it is not read.

    Returns
    -------
    bytes

    Raises
    ------
    ModelFileError
        If it is a folder, a pipe or a device, or too large.
    OSError
        If there is no such file, or it can't be read.
    """
    # A pipe without a writer would be waited for.
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(_NO_FILE)
        if status.st_size > max_bytes:
            raise ModelFileError(
                f"it has {status.st_size:,} bytes, and max_bytes={max_bytes:,}"
            )
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(status.st_size + 1)
    finally:
        os.close(descriptor)
    if len(content) != status.st_size:
        raise ModelFileError("its size changed while it was read")
    return content


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that at every moment the old one or the new one is there, whole.

    Parameters
    ----------
    path : Path
        The file. One that is there already keeps its mode, and a link to it stays.
    content : bytes
        Its new content.

    Raises
    ------
    ModelFileError
        If there is something else than an ordinary file.
    OSError
        If the folder is missing, full, or not to be written to.
    """
    given, path = path, Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise ModelFileError(_NO_FILE)
    beside = path.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}.tmp")
    try:
        with beside.open("xb") as file:
            if path.exists():
                beside.chmod(stat.S_IMODE(path.stat().st_mode))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException as error:
        with suppress(FileNotFoundError, NotADirectoryError):
            beside.unlink()
        if isinstance(error, OSError):  # which may name the file beside
            reason = f"{error.strerror or error}, in the folder {str(path.parent)!r}"
            raise OSError(error.errno, reason, str(given)) from error
        raise
    # The file exists, so it does not matter if the folder can't be opened or
    # synchronised, as in Windows or over a network.
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
