"""Writing a file such that it is there whole, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path


@contextmanager
def whole_file(path: str | PathLike[str]) -> Iterator[Path]:
    """Lend a path to write to, and put what was written in the place of `path`.

    Parameters
    ----------
    path : str or path
        The file, which may exist. It keeps its old content until the new one is safely
        on the disk, and for good where the writing fails.

    Yields
    ------
    Path
        A file name of the same ending, in a new folder beside `path`.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    target = Path(path).resolve()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as folder:
        unfinished = Path(folder, target.name)
        yield unfinished
        with unfinished.open("r+b") as file:
            os.fsync(file.fileno())
        unfinished.replace(target)
    if os.name == "posix":  # elsewhere a folder can't be opened
        descriptor = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
