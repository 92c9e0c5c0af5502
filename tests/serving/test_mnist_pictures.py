"""Pictures that are read at once: the same result, and nothing that takes long."""

import io
import json
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mnist_estimators.serving import Limits
from mnist_estimators.serving._mnist_pictures import read_mnist_file, read_mnist_pixels
from mnist_estimators.serving._pictures import Upload, read_files, read_pixels

STROKE = np.zeros((28, 28), np.uint8)
STROKE[4:24, 13:15] = 255
LIMITS = Limits()


def encoded(image, kind="png", **options):
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def as_json(*images):
    return json.dumps({"images": [image.tolist() for image in images]}).encode()


def in_file(content, limits=LIMITS):
    return read_mnist_file([Upload("one", content)], limits)


def assert_same(found, expected):
    assert found._replace(digits=[]) == expected._replace(digits=[])
    ((image, *box),), ((expected_image, *expected_box),) = found.digits, expected.digits
    assert box == expected_box
    np.testing.assert_array_equal(image, expected_image)


def test_images_of_mnist_are_read_as_all_others_are(mnist):
    soon = time.monotonic() + 60

    for image in mnist.X_test[:50].reshape(-1, 28, 28):
        file, body = encoded(image), as_json(image)
        (of_file,) = read_files([Upload("one", file)], soon, split=True, limits=LIMITS)
        (of_body,) = read_pixels(body, soon, split=True, limits=LIMITS)
        assert_same(in_file(file), of_file)
        assert_same(read_mnist_pixels(body, LIMITS), of_body)


def test_what_could_be_inflated_is_left_to_others():
    text = PngInfo()
    text.add_text("comment", "a" * 10_000, zip=True)
    plain = encoded(STROKE)
    # Pillow inflates text behind the pixels too.
    with_text = encoded(STROKE, pnginfo=text)
    chunk = with_text[with_text.index(b"zTXt") - 4 : with_text.index(b"IDAT") - 4]
    behind = plain[:-12] + chunk + plain[-12:]

    assert in_file(plain) is not None
    assert in_file(with_text) is None
    assert in_file(behind) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        encoded(np.pad(STROKE, 1)),
        encoded(np.roll(STROKE, 6, axis=1)),
        encoded(STROKE, "tiff"),
        encoded(np.stack([STROKE] * 3, axis=-1)),
        encoded(STROKE)[:-1],
        as_json(STROKE),
    ],
)
def test_other_files_are_left_to_others(content):
    assert in_file(content) is None


def test_several_files_are_left_to_others():
    assert read_mnist_file([Upload("one", encoded(STROKE))] * 2, LIMITS) is None


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        as_json(STROKE, STROKE),
        as_json(np.pad(STROKE, 1)),
        as_json(np.roll(STROKE, 6, axis=1)),
        as_json(STROKE)[:-1] + b" " * 8_192 + b"}",
        json.dumps({"images": [[0] * 783]}).encode(),
    ],
)
def test_other_pixels_are_left_to_others(body):
    assert read_mnist_pixels(body, LIMITS) is None


def test_the_bound_of_pixels_holds():
    small = Limits(picture_pixels=783)

    assert in_file(encoded(STROKE), small) is None
    assert read_mnist_pixels(as_json(STROKE), small) is None


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4))
def test_damaged_files_break_nothing(places):
    content = bytearray(encoded(STROKE))
    for place, value in places:
        content[place % len(content)] = value

    found = in_file(bytes(content))

    assert found is None or found.width == 28
