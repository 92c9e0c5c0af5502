"""Writing exported files."""

from os import PathLike, fspath
from pathlib import Path

from .._inputs.atomic_files import replace_file
from ..exceptions import ModelFileError


def write_file(path: str | PathLike[str], content: bytes) -> None:
    """Write a file in one step; an error names the parameter `path`."""
    try:
        replace_file(Path(path), content)
    except ModelFileError as error:
        raise ModelFileError(
            f"path={fspath(path)!r} can't be written: {error}. Give the name of a file."
        ) from error
