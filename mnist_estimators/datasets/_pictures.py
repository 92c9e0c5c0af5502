"""Pictures from files."""

from collections.abc import Iterable
from math import prod
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .._inputs.pixel_ranges import pixel_range

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF")
# Tags of TIFF files.
TILE_WIDTH, TILE_LENGTH = 322, 323


class TooLargeError(ValueError):
    """A picture has too many pixels; the message says how many, but not the limit."""


def load_digit_images(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    max_pixels: int = MAX_PIXELS,
) -> list[NDArray[np.uint8]]:
    """Read pictures, such as photographs or scans of digits.

    Parameters
    ----------
    paths : path or iterable of paths
        PNG, JPEG, BMP, WEBP or TIFF files; of several pages the first is read. What a
        file is, is found out from its content.
    max_pixels : int, default=50,000,000
        Largest picture to read, in pixels. A larger one is refused before memory is
        taken for it.

    Returns
    -------
    list of ndarray of shape (height, width) or (height, width, channels), dtype uint8
        Grey, RGB or RGBA pictures, turned upright where the file says how the camera
        was held.

    Raises
    ------
    FileNotFoundError
        If a file does not exist.
    ValueError
        If a file is not a picture of these kinds, is damaged, or is too large. The
        message names it.
    TypeError
        If something else than a path is given.

    See Also
    --------
    mnist_estimators.preprocessing.DigitCanonicalizer : Brings them to MNIST's form.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from mnist_estimators import load_digit_images
    >>> path = Path(tempfile.mkdtemp()) / "seven.png"
    >>> Image.new("L", (40, 30)).save(path)
    >>> load_digit_images(path)[0].shape
    (30, 40)
    """
    if isinstance(paths, str | PathLike):
        paths = [paths]
    return [_load(path, max_pixels) for path in paths]


def _load(path: Any, max_pixels: int) -> NDArray[np.uint8]:
    if not isinstance(path, str | PathLike):
        raise TypeError(
            f"paths must be paths of files. Got {type(path).__name__} among them."
        )
    name = fspath(path)
    if Path(name).is_dir():
        raise ValueError(
            f"{name} is a folder. Give its files, e.g. "
            "sorted(pathlib.Path(folder).glob('*.png'))."
        )
    # By its name Pillow would map the file into memory, and lose the order of the
    # pixels in TIFF files of a turned camera.
    try:
        with open(name, "rb") as file:
            return read_picture(file, name, max_pixels)
    except TooLargeError as error:
        raise ValueError(
            f"{error}, more than max_pixels={max_pixels}. Make it smaller, or raise "
            "max_pixels."
        ) from None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"{name} can't be read: {error}") from error


def read_picture(
    file: BinaryIO, name: str, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Read a picture, as ``load_digit_images`` does.

    Parameters
    ----------
    file : binary file
        At its beginning.
    name : str
        What messages call it.
    max_pixels : int, default=50,000,000
        Largest picture to read.

    Returns
    -------
    ndarray of shape (height, width) or (height, width, channels), dtype uint8

    Raises
    ------
    ValueError
        If it is not a picture, or is damaged.
    TooLargeError
        If it is too large. It is a ``ValueError``.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with _open(file) as picture:
            # Known from the header, before any pixel is read.
            parts = {"": picture.size, "tiles of ": _tile_size(picture)}
            kind, size = max(parts.items(), key=lambda part: prod(part[1]))
            if prod(size) <= max_pixels:
                ImageOps.exif_transpose(picture, in_place=True)
                return _as_bytes(picture)
    except UnidentifiedImageError:
        raise ValueError(
            f"{name} is not a picture that can be read. Give a file of one of the "
            f"kinds {', '.join(FORMATS)}."
        ) from None
    except Image.DecompressionBombError:
        raise ValueError(
            f"{name} has more than {2 * (Image.MAX_IMAGE_PIXELS or 0)} pixels, "
            "more than Pillow opens. Make it smaller."
        ) from None
    except MemoryError:
        raise
    except Exception as error:  # Pillow lets many kinds escape from damaged files
        raise ValueError(f"{name} is damaged or can't be read: {error}") from error
    raise TooLargeError(f"{name} has {kind}{size[0]} x {size[1]} pixels")


def _open(file: BinaryIO) -> "Image.Image":
    """Open a file as ``Image.open`` does, but for its limit, which warns at first.

    Here the limit is ours, and filters of warnings belong to all threads.
    """
    from PIL import Image, UnidentifiedImageError

    Image.init()
    beginning = file.read(16)
    for kind in FORMATS:
        make, accepts = Image.OPEN[kind]
        if accepts is None or accepts(beginning) is True:
            file.seek(0)
            return make(file, "")
    raise UnidentifiedImageError


def _tile_size(picture: "Image.Image") -> tuple[int, int]:
    """Find the size of a TIFF's tiles, which may be larger than the picture."""
    tags = getattr(picture, "tag_v2", {})
    return tags.get(TILE_WIDTH, 0), tags.get(TILE_LENGTH, 0)


def _as_bytes(picture: "Image.Image") -> NDArray[np.uint8]:
    if picture.mode.startswith(("I", "F")):
        # Pillow would clip what exceeds a byte, and round what is below 1.
        return _scaled(np.asarray(picture), is_float=picture.mode.startswith("F"))
    transparent = "A" in picture.getbands() or "transparency" in picture.info
    grey = picture.mode in ("1", "L")
    mode = "RGBA" if transparent else "L" if grey else "RGB"
    return np.asarray(picture if picture.mode == mode else picture.convert(mode))


def _scaled(values: NDArray[Any], *, is_float: bool) -> NDArray[np.uint8]:
    if not np.isfinite(values).all():
        raise ValueError("it holds NaN or infinity, which no pixel can be")
    high = 65535.0 if values.max(initial=0) > 255 else 255.0
    if is_float:
        high = pixel_range(values)[1]
    scaled = np.empty(values.shape, np.uint8)
    # A row at a time: all at once would take eight times the picture's memory.
    for row, out in zip(values, scaled, strict=True):
        out[:] = np.rint(row.astype(np.float64) * (255.0 / high)).clip(0, 255)
    return scaled
