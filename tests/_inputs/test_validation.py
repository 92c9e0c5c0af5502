from array import array
from collections import deque
from enum import Enum, IntEnum

import numpy as np
import pandas as pd
import pytest

from mnist_estimators._inputs.validation import (
    check_array_like,
    check_labels,
    check_no_enum,
    check_stack,
    validate_pixels,
    validate_weights,
)
from mnist_estimators.preprocessing import Deskewer


class OnlyAnArray:
    """Gives its values to NumPy, and has no items."""

    def __array__(self, dtype=None, copy=None):
        return np.eye(2)

    def __iter__(self):
        raise AssertionError("nobody needs to go over the items")


class LikeAList:
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return [[0.0, 1.0], [1.0, 0.0]][index]

    def __iter__(self):
        yield from (self[0], self[1])


class Loader:
    def __len__(self):
        return 1

    def __iter__(self):
        yield np.eye(2), [0, 1]


@pytest.mark.parametrize(
    "values",
    [
        np.eye(2),
        [[0, 1], [1, 0]],
        ((0, 1), (1, 0)),
        range(3),
        deque([1, 2]),
        array("d", [1.0]),
        memoryview(b"ab"),
        pd.DataFrame({"a": [1]}),
        pd.Series([1]),
        OnlyAnArray(),
        LikeAList(),
        None,
        "text",
        3.0,
    ],
    ids=lambda values: type(values).__name__,
)
def test_what_numpy_takes_passes(values):
    check_array_like("X", values)


@pytest.mark.parametrize(
    "values",
    [Loader(), (row for row in np.eye(2)), iter([1]), map(abs, [1]), {1, 2}],
    ids=lambda values: type(values).__name__,
)
def test_others_that_are_iterated_over_are_refused(values):
    kind = type(values).__name__
    with pytest.raises(TypeError, match=rf"^y is a {kind} \(of .*partial_fit"):
        check_array_like("y", values)


def test_an_iterator_stays_as_it_is():
    values = iter([1])
    with pytest.raises(TypeError):
        check_array_like("X", values)
    assert list(values) == [1]


class TestPixels:
    def test_become_rows_and_leave_their_shape(self):
        estimator = Deskewer()
        images = np.arange(24.0).reshape(4, 2, 3)
        rows = validate_pixels(estimator, images, reset=True)
        np.testing.assert_array_equal(rows, images.reshape(4, 6))
        assert estimator.image_shape_ == (2, 3)
        assert estimator.n_features_in_ == 6
        again, labels = validate_pixels(estimator, rows, [0, 1, 0, 1], reset=False)
        np.testing.assert_array_equal(again, rows)
        assert labels.tolist() == [0, 1, 0, 1]

    @pytest.mark.parametrize(
        ("X", "message"),
        [
            (np.ones(4), "X has shape .*one image at most"),
            (np.array([[0, np.nan]]), "NaN"),
            (np.ma.masked_equal([[0, 1]], 0), "X has 1 masked values"),
            (np.array([[0, 10**400]]), "numbers too large"),
            (np.array([["1", "2"]]), "numeric values"),
            (np.zeros((1, 2), "M8[D]"), "X holds datetime64.*, but pixels are numbers"),
            (np.array([[0, 1j]]), "[Cc]omplex"),
            (np.full((2, 4), np.longdouble("1e4000")), "too large for"),
        ],
        ids=["row", "nan", "masked", "huge", "text", "days", "complex", "long double"],
    )
    def test_invalid_ones_are_refused(self, X, message):
        estimator = Deskewer()
        with pytest.raises(ValueError, match=message):
            validate_pixels(estimator, X, reset=True)
        assert not hasattr(estimator, "image_shape_")


class TestLabels:
    def test_one_for_each_image(self):
        for y in ([1, 2], [[1], [2]], np.array(["a", "b"]), []):
            check_labels(y)
        with pytest.raises(ValueError, match=r"y\.argmax\(axis=1\)"):
            check_labels(np.eye(2))
        with pytest.raises(ValueError, match="y has 1 masked values"):
            check_labels(np.ma.masked_equal([0, 1], 0))

    def test_members_of_an_enum_are_refused(self):
        Digit = Enum("Digit", ["ONE", "TWO"])
        message = r"classes holds members of the enum Digit, .*for label in classes\]"
        with pytest.raises(ValueError, match=message):
            check_no_enum([Digit.ONE], "classes")
        for labels in (list(IntEnum("Number", ["ONE"])), [], [[1], [2, 3]]):
            check_no_enum(labels)


def test_a_square_is_one_image_where_its_rows_are_none():
    for shape in ((28, 28), (5, 5)):
        with pytest.raises(ValueError, match="which is one image"):
            check_stack(shape)
    # 16 images of 4 x 4 pixels; the others are not square, or are several images.
    for shape in ((16, 16), (28, 784), (5, 28), (1, 28, 28)):
        check_stack(shape)


def test_what_has_the_pixels_of_an_image_in_rows_is_one_image():
    with pytest.raises(ValueError, match="which is one image"):
        check_stack((2, 3), 6)
    for shape in ((1, 6), (6, 6), (2, 6), (3, 3)):
        check_stack(shape, 6)


def test_weights_are_finite_numbers_one_for_each_image():
    X = np.eye(2)
    assert validate_weights(None, X).tolist() == [1, 1]
    assert validate_weights([1, 3], X).tolist() == [1, 3]
    for weights in ([1], [1, np.inf], [1, 10**400], np.ma.masked_equal([0, 1], 0)):
        with pytest.raises(ValueError, match="weight"):
            validate_weights(weights, X)
