import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.utils import check_array

from mnist_estimators._inputs.images import (
    as_network_input,
    flatten_images,
    is_clean,
    pixel_scale,
    resolve_image_shape,
    shape_of,
)
from mnist_estimators._inputs.pixel_ranges import PIXEL_MAXIMA, pixel_range

sides = st.integers(1, 6)
numeric_dtypes = st.sampled_from(
    [np.int8, np.uint8, np.int16, np.uint16, np.int64, np.float16, np.float32, float]
)


def pixels(dtype, **elements):
    """Rows of any finite numbers of a type, without overflow in float32."""
    if np.issubdtype(dtype, np.floating):
        top = min(float(np.finfo(dtype).max), 2.0**100)
        elements = {"allow_subnormal": False, "max_value": top, "min_value": -top}
    shapes = npst.array_shapes(min_dims=2, max_dims=2, max_side=6)
    return npst.arrays(dtype, shapes, elements=elements or None)


any_pixels = numeric_dtypes.flatmap(pixels)


def stacks(n, height, width):
    """The ways to hand over the same n images, none of them flat."""
    images = np.arange(n * height * width).reshape(n, height, width)
    return [images, images[..., np.newaxis]]


class TestShape:
    @given(sides, sides, sides)
    def test_stacked_images_become_one_row_each(self, n, height, width):
        for images in stacks(n, height, width):
            rows = flatten_images(images)
            np.testing.assert_array_equal(rows, images.reshape(n, height * width))

    @pytest.mark.parametrize(
        "X", [np.ones((2, 4)), pd.DataFrame([[1, 2]]), [[1, 2]], "junk", None, 3]
    )
    def test_anything_else_is_left_to_scikit_learn(self, X):
        assert flatten_images(X) is X

    def test_colour_channels_are_refused(self):
        with pytest.raises(ValueError, match=r"3 channels.*X\.mean\(axis=3\)"):
            flatten_images(np.ones((5, 28, 28, 3)))

    @pytest.mark.parametrize("n_channels", [1, 3])
    def test_channels_come_last(self, n_channels):
        with pytest.raises(ValueError, match=r"last: use np\.moveaxis\(X, 1, -1\)"):
            flatten_images(np.ones((5, n_channels, 28, 28)))

    def test_five_dimensions_are_refused(self):
        with pytest.raises(ValueError, match="X has 5 dimensions"):
            flatten_images(np.ones((1, 2, 3, 4, 1)))

    @given(sides, sides, sides)
    def test_the_shape_of_stacked_images_is_known(self, n, height, width):
        for images in stacks(n, height, width):
            assert resolve_image_shape(images.shape, None) == (height, width)
            assert resolve_image_shape(images.shape, (height, width)) == (height, width)

    @pytest.mark.parametrize(
        ("n_pixels", "shape"), [(784, (28, 28)), (64, (8, 8)), (10, (1, 10))]
    )
    def test_rows_are_square_images_where_that_is_possible(self, n_pixels, shape):
        assert resolve_image_shape((3, n_pixels), None) == shape

    @given(sides, sides)
    def test_the_user_knows_better(self, height, width):
        given_shape = (height, width)
        assert resolve_image_shape((3, height * width), given_shape) == given_shape

    @pytest.mark.parametrize(
        ("X", "shape"),
        [
            (pd.DataFrame([[1, 2]]), (1, 2)),
            ([[1, 2], [3, 4]], (2, 2)),
            ([1.0, 2.0], (2,)),
            ("junk", ()),
            (None, ()),
            ([[1], [2, 3]], ()),
        ],
    )
    def test_any_input_has_a_shape(self, X, shape):
        assert shape_of(X) == shape

    @pytest.mark.parametrize("shape", [(3, 12), (3, 4, 3), (3, 4, 3, 1)])
    def test_another_shape_than_that_of_the_images_is_refused(self, shape):
        with pytest.raises(ValueError, match=r"image_shape=\(3, 5\) means 15 pixels"):
            resolve_image_shape(shape, (3, 5))

    def test_height_and_width_are_not_exchanged(self):
        with pytest.raises(ValueError, match="Give the height and width"):
            resolve_image_shape((3, 4, 6), (6, 4))

    @pytest.mark.parametrize("shape", [28, (28,), (4, 4, 1), (0, 4), (2.5, 2), "ab"])
    def test_an_image_shape_is_two_positive_integers(self, shape):
        with pytest.raises(ValueError, match="image_shape must be None or two"):
            resolve_image_shape((3, 16), shape)


def scaled(X, high, image_shape):
    """Pixels as the first layer sees them."""
    return as_network_input(X, high, image_shape) * np.float32(pixel_scale(high))


class TestNetworkInput:
    @settings(deadline=None)
    @given(any_pixels)
    def test_is_finite_images_and_leaves_the_pixels_alone(self, X):
        before = X.copy()
        X.flags.writeable = False
        images = scaled(X, pixel_range(X)[1], (1, X.shape[1]))
        assert images.shape == (len(X), 1, X.shape[1], 1)
        assert np.isfinite(images).all()
        np.testing.assert_array_equal(X, before)

    @given(st.sampled_from(PIXEL_MAXIMA).flatmap(lambda m: st.tuples(
        st.just(m), npst.arrays(np.float32, (3, 4), elements=st.floats(0, m, width=32))
    )))  # fmt: skip
    def test_pixels_lie_between_0_and_1(self, high_and_pixels):
        high, X = high_and_pixels
        images = scaled(X, high, (2, 2))
        assert images.min() >= 0
        assert images.max() <= 1
        np.testing.assert_allclose(images.reshape(3, 4), X / high, rtol=1e-6)

    def test_pixels_keep_their_place(self):
        X = np.arange(12).reshape(2, 6)
        images = scaled(X, 1.0, (2, 3))
        np.testing.assert_array_equal(images[1, :, :, 0], [[6, 7, 8], [9, 10, 11]])

    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
    def test_the_type_of_the_pixels_does_not_matter(self, dtype):
        X = np.arange(256).reshape(16, 16)
        expected = scaled(X, 255.0, (4, 4))
        found = scaled(X.astype(dtype), 255.0, (4, 4))
        np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            (np.uint8, np.uint8),
            (np.float32, np.float32),
            (np.float64, np.float32),
            (np.int64, np.float32),
            (bool, np.float32),
        ],
    )
    def test_bytes_stay_bytes_and_all_else_becomes_float32(self, given, kept):
        images = as_network_input(np.ones((2, 4), given), 1.0, (2, 2))
        assert images.dtype == kept


class TestCleanInput:
    """What skips scikit-learn's validation must be what would pass it."""

    @settings(deadline=None)
    @given(any_pixels)
    def test_scikit_learn_would_leave_it_as_it_is(self, X):
        usual = X.dtype in (np.uint8, np.float32, np.float64)
        assert is_clean(X, X.shape[1]) == usual
        np.testing.assert_array_equal(check_array(X), X)

    @pytest.mark.parametrize(
        "X",
        [
            pytest.param([[0.0, 1.0]], id="a list"),
            pytest.param(pd.DataFrame([[0.0, 1.0]]), id="a data frame"),
            pytest.param(np.ma.array([[0.0, 1.0]]), id="a masked array"),
            pytest.param(np.array([["0", "1"]]), id="text"),
            pytest.param(np.array([[0, None]]), id="objects"),
            pytest.param(np.array([[0, 1j]]), id="complex numbers"),
            pytest.param(np.array([[0, np.nan]]), id="NaN"),
            pytest.param(np.array([[0, np.inf]], np.float32), id="infinity"),
            pytest.param(np.zeros((0, 2)), id="no image"),
            pytest.param(np.zeros(2), id="one row"),
            pytest.param(np.zeros((1, 3)), id="other pixels"),
            pytest.param(np.zeros((1, 1, 2, 1, 1)), id="five dimensions"),
        ],
    )
    def test_anything_unusual_is_not_clean(self, X):
        assert not is_clean(X, 2)
