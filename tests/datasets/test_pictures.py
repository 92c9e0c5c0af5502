"""Reading pictures: of every kind that cameras, scanners and browsers write."""

import numpy as np
import pytest
from PIL import Image

from mnist_estimators import load_digit_images

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


def test_the_camera_is_held_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    Image.fromarray(RGB).save(tmp_path / "digit.png", exif=exif)
    (picture,) = load_digit_images([tmp_path / "digit.png"])
    np.testing.assert_array_equal(picture, np.rot90(RGB, -1))


def test_large_pictures_are_refused_by_their_header(tmp_path):
    path = tmp_path / "digit.png"
    Image.fromarray(GREY).save(path)
    data = bytearray(path.read_bytes())
    assert load_digit_images(path, max_pixels=600)
    with pytest.raises(ValueError, match="30 x 20 pixels, more than max_pixels=599"):
        load_digit_images(path, max_pixels=599)
    data[16:24] = (60_000).to_bytes(4, "big") * 2  # width and height, as it claims
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"digit\.png"):
        load_digit_images(path)


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
