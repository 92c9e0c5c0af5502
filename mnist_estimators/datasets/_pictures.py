"""Pictures from files."""

from collections.abc import Iterable
from os import PathLike, fspath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF")


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
    return [_load(fspath(path), max_pixels) for path in paths]


def _load(path: str, max_pixels: int) -> NDArray[np.uint8]:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path, formats=FORMATS) as picture:
            # Known from the header, before any pixel is read.
            width, height = picture.size
            if width * height > max_pixels:
                raise ValueError(
                    f"{path} has {width} x {height} pixels, more than "
                    f"max_pixels={max_pixels}. Make it smaller, or raise max_pixels."
                )
            upright = ImageOps.exif_transpose(picture)
            return _as_bytes(upright)
    except UnidentifiedImageError:
        raise ValueError(
            f"{path} is not a picture that can be read. Give a file of one of the "
            f"kinds {', '.join(FORMATS)}."
        ) from None
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, EOFError) as error:
        raise ValueError(f"{path} is damaged or can't be read: {error}") from error


def _as_bytes(picture: "Image.Image") -> NDArray[np.uint8]:
    if picture.mode.startswith(("I", "F")):
        # 16 bits or more a pixel: Pillow would clip what exceeds a byte.
        values = np.asarray(picture, np.float64)
        high = 65535.0 if values.max(initial=0) > 255 else 255.0
        return np.rint(values * (255.0 / high)).clip(0, 255).astype(np.uint8)
    transparent = "A" in picture.getbands() or "transparency" in picture.info
    grey = picture.mode in ("1", "L")
    mode = "RGBA" if transparent else "L" if grey else "RGB"
    return np.asarray(picture.convert(mode))
