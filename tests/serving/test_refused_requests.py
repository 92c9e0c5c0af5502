"""What is refused, with a reason."""

import io
import json
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

PNG = {"Content-Type": "image/png"}
JSON = {"Content-Type": "application/json"}


def refusal(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert set(told) == {"detail"}
    assert "Traceback" not in told["detail"]
    return told["detail"]


def png_that_claims(width, height):
    def chunk(kind, data):
        checksum = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + checksum

    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    header = chunk(b"IHDR", size + bytes([8, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b""))


def test_a_text_file_is_named(client):
    files = [("images", ("notes.txt", b"four", "text/plain"))]

    detail = refusal(client.post("/predict", files=files), 422)

    assert detail.startswith("notes.txt is not a picture that can be read.")
    detail = refusal(client.post("/predict", content=b"four", headers=PNG), 422)
    assert detail.startswith("The file is not a picture that can be read.")


def test_a_texture_is_no_digits(client, png):
    """Joining so many marks would keep the server busy for hours."""
    dots = np.full((1024, 1024), 255, np.uint8)
    dots[2::6, 2::6] = dots[3::6, 2::6] = dots[2::6, 3::6] = dots[3::6, 3::6] = 0

    detail = refusal(client.post("/predict", content=png(dots), headers=PNG), 422)

    assert "separate marks" in detail


def test_blank_pictures(client, png):
    blank = np.full((90, 60), 230, np.uint8)

    detail = refusal(client.post("/predict", content=png(blank), headers=PNG), 422)
    assert "is blank" in detail
    assert client.post("/predict", json={"images": [blank.tolist()]}).status_code == 422


@pytest.mark.parametrize("side", [6_000, 12_000, 60_000])
def test_bombs_are_refused_by_their_header(client, side):
    bomb = png_that_claims(side, side)

    detail = refusal(client.post("/predict", content=bomb, headers=PNG), 422)

    assert "more than" in detail
    assert "max_pixels" not in detail


def test_many_pictures_share_the_bound_of_pixels(small_client, png, on_paper):
    picture = on_paper(np.eye(28, dtype=np.uint8) * 255)
    files = [("images", (f"{i}.png", png(picture), "image/png")) for i in range(3)]
    client = small_client(picture_pixels=25_000)
    numbers = {"images": [picture.tolist()] * 3}
    message = (
        " has 108 x 108 pixels, and the pictures before it have 23328: together more "
        "than 25000. Make them smaller, or send fewer per request."
    )

    assert client.post("/predict", files=files[:2]).status_code == 200
    assert refusal(client.post("/predict", files=files), 422) == f"2.png{message}"
    assert refusal(client.post("/predict", json=numbers), 422) == f"images[2]{message}"


def test_pixels_are_counted_in_every_form(small_client, png):
    stroke = np.zeros((28, 28), np.uint8)
    stroke[4:24, 13:15] = 255
    client = small_client(picture_pixels=28 * 28)
    larger = np.pad(stroke, 1)

    for picture, status in ((stroke, 200), (larger, 422)):
        as_file = client.post("/predict", content=png(picture), headers=PNG)
        as_numbers = client.post("/predict", json={"images": [picture.tolist()]})
        assert (as_file.status_code, as_numbers.status_code) == (status, status)
    assert "30 x 30 pixels, more than 784" in refusal(as_file, 422)
    assert "30 x 30 pixels, more than 784" in refusal(as_numbers, 422)


def test_a_small_body_may_hold_a_large_picture_or_several(client, png):
    paper = np.full((2_000, 2_000), 255, np.uint8)
    paper[200:1_800, 900:1_000] = 0
    stroke = np.zeros((9, 9), int)
    stroke[1:8, 4] = 9

    answer = client.post("/predict", content=png(paper), headers=PNG)
    both = client.post("/predict", json={"images": [stroke.tolist()] * 2})

    assert len(png(paper)) < 8_192
    assert len(answer.json()["pictures"][0]["digits"]) == 1
    assert len(both.json()["pictures"]) == 2


def test_too_many_pictures(small_client, png, on_paper):
    client = small_client(images=2)
    one = on_paper(np.eye(28, dtype=np.uint8) * 255)
    three = np.hstack([one] * 3)
    files = [("images", (f"{i}.png", png(one), "image/png")) for i in range(3)]

    refusal(client.post("/predict", files=files), 413)
    refusal(client.post("/predict", json={"images": [one.tolist()] * 3}), 413)
    refusal(client.post("/predict", content=png(three), headers=PNG), 413)
    assert client.post("/predict", files=files[:2]).status_code == 200


def dots(n_rows):
    picture = np.full((12 * n_rows, 12 * n_rows), 255, np.uint8)
    for row in range(4):
        for column in range(4):
            picture[4 + row :: 12, 4 + column :: 12] = 0
    return picture


def test_no_more_digits_are_prepared_than_may_be(small_client, png, monkeypatch):
    from mnist_estimators.preprocessing import split

    prepared = []
    prepare = split.into_mnist_form
    monkeypatch.setattr(
        split,
        "into_mnist_form",
        lambda ink: prepared.append(ink.shape) or prepare(ink),
    )
    files = [("images", (f"{i}.png", png(dots(6)), "image/png")) for i in range(3)]

    detail = refusal(small_client(images=5).post("/predict", files=files), 413)

    assert "more than 5" in detail
    assert len(prepared) == 6


def test_pictures_of_a_request_whose_time_is_up_are_left_alone():
    from mnist_estimators.serving import Limits
    from mnist_estimators.serving._pictures import Source, read_pictures

    read = []
    sources = [
        Source(None, name, lambda _, name=name: read.append(name) or dots(1))
        for name in ("first", "second", "third")
    ]

    with pytest.raises(TimeoutError):
        read_pictures(sources, time.monotonic(), split=True, limits=Limits())
    assert read == ["first"]


def test_too_large_a_body_announced_and_not(small_client):
    client = small_client(body_bytes=1000)

    def in_parts():
        for _ in range(20):
            yield bytes(100)

    announced = client.post("/predict", content=bytes(1001), headers=PNG)
    unannounced = client.post("/predict", content=in_parts(), headers=PNG)

    assert "larger than 1000 bytes" in refusal(announced, 413)
    assert "larger than 1000 bytes" in refusal(unannounced, 413)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body: "),
        (b"{", "the body: "),
        (b"[" * 100_000, "the body: "),
        (b"\xff", "the body: "),
        (b"[]", "the body: "),
        (b"{}", "images: Field required."),
        (b'{"images": []}', "images: "),
        (b'{"images": [5]}', "images.0: Input should be a valid array."),
        (b'{"images": [[]]}', "images.0: "),
        (b'{"images": [[[]]]}', "images.0.0: List should have at least 1 item"),
        (b'{"images": [["a"]]}', "images.0.0: Input should be a valid number."),
        (b'{"images": [[1, 2, "a"]]}', "images.0.2: Input should be a valid number."),
        (b'{"images": [[[1, "a"]]]}', "images.0.0.1: Input should be a valid number."),
        (b'{"images": [[[1], 2]]}', "images.0.1: Input should be a valid array."),
        (b'{"images": [[[1]], [[-1]]]}', "images.1.0.0: Input should be greater"),
        (b'{"images": [[[NaN]]]}', "images.0.0.0: "),
        (b'{"images": [[[1e400]]]}', "images.0.0.0: "),
        (b'{"images": [[[70000]]]}', "images.0.0.0: "),
        (b'{"images": [[[0, 1], [0]]]}', "images[0] has rows of different lengths"),
        (b'{"images": [[0, 1, 0]]}', "images[0] is one row of 3 pixels"),
    ],
)
def test_json_that_holds_no_pictures(client, body, message):
    detail = refusal(client.post("/predict", content=body, headers=JSON), 422)

    assert detail.startswith(message)


def test_json_that_would_keep_all_others_waiting(client):
    picture = json.dumps({"images": [[[0] * 1000] * 1000]}).encode()

    detail = refusal(client.post("/predict", content=picture, headers=JSON), 413)

    assert "or send them as files" in detail


def test_json_of_2_mb_is_accepted_and_no_more(client):
    stroke = np.zeros((28, 28), int)
    stroke[4:24, 13:15] = 255
    body = json.dumps({"images": [stroke.tolist()]}).encode().ljust(2_000_000)

    assert client.post("/predict", content=body, headers=JSON).status_code == 200
    refusal(client.post("/predict", content=body + b" ", headers=JSON), 413)


FIELD = b'--a\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--a--\r\n'


def test_forms_without_files(client):
    form = {"Content-Type": "multipart/form-data"}
    assert "boundary" in refusal(
        client.post("/predict", content=b"x", headers=form), 400
    )
    form["Content-Type"] += "; boundary=a"
    refusal(client.post("/predict", content=FIELD, headers=form), 422)
    refusal(client.post("/predict", content=b"x", headers=form), 400)


@pytest.mark.parametrize(
    "charset", ["undefined", "idna", "utf-7", "raw_unicode_escape", "punycode", "\xff"]
)
def test_forms_in_other_charsets(client, png, charset):
    form = {
        "Content-Type": b"multipart/form-data; boundary=a; charset="
        + charset.encode("latin-1")
    }
    body = (
        b'--a\r\nContent-Disposition: form-data; name="images"; '
        b'filename="+2AA- \\ud800.png"\r\n\r\n%s\r\n--a--\r\n'
    ) % png(np.eye(28, dtype=np.uint8) * 255)

    answer = client.post("/predict", content=body, headers=form)

    assert "utf-8" in refusal(answer, 400)


def test_slashes_lead_nowhere_else(client):
    answer = client.post("/predict/", json={}, follow_redirects=False)

    refusal(answer, 404)


def test_other_kinds_of_bodies_and_other_methods(client):
    assert "'text/plain'" in refusal(
        client.post("/predict", content=b"7", headers={"Content-Type": "text/plain"}),
        415,
    )
    refusal(client.post("/predict"), 415)
    refusal(client.get("/predict"), 405)
    refusal(client.get("/nothing"), 404)
    refusal(client.get("/static/../_app.py"), 404)
    assert "query.split" in refusal(client.post("/predict?split=maybe"), 422)


# Pillow warns of odd entries in TIFF files that it can read nevertheless.
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_body_breaks_the_server(client, data):
    kind = data.draw(
        st.sampled_from(
            [
                "application/json",
                "multipart/form-data; boundary=a",
                "multipart/form-data; boundary=" + "a" * 300,
                "image/png",
                "image/tiff",
                "multipart/form-data; boundary=a; charset=utf-7",
                "application/octet-stream",
                "",
            ]
        )
    )
    json_values = st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda of: (
            st.lists(of, max_size=4)
            | st.dictionaries(st.sampled_from(["images", "a"]), of, max_size=2)
        ),
        max_leaves=12,
    )
    damaged = _damaged(Image.fromarray(np.eye(9, dtype=np.uint8) * 255))
    name = data.draw(st.binary(max_size=9).filter(lambda name: b"\n" not in name))
    part = (
        b'--a\r\nContent-Disposition: form-data; name="images"; filename="%s"\r\n\r\n'
    )
    part %= name
    body = data.draw(
        st.binary(max_size=200)
        | json_values.map(lambda value: json.dumps(value).encode())
        | (st.binary(max_size=80) | damaged).map(
            lambda content: part + content + b"\r\n--a--\r\n"
        )
        | damaged
    )

    answer = client.post("/predict", content=body, headers={"Content-Type": kind})

    assert answer.status_code in {200, 400, 413, 415, 422}, answer.text


def _damaged(picture):
    files = []
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "x"
    for kind in ("png", "tiff", "bmp", "webp", "jpeg"):
        file = io.BytesIO()
        picture.save(file, kind, exif=exif)
        files.append(file.getvalue())

    def damage(content, places):
        changed = bytearray(content)
        for place, value in places:
            changed[place % len(changed)] = value
        return bytes(changed)

    places = st.lists(
        st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4
    )
    return st.builds(damage, st.sampled_from(files), places)
