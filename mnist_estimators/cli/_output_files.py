"""Files that a command writes, checked before the work."""

from pathlib import Path
from typing import Any

from ._errors import UsageError


def check_writable(option: str, path: Path | None) -> None:
    """Refuse a file that can't be written, unless it is None."""
    if path is None:
        return
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise UsageError(
            f"{option}: can't write {str(path)!r}: {error.strerror}"
        ) from None
    if not existed:
        path.unlink()


def check_picture(option: str, path: Path | None) -> None:
    """Refuse a file that can't be written, or that matplotlib has no format for."""
    if path is None:
        return
    from matplotlib.backend_bases import FigureCanvasBase

    formats = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lower().removeprefix(".") not in formats:
        raise UsageError(
            f"{option}: {str(path)!r} must end in one of .{', .'.join(sorted(formats))}"
        )
    check_writable(option, path)


def save_picture(display: Any, path: Path) -> None:
    """Write the figure of a display."""
    display.figure_.savefig(path, dpi=150)
