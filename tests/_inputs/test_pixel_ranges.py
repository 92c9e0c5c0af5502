import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from mnist_estimators._inputs.pixel_ranges import (
    PIXEL_MAXIMA,
    pixel_range,
    warn_of_other_range,
)
from mnist_estimators.exceptions import PixelRangeWarning

any_pixels = st.sampled_from([np.uint8, np.int16, np.float32, float]).flatmap(
    lambda dtype: npst.arrays(
        dtype,
        npst.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=npst.from_dtype(
            np.dtype(dtype), allow_nan=False, allow_infinity=False
        ),
    )
)


class TestPixelRange:
    @pytest.mark.parametrize("high", PIXEL_MAXIMA)
    @given(share=st.floats(0.07, 1))
    def test_pixels_reach_up_to_the_next_common_maximum(self, high, share):
        # A 14th of the maximum is more than the next smaller one.
        assert pixel_range(np.array([[0, share * high]])) == (0, high)

    def test_larger_numbers_are_their_own_maximum(self):
        assert pixel_range(np.array([[0, 1e5]])) == (0, 1e5)

    def test_negative_values_are_features_with_a_root_mean_square(self):
        assert pixel_range(np.array([[-3.0, 3.0]])) == (-3, 3)
        standard_scaled = np.random.default_rng(0).normal(size=(500, 10))
        assert pixel_range(standard_scaled) == pytest.approx((-1, 1), abs=0.05)

    @given(any_pixels)
    def test_a_range_is_finite_and_positive(self, X):
        low, high = pixel_range(X)
        assert low in (0, -high)
        assert 0 < high < np.inf


class TestWarning:
    @pytest.mark.parametrize("fitted", PIXEL_MAXIMA)
    @pytest.mark.parametrize("new", PIXEL_MAXIMA)
    def test_pixels_of_another_range_warn(self, fitted, new):
        X = np.array([[0, new]])
        if new == fitted:
            warn_of_other_range(X, (0, fitted))
        else:
            with pytest.warns(
                PixelRangeWarning, match=f"0 to {new:g}, .*0 to {fitted:g}:"
            ):
                warn_of_other_range(X, (0, fitted))

    def test_negative_values_where_pixels_were_warn(self):
        with pytest.warns(PixelRangeWarning, match="range from -2 to 1.* may be poor"):
            warn_of_other_range(np.array([[-2, 1]]), (0, 1))

    @pytest.mark.parametrize("outlier", [-1, 1.5])
    def test_more_than_one_percent_of_pixels_outside_warn(self, outlier):
        X = np.linspace(0, 1, 1000).reshape(10, 100)
        X[0, :10] = outlier
        warn_of_other_range(X, (0, 1))
        X[0, 10] = outlier
        with pytest.warns(PixelRangeWarning):
            warn_of_other_range(X, (0, 1))

    @pytest.mark.parametrize(
        ("X", "fitted"),
        [
            pytest.param([[0, 0]], (0, 255), id="blank image"),
            pytest.param([[0, 9]], (-1, 1), id="few features"),
            pytest.param(np.zeros((20, 50)), (-1, 1), id="blank features"),
            pytest.param([[0, 9e4]], (0, 1e5), id="features above any pixel"),
        ],
    )
    def test_what_tells_nothing_of_its_range_does_not_warn(self, X, fitted):
        warn_of_other_range(np.array(X), fitted)


SCALERS = {
    "standard": StandardScaler(),
    "minus one to one": MinMaxScaler((-1, 1)),
    "robust": RobustScaler(),
    "components": make_pipeline(StandardScaler(), PCA(50)),
    "whitened": PCA(30, whiten=True),
}


@pytest.fixture(scope="module", params=SCALERS.values(), ids=SCALERS)
def features(request, small_digits):
    """Features of digits to learn from, and of others, scaled alike."""
    X = small_digits[0].astype(float)
    training = request.param.fit_transform(X[:600])
    return training, request.param.transform(X[600:])


@pytest.fixture(scope="module")
def standardized(small_digits):
    X = small_digits[0].astype(float)
    scaler = StandardScaler().fit(X[:600])
    return scaler.transform(X[:600]), scaler.transform(X[600:]), X[600:] / 255


class TestFeatures:
    def test_single_images_do_not_warn(self, features):
        training, others = features
        fitted = pixel_range(training)
        for image in others:
            warn_of_other_range(image[np.newaxis], fitted)

    @settings(max_examples=50)
    @given(
        rows=st.lists(st.integers(0, 1100), min_size=1, max_size=200),
        factor=st.floats(0.5, 2),
        shift=st.floats(-0.1, 0),
    )
    def test_a_bit_different_does_not_warn(self, features, rows, factor, shift):
        training, others = features
        fitted = pixel_range(training)
        X = others[rows] * factor + shift * fitted[1]
        warn_of_other_range(X, fitted)
        warn_of_other_range(X, fitted, training=training)

    @pytest.mark.parametrize("high", [16, 255, 65535])
    def test_pixels_where_features_were_warn(self, standardized, high):
        training, _, pixels = standardized
        message = (
            f"0 to {high:g}, but the classifier was fitted on features with a root"
        )
        for X in (pixels, pixels[:1], np.ceil(pixels)):
            with pytest.warns(PixelRangeWarning, match=message):
                warn_of_other_range(X * high / X.max(), pixel_range(training))

    @pytest.mark.parametrize("high", [1, 16, 255, 65535])
    def test_pixels_that_validate_features_warn(self, standardized, high):
        training, _, pixels = standardized
        message = rf"validation data range from 0 to {high:g}, .*transform_input"
        with pytest.warns(PixelRangeWarning, match=message):
            warn_of_other_range(pixels * high, pixel_range(training), training=training)

    def test_features_of_a_hundred_times_the_scale_warn(self, standardized):
        training, others, _ = standardized
        with pytest.warns(PixelRangeWarning, match="root mean square of 0"):
            warn_of_other_range(others * 100, pixel_range(training))

    def test_more_than_a_tenth_of_features_far_out_warns(self):
        X = np.resize([-1.0, 1.0], (10, 100))
        X[:, :10] *= 11
        warn_of_other_range(X, (-1, 1))
        X[0, 10] = 11
        with pytest.warns(PixelRangeWarning):
            warn_of_other_range(X, (-1, 1))

    def test_single_images_may_be_unlike_all_others(self, standardized):
        training, others, _ = standardized
        fitted = pixel_range(training)
        odd = others[:10].copy()
        odd[:, ::5] = 15 * fitted[1]
        for image in odd:
            warn_of_other_range(image[np.newaxis], fitted)
        with pytest.warns(PixelRangeWarning):
            warn_of_other_range(odd, fitted)
