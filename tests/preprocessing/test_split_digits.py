"""Pictures of several digits, split into single ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_estimators.preprocessing import DigitCanonicalizer, split_digits
from mnist_estimators.preprocessing._functional import is_in_mnist_form


def paper(height=100, width=200):
    return np.full((height, width), 230, np.uint8)


def places(picture):
    return [tuple(digit[1:]) for digit in split_digits(picture)]


@pytest.fixture(scope="module")
def digits(small_digits):
    return small_digits[0].reshape(-1, 28, 28)


def enlarged(image, times=3, margin=5):
    return np.pad(np.kron(image, np.ones((times, times), np.uint8)), margin)


def test_one_digit_is_the_canonical_one(digits):
    for image in digits[:30]:
        picture = 255 - enlarged(image)
        (found,) = split_digits(picture)
        canonical = DigitCanonicalizer().transform([picture]).reshape(28, 28)
        np.testing.assert_allclose(found.image.astype(int), canonical, atol=12)


@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_rows_are_read_one_after_the_other(digits, data):
    """Each digit is found, in order, as if it were alone."""
    counts = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    chosen = [
        data.draw(st.lists(st.integers(0, 199), min_size=n, max_size=n)) for n in counts
    ]
    rows = [np.hstack([enlarged(digits[i]) for i in row]) for row in chosen]
    width = max(row.shape[1] for row in rows)
    page = np.vstack([np.pad(row, ((0, 0), (0, width - row.shape[1]))) for row in rows])
    if data.draw(st.booleans()):
        page = 255 - page

    found = split_digits(page)

    assert len(found) == sum(counts)
    alone = [split_digits(enlarged(digits[i]))[0].image for row in chosen for i in row]
    difference = np.abs(
        np.stack([one.image for one in found]) - np.stack(alone, dtype=int)
    )
    # A centre of mass may be rounded to the next pixel. Other digits differ by 40.
    assert difference.mean(axis=(1, 2)).max() < 20


def test_boxes_are_in_pixels_of_the_picture():
    picture = paper()
    picture[20:80, 30:40] = picture[25:70, 130:142] = 20

    assert places(picture) == [(30, 20, 10, 60), (130, 25, 12, 45)]
    large = np.kron(picture, np.ones((20, 20), np.uint8))
    for found, expected in zip(places(large), places(picture), strict=True):
        np.testing.assert_allclose(found, np.array(expected) * 20, atol=12)


def test_a_bar_belongs_to_the_digit_beneath_it():
    """As the bar of a 5 does; a 1 above a 1 stays two."""
    five = paper()
    five[30:80, 40:50] = five[12:20, 42:66] = 20
    assert places(five) == [(40, 12, 26, 68)]

    ones = paper()
    ones[5:45, 40:50] = ones[55:95, 40:50] = 20
    assert places(ones) == [(40, 5, 10, 40), (40, 55, 10, 40)]


def test_a_broken_stroke_is_one_digit():
    picture = paper()
    picture[10:50, 40:50] = picture[53:95, 40:50] = 20

    assert places(picture) == [(40, 10, 10, 85)]


def test_what_lies_within_belongs_together():
    picture = paper()
    picture[10:90, 40:100] = 20
    picture[18:82, 48:92] = 230
    picture[45:55, 65:75] = 20

    assert places(picture) == [(40, 10, 60, 80)]


def test_specks_are_left_out():
    picture = paper()
    picture[20:80, 30:36] = 20
    picture[10:16, 150:156] = 20

    assert places(picture) == [(30, 20, 6, 60)]


def test_uneven_rows_are_still_rows():
    picture = paper(120, 300)
    for number in range(5):  # the hand climbs
        top = 50 - 10 * number
        picture[top : top + 50, 20 + 55 * number : 28 + 55 * number] = 20

    lefts = [left for left, *_ in places(picture)]
    assert lefts == [20, 75, 130, 185, 240]


def dots(n_rows, n_columns):
    tile = np.zeros((6, 6), np.uint8)
    tile[2:4, 2:4] = 210
    return 230 - np.tile(tile, (n_rows, n_columns))


def test_many_marks_are_read_in_order_and_too_many_refused():
    found = places(dots(20, 25))
    assert found == [
        (6 * column + 2, 6 * row + 2, 2, 2) for row in range(20) for column in range(25)
    ]
    with pytest.raises(
        ValueError, match="picture has 2001 separate marks, and no more"
    ):
        split_digits(dots(29, 69))


def test_blank_pictures_and_other_things():
    with pytest.raises(ValueError, match="picture is blank"):
        split_digits(paper())
    with pytest.raises(ValueError, match=r"picture has shape \(3,\)"):
        split_digits([1, 2, 3])
    with pytest.raises(ValueError, match=r"picture is 'four\.png', not an array"):
        split_digits("four.png")
    with pytest.raises(ValueError, match="picture has rows of different lengths"):
        split_digits([[1, 2], [3]])


def test_the_picture_is_not_changed():
    picture = paper()
    picture[20:80, 30:36] = 20
    picture.flags.writeable = False
    split_digits(picture)


def test_mnists_form_is_known(mnist):
    images = mnist.X_test.reshape(-1, 28, 28)
    assert all(map(is_in_mnist_form, images))
    prepared = DigitCanonicalizer().transform(255 - images[:200])
    assert all(map(is_in_mnist_form, prepared.reshape(-1, 28, 28)))
    for other in (255 - images[0], images[0].astype(float), images[0][1:]):
        assert not is_in_mnist_form(other)
    assert not any(is_in_mnist_form(np.roll(one, 3, axis=1)) for one in images[:50])
    assert not is_in_mnist_form(np.zeros((28, 28), np.uint8))


@pytest.mark.parametrize("height", range(17, 23))
def test_digits_of_mnists_form_are_nearly_20_pixels_high(height):
    picture = np.zeros((28, 28), np.uint8)
    top = 14 - height // 2
    picture[top : top + height, 13:15] = 255
    assert is_in_mnist_form(picture) == (height in (19, 20))
