"""Pictures of digits, and how they come to look like MNIST's."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scans import naively_resized, simulate_scans
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from mnist_estimators.augmentation._functional import affine_matrices, warp
from mnist_estimators.preprocessing import Deskewer, DigitCanonicalizer
from mnist_estimators.preprocessing._functional import _quantile


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:400], y[:400], X[400:520].reshape(-1, 28, 28), y[400:520]


def stroke(height, width, rows, columns, paper=230, ink=20, dtype=np.uint8):
    """A picture of a straight stroke."""
    picture = np.full((height, width), paper, dtype)
    picture[rows[0] : rows[1], columns[0] : columns[1]] = ink
    return picture


def canonical(picture):
    return DigitCanonicalizer().transform([picture])[0].reshape(28, 28)


class TestDigitCanonicalizer:
    def test_form(self, digits):
        """White on black, 20 pixels at most, and the mass in the middle."""
        pictures = simulate_scans(digits[2][:50], seed=0)
        images = DigitCanonicalizer().fit_transform(pictures)
        assert images.shape == (50, 784)
        assert images.dtype == np.uint8
        for image in images.reshape(-1, 28, 28):
            rows, columns = np.nonzero(image)
            assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
            assert image.max() == 255
            mass = image / image.sum()
            for axis in (0, 1):
                centre = mass.sum(axis=1 - axis) @ np.arange(28)
                inside = np.nonzero(image)[axis].min() > 0
                assert abs(centre - 13.5) <= 0.51 or not inside

    def test_scans_are_read_nearly_as_well_as_the_images_themselves(self, digits):
        X, y, images, y_new = digits
        pictures = simulate_scans(images, seed=0)
        canonicalizer = DigitCanonicalizer()
        knn = KNeighborsClassifier(3)
        knn.fit(canonicalizer.fit_transform(X.reshape(-1, 28, 28)), y)
        clean = knn.score(canonicalizer.transform(images), y_new)
        scanned = knn.score(canonicalizer.transform(pictures), y_new)
        naive = knn.score(naively_resized(pictures).reshape(-1, 784), y_new)
        assert scanned > clean - 0.08
        assert naive < 0.5 < scanned

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda p: 255 - p, id="light on dark"),
            pytest.param(lambda p: p / 255, id="from 0 to 1"),
            pytest.param(lambda p: (p > 100).astype(np.uint8), id="0 or 1"),
            pytest.param(lambda p: p.astype(np.uint16) * 257, id="16 bits"),
            pytest.param(lambda p: p[:, :, np.newaxis], id="one channel"),
            pytest.param(lambda p: np.dstack([p] * 3), id="RGB"),
            pytest.param(lambda p: np.dstack([p] * 3 + [p | 255]), id="RGBA"),
            pytest.param(lambda p: np.dstack([p, p | 255]), id="grey and alpha"),
            pytest.param(
                lambda p: np.dstack([np.zeros_like(p)] * 3 + [255 - p]),
                id="black on nothing",
            ),
            pytest.param(
                lambda p: np.dstack([p | 255] * 3 + [255 - p]), id="white on nothing"
            ),
            pytest.param(
                lambda p: np.pad(p, ((40, 0), (0, 25)), mode="edge"), id="off centre"
            ),
            pytest.param(lambda p: np.repeat(np.repeat(p, 3, 0), 3, 1), id="larger"),
        ],
    )
    def test_the_same_digit_however_it_comes(self, change):
        picture = stroke(60, 60, (10, 50), (25, 33))
        picture[10:18, 25:45] = 20
        np.testing.assert_allclose(
            canonical(change(picture)).astype(int), canonical(picture), atol=40
        )

    def test_shaded_paper(self):
        light = np.linspace(0.5, 1.0, 60) * np.linspace(0.8, 1.0, 60)[:, np.newaxis]
        picture = stroke(60, 60, (10, 50), (25, 33))
        shaded = (picture * light).astype(np.uint8)
        np.testing.assert_allclose(
            canonical(shaded).astype(int), canonical(picture), atol=60
        )

    def test_specks_are_left_out(self):
        picture = stroke(80, 80, (20, 60), (36, 44))
        expected = canonical(picture)
        picture[3:5, 3:5] = 20
        np.testing.assert_array_equal(canonical(picture), expected)

    def test_a_pipeline_takes_pictures_of_any_size(self, digits):
        _, _, images, y = digits
        pictures = simulate_scans(images[:30], seed=1)
        pipeline = make_pipeline(DigitCanonicalizer(), KNeighborsClassifier(1))
        assert pipeline.fit(pictures, y[:30]).score(pictures, y[:30]) == 1.0

    def test_leaves_pictures_alone(self):
        picture = stroke(40, 40, (10, 30), (18, 22))
        picture.flags.writeable = False
        canonical(picture)

    def test_large_photographs(self):
        """A photograph of 12 megapixels looks like a small copy of it."""
        small = stroke(60, 80, (10, 50), (25, 33))
        large = np.repeat(np.repeat(small, 50, 0), 50, 1)
        np.testing.assert_allclose(
            canonical(large).astype(int), canonical(small), atol=40
        )

    def test_dark_photographs_have_the_range_of_bytes(self):
        noise = np.random.default_rng(0).integers(0, 12, (60, 60)).astype(np.uint8)
        with pytest.raises(ValueError, match="is blank"):
            canonical(noise)

    def test_data_frames_of_square_images(self, digits):
        X = digits[0][:5]
        np.testing.assert_array_equal(
            DigitCanonicalizer().fit_transform(pd.DataFrame(X)),
            DigitCanonicalizer().fit_transform(X),
        )

    @settings(deadline=None, max_examples=200)
    @given(
        npst.arrays(
            st.sampled_from([np.uint8, np.bool_, np.float32]),
            npst.array_shapes(min_dims=2, max_dims=2, max_side=13),
            elements=st.integers(0, 1),
        )
    )
    def test_any_picture_is_a_digit_or_blank(self, picture):
        try:
            outcome = canonical(picture).max()
        except ValueError as error:
            outcome = str(error)
        assert outcome == 255 or "is blank" in outcome

    def test_feature_names(self):
        names = DigitCanonicalizer().fit([stroke(9, 9, (2, 7), (4, 5))])
        assert len(names.get_feature_names_out()) == 784

    @pytest.mark.parametrize(
        "blank",
        [
            np.full((30, 30), 200, np.uint8),
            np.zeros((30, 30)),
            np.random.default_rng(0).normal(200, 4, (60, 60)).astype(np.uint8),
            np.tile(np.linspace(90, 200, 40), (40, 1)).astype(np.uint8),
        ],
        ids=["white", "black", "noise", "shade"],
    )
    def test_blank_pictures_are_named(self, blank):
        pictures = [stroke(30, 30, (5, 25), (13, 17)), blank]
        with pytest.raises(ValueError, match=r"X\[1\] is blank"):
            DigitCanonicalizer().transform(pictures)

    @pytest.mark.parametrize(
        ("pictures", "message"),
        [
            ([], "X holds no picture"),
            ("seven.png", "load_digit_images"),
            ([np.zeros(17)], r"X\[0\] has shape \(17,\)"),
            ([np.zeros((4, 4, 5))], r"X\[0\] has shape \(4, 4, 5\)"),
            ([np.zeros((0, 4))], r"X\[0\] has shape \(0, 4\)"),
            ([np.full((4, 4), np.nan)], r"X\[0\] holds NaN or infinity"),
            ([np.full((4, 4), "7")], r"X\[0\] holds no numbers"),
            ([np.full((4, 4), -1.0)], r"X\[0\] holds negative values"),
            (["seven.png"], r"X\[0\] is 'seven.png', .* load_digit_images"),
            (None, "Got None"),
            (np.zeros((90, 60)), r"shape \(90, 60\) looks like one picture"),
            (np.zeros((90, 60, 3)), r"shape \(90, 60, 3\) looks like one picture"),
        ],
        ids=str,
    )
    def test_what_is_no_picture(self, pictures, message):
        for use in (DigitCanonicalizer().fit, DigitCanonicalizer().transform):
            with pytest.raises(ValueError, match=message):
                use(pictures)


@parametrize_with_checks([Deskewer()], xfail_strict=True)
def test_scikit_learns_own_checks_of_the_deskewer(estimator, check):
    check(estimator)


class TestDeskewer:
    def test_undoes_a_shear(self, digits):
        upright = np.zeros((1, 28, 28), np.float32)
        upright[:, 6:22, 12:16] = 1.0
        for degrees in (-30.0, -10.0, 20.0):
            values = np.zeros(1)
            matrices = affine_matrices(
                values, np.zeros((1, 2)), values + 1, values + degrees, (28, 28)
            )
            slanted = warp(upright, matrices, None, 0.0)
            straight = Deskewer().fit_transform(slanted)
            assert np.abs(straight - upright).mean() < 0.02
            assert np.abs(slanted - upright).mean() > 0.02

    def test_larger_slants_are_straightened_by_45_degrees(self):
        slanted, expected = np.zeros((2, 1, 41, 41))
        rows = np.arange(12, 29)
        slanted[0, rows, 20 + 2 * (rows - 20)] = 1.0
        expected[0, rows, rows] = 1.0
        found = Deskewer().fit_transform(slanted)
        np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_puts_the_mass_into_the_middle(self, digits):
        images = Deskewer().fit_transform(digits[2].astype(np.float64))
        mass = images / images.sum(axis=(1, 2), keepdims=True)
        for axis in (1, 2):
            centres = mass.sum(axis=3 - axis) @ np.arange(28)
            np.testing.assert_allclose(centres, 13.5, atol=0.05)

    def test_helps_the_nearest_neighbour(self, digits):
        X, y, images, y_new = digits
        X_new = images.reshape(-1, 784)
        knn = KNeighborsClassifier(1)
        plain = knn.fit(X[:150], y[:150]).score(X_new, y_new)
        straight = make_pipeline(Deskewer(), knn).fit(X[:150], y[:150])
        assert straight.score(X_new, y_new) > plain

    @pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
    def test_keeps_shape_and_type(self, digits, dtype):
        X = digits[0][:30].astype(dtype)
        X.flags.writeable = False
        for shape in [(-1, 784), (-1, 28, 28), (-1, 28, 28, 1)]:
            images = X.reshape(shape)
            straight = Deskewer().fit_transform(images)
            assert straight.shape == images.shape
            assert straight.dtype == dtype

    def test_blank_images_stay_blank(self):
        assert not Deskewer().fit_transform(np.zeros((2, 9))).any()

    def test_data_frames(self, digits):
        frame = pd.DataFrame(digits[0]).add_prefix("pixel")
        straight = Deskewer().set_output(transform="pandas").fit_transform(frame)
        assert list(straight.columns) == list(frame.columns)

    def test_mistakes(self, digits):
        with pytest.raises(NotFittedError):
            Deskewer().transform(digits[0])
        deskewer = Deskewer().fit(digits[0])
        with pytest.raises(ValueError, match="fitted on images of 28 x 28 pixels"):
            deskewer.transform(digits[0].reshape(-1, 14, 56))
        with pytest.raises(ValueError, match="image_shape="):
            Deskewer(image_shape=(5, 5)).fit(digits[0])


@given(
    npst.arrays(np.float32, st.integers(1, 50), elements=st.floats(0, 1, width=32)),
    st.floats(0, 1),
)
def test_the_quantile_is_that_of_numpy(values, share):
    assert _quantile(values, share) == pytest.approx(np.quantile(values, share))
