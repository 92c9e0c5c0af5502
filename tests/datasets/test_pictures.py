"""Reading pictures: of every kind that cameras, scanners and browsers write."""

import io
import struct
import threading
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mnist_estimators import load_digit_images
from mnist_estimators.datasets._pictures import read_picture

RNG = np.random.default_rng(0)
GREY = RNG.integers(256, size=(20, 30)).astype(np.uint8)
RGB = RNG.integers(256, size=(20, 30, 3)).astype(np.uint8)


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "webp"])
def test_lossless_kinds_are_read_exactly(tmp_path, kind):
    path = tmp_path / f"digit.{kind}"
    Image.fromarray(RGB).save(path, lossless=True)
    (picture,) = load_digit_images([path])
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, RGB)


def test_jpeg_is_read_nearly(tmp_path):
    smooth = np.tile(np.arange(30, dtype=np.uint8), (20, 1)) * 8
    Image.fromarray(smooth).save(tmp_path / "digit.jpg", quality=95)
    (picture,) = load_digit_images([tmp_path / "digit.jpg"])
    np.testing.assert_allclose(picture.astype(int), smooth, atol=4)


def test_the_content_counts_and_not_the_name(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "digit.txt", format="PNG")
    np.testing.assert_array_equal(load_digit_images(tmp_path / "digit.txt")[0], GREY)


def test_several_paths_keep_their_order(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        Image.fromarray(GREY[: 5 + number]).save(path)
    shapes = [picture.shape for picture in load_digit_images(map(str, paths))]
    assert shapes == [(5, 30), (6, 30), (7, 30)]


@pytest.mark.parametrize(
    ("mode", "shape"),
    [
        ("1", (20, 30)),
        ("L", (20, 30)),
        ("P", (20, 30, 3)),
        ("RGB", (20, 30, 3)),
        ("LA", (20, 30, 4)),
        ("RGBA", (20, 30, 4)),
        ("I;16", (20, 30)),
    ],
)
def test_modes(tmp_path, mode, shape):
    picture = Image.fromarray(GREY)
    if mode == "I;16":
        picture = Image.fromarray(GREY.astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    picture.save(tmp_path / "digit.png")
    (found,) = load_digit_images([tmp_path / "digit.png"])
    assert found.shape == shape
    assert found.dtype == np.uint8
    if mode in ("L", "I;16"):
        np.testing.assert_array_equal(found, GREY)


@pytest.mark.parametrize("kind", ["png", "jpeg", "tiff", "webp"])
def test_the_camera_is_held_upright(tmp_path, kind):
    smooth = np.add.outer(np.arange(20), 5 * np.arange(30)).astype(np.uint8)
    orientation = {0x0112: 6}  # the camera was turned by 90 degrees
    exif = Image.Exif()
    exif.update(orientation)
    settings = {"tiffinfo": orientation} if kind == "tiff" else {"exif": exif}
    Image.fromarray(smooth).save(tmp_path / "digit", format=kind, **settings)
    (picture,) = load_digit_images([tmp_path / "digit"])
    grey = picture if picture.ndim == 2 else picture[:, :, 0]
    expected = np.rot90(smooth, -1).astype(int)
    np.testing.assert_allclose(grey.astype(int), expected, atol=8)


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG file of a few bytes, whose header says that it is large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + checksum

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    header = chunk(b"IHDR", size + bytes([8, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b""))


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_large_pictures_are_refused_by_their_header(tmp_path, side):
    path = tmp_path / "digit.png"
    path.write_bytes(png_that_claims(side, side))
    with pytest.raises(ValueError, match=r"digit\.png has .* max_pixels=50000000"):
        load_digit_images(path)


def tiff_with_tile(side: int) -> bytes:
    """A TIFF file of 28 x 28 pixels in one tile that is larger than they need."""
    tile = zlib.compress(bytes(side * side))
    short, long = 3, 4
    entries = [
        (256, short, 28),  # width
        (257, short, 28),  # height
        (258, short, 8),  # bits of a pixel
        (259, short, 8),  # compressed by zlib
        (262, short, 1),  # black is 0
        (277, short, 1),  # one channel
        (322, long, side),  # width and height of a tile
        (323, long, side),
        (324, long, 8 + 2 + 12 * 10 + 4),  # where it is
        (325, long, len(tile)),
    ]
    directory = b"".join(
        struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries
    )
    header = b"II*\0" + struct.pack("<IH", 8, len(entries))
    return header + directory + bytes(4) + tile


def test_tiles_of_tiff_files_are_bounded_too(tmp_path):
    path = tmp_path / "digit.tiff"
    path.write_bytes(tiff_with_tile(32))
    np.testing.assert_array_equal(
        load_digit_images(path, max_pixels=1024)[0], np.zeros((28, 28))
    )
    path.write_bytes(tiff_with_tile(48))
    with pytest.raises(ValueError, match=r"tiles of 48 x 48 pixels, more than max_pix"):
        load_digit_images(path, max_pixels=1024)


def test_nobody_waits_for_a_file_that_takes_long(tmp_path):
    """As do those with millions of parts, which are looked at in turn."""
    reached, go = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, *arguments):
            reached.set()
            assert go.wait(10)
            return super().read(*arguments)

    path = tmp_path / "digit.png"
    Image.fromarray(GREY).save(path)
    slow = threading.Thread(
        target=read_picture, args=(Slow(path.read_bytes()), "slow.png")
    )
    other = threading.Thread(target=load_digit_images, args=(path,))
    slow.start()
    assert reached.wait(10)
    other.start()
    other.join(5)
    waits = other.is_alive()
    go.set()
    slow.join()
    assert not waits


def test_the_largest_picture_is_the_users_choice(tmp_path):
    path = tmp_path / "digit.png"
    Image.fromarray(GREY).save(path)
    assert load_digit_images(path, max_pixels=600)
    with pytest.raises(ValueError, match="30 x 20 pixels, more than max_pixels=599"):
        load_digit_images(path, max_pixels=599)


def test_numbers_from_0_to_1(tmp_path):
    path = tmp_path / "digit.tiff"
    Image.fromarray(np.array([[20, 230]], np.float32) / 255).save(path)
    np.testing.assert_array_equal(load_digit_images(path)[0], [[20, 230]])
    Image.fromarray(np.array([[np.nan]], np.float32)).save(path)
    with pytest.raises(ValueError, match=r"digit\.tiff is damaged .* NaN"):
        load_digit_images(path)


def test_damage_that_pillow_does_not_foresee(tmp_path):
    # A directory of two entries: how the camera was held, and where to find more, which
    # is behind the end.
    turned = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    elsewhere = b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x7f"
    directory = b"\0\x02" + turned + elsewhere + b"\0\0\0\0"
    path = tmp_path / "seven.jpg"
    Image.fromarray(RGB).save(path, exif=b"Exif\0\0MM\0*\0\0\0\x08" + directory)

    with pytest.raises(ValueError, match=r"seven\.jpg is damaged or can't be read"):
        load_digit_images(path)


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "webp", "tiff"])
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_damage_is_reported_by_name(tmp_path, kind, data):
    path = tmp_path / "seven"
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "x"
    options = {} if kind == "bmp" else {"exif": exif}
    Image.fromarray(RGB).save(path, format=kind, **options)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.integers(0, 255)
        )
    path.write_bytes(content)
    with warnings.catch_warnings():
        # Pillow warns of odd entries in TIFF files that it can read nevertheless.
        warnings.simplefilter("ignore", UserWarning)
        try:
            (picture,) = load_digit_images(path)
        except ValueError as error:
            outcome = str(error)
        else:
            outcome = f"seven {picture.dtype}"
    assert "seven" in outcome


def test_what_is_no_file(tmp_path):
    with pytest.raises(ValueError, match=r"is a folder\. Give its files"):
        load_digit_images(tmp_path)
    with pytest.raises(TypeError, match=r"must be paths of files\. Got ndarray"):
        load_digit_images([GREY])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a picture that can be read. Give a file of one of the kinds PNG"),
        (b"GIF89a\x01\x00\x01\x00", "is not a picture that can be read"),
        (b"%PDF-1.7", "is not a picture that can be read"),
        (None, "is damaged or can't be read"),
    ],
)
def test_errors_name_the_file(tmp_path, content, message):
    path = tmp_path / "seven.png"
    if content is None:
        Image.fromarray(RGB).save(path)
        content = path.read_bytes()[:-500]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"seven\.png {message}"):
        load_digit_images([path])


def test_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"seven\.png"):
        load_digit_images([tmp_path / "seven.png"])
