"""Small pictures: read by the event loop itself, and nothing that takes long."""

import io
import json
import threading

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mnist_estimators.serving import _pictures, create_app

STROKE = np.zeros((28, 28), np.uint8)
STROKE[4:24, 13:15] = 255
PNG = "image/png"
JSON = "application/json"


def encoded(image, kind="png", **options):
    file = io.BytesIO()
    Image.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def as_json(*images):
    return json.dumps({"images": [image.tolist() for image in images]}).encode()


@pytest.fixture
def used_thread(scripted, monkeypatch):
    """Ask for a prediction and return whether a thread of pictures read it."""
    names = []
    decode_all = _pictures._decode_all

    def note_and_decode(sources, limits):
        names.append(threading.current_thread().name)
        return decode_all(sources, limits)

    monkeypatch.setattr(_pictures, "_decode_all", note_and_decode)
    client = TestClient(create_app(scripted))

    def ask(body, kind):
        names.clear()
        client.post("/predict", content=body, headers={"Content-Type": kind})
        return names[0].startswith("pictures")

    return ask


def test_images_of_mnist_are_small(used_thread, mnist):
    for image in mnist.X_test[:20].reshape(-1, 28, 28):
        assert not used_thread(encoded(image), PNG)
        assert not used_thread(as_json(image), JSON)


def test_files_that_pillow_would_inflate_are_not_small(used_thread):
    text = PngInfo()
    text.add_text("comment", "a" * 10_000, zip=True)
    plain = encoded(STROKE)
    # Pillow inflates text behind the pixels too.
    with_text = encoded(STROKE, pnginfo=text)
    chunk = with_text[with_text.index(b"zTXt") - 4 : with_text.index(b"IDAT") - 4]
    behind = plain[:-12] + chunk + plain[-12:]

    assert not used_thread(plain, PNG)
    assert used_thread(with_text, PNG)
    assert used_thread(behind, PNG)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        encoded(np.pad(STROKE, 1)),
        encoded(STROKE, "tiff"),
        encoded(STROKE)[:-1],
        encoded(STROKE) + bytes(8_192),
        as_json(STROKE),
    ],
)
def test_other_files_are_not_small(used_thread, content):
    assert used_thread(content, PNG)


def test_several_files_are_not_small(used_thread):
    part = b'--a\r\nContent-Disposition: form-data; name="x"; filename="x"\r\n\r\n'
    file = part + encoded(STROKE) + b"\r\n"
    form = "multipart/form-data; boundary=a"

    assert not used_thread(file + b"--a--\r\n", form)
    assert used_thread(file + file + b"--a--\r\n", form)


@pytest.mark.parametrize(
    "body",
    [
        as_json(STROKE, STROKE),
        as_json(np.pad(STROKE, 1)),
        as_json(STROKE)[:-1] + b" " * 8_192 + b"}",
        json.dumps({"images": [[0] * 785]}).encode(),
    ],
)
def test_other_pixels_are_not_small(used_thread, body):
    assert used_thread(body, JSON)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4))
def test_damaged_small_files_break_nothing(client, places):
    content = bytearray(encoded(STROKE))
    for place, value in places:
        content[place % len(content)] = value

    answer = client.post(
        "/predict", content=bytes(content), headers={"Content-Type": PNG}
    )

    assert answer.status_code in {200, 422}
