"""Augmenters: what they promise of their variants, and to scikit-learn."""

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from matplotlib.figure import Figure
from scipy import ndimage
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.parallel import Parallel, delayed

from mnist_estimators.augmentation import (
    AffineAugmenter,
    DigitAugmenter,
    ElasticAugmenter,
    ErasingAugmenter,
    _functional,
    plot_augmented,
)
from mnist_estimators.augmentation._functional import (
    affine_matrices,
    smooth_fields,
    smooth_noise_shape,
    warp,
)
from mnist_estimators.preprocessing import DigitCanonicalizer

AUGMENTERS = [
    AffineAugmenter(shear=5.0, random_state=0),
    ElasticAugmenter(random_state=0),
    ErasingAugmenter(probability=1.0, random_state=0),
    DigitAugmenter(random_state=0),
]
MOVERS = [one for one in AUGMENTERS if not isinstance(one, ErasingAugmenter)]
IDLE = [
    AffineAugmenter(rotation=0, translation=0, zoom=0, shear=0),
    ElasticAugmenter(alpha=0),
    ErasingAugmenter(probability=0),
    ErasingAugmenter(max_area=0),
    DigitAugmenter(rotation=0, translation=0, zoom=0, shear=0, alpha=0),
]


def name_of(augmenter):
    return type(augmenter).__name__


@pytest.fixture(params=AUGMENTERS, ids=name_of)
def augmenter(request):
    return clone(request.param)


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:300], y[:300]


@pytest.fixture(scope="module")
def reader(small_digits):
    X, y = small_digits
    steps = DigitCanonicalizer(), MinMaxScaler(clip=True), SVC(C=5, random_state=0)
    return make_pipeline(*steps).fit(X[900:], y[900:])


@pytest.fixture(scope="module")
def clean_accuracy(reader, digits):
    return reader.score(*digits)


# fit_transform makes variants and transform does not: these checks hold one against
# the other.
CONTRACT = "fit_transform makes variants, transform returns images as they are"
EXPECTED_FAILURES = {
    "check_transformer_general": CONTRACT,
    "check_transformer_data_not_an_array": CONTRACT,
}


@parametrize_with_checks(
    AUGMENTERS,
    expected_failed_checks=lambda augmenter: EXPECTED_FAILURES,
    xfail_strict=True,
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


class TestVariants:
    def test_differ_from_the_images_and_from_each_other(self, augmenter, digits):
        X, _ = digits
        first = augmenter.fit(X).augment(X, random_state=0)
        second = augmenter.augment(X, random_state=1)
        for one, other in [(first, X), (second, X), (first, second)]:
            # A small rectangle may fall on nothing but background.
            assert np.mean((one != other).any(axis=1)) > 0.7

    @pytest.mark.parametrize(
        "form",
        [
            lambda X: X,
            lambda X: X.reshape(-1, 28, 28),
            lambda X: X.reshape(-1, 28, 28, 1),
        ],
        ids=["flat", "3-D", "4-D"],
    )
    @pytest.mark.parametrize(
        "dtype", [np.uint8, np.int64, np.float16, np.float32, np.float64]
    )
    def test_have_the_shape_and_type_of_the_images(
        self, augmenter, digits, form, dtype
    ):
        X = form(digits[0][:20])
        expected = augmenter.fit_transform(X)
        found = augmenter.fit_transform(X.astype(dtype))
        assert found.shape == X.shape
        assert found.dtype == dtype
        # For bytes OpenCV rounds positions to 1/32 pixel, so that each axis may be off
        # by 1/64 of the steepest edge, which is 255; other types it warps exactly.
        np.testing.assert_allclose(found.astype(float), expected.astype(float), atol=8)

    def test_do_not_depend_on_how_many_are_warped_at_once(
        self, augmenter, digits, monkeypatch
    ):
        X, _ = digits
        expected = augmenter.fit_transform(X)
        for size in (1, 7, 10_000):
            monkeypatch.setattr(_functional, "IMAGES_PER_CALL", size)
            np.testing.assert_array_equal(augmenter.fit_transform(X), expected)

    def test_are_the_same_under_one_seed(self, augmenter, digits):
        X, _ = digits
        expected = augmenter.fit_transform(X)
        np.testing.assert_array_equal(augmenter.fit_transform(X), expected)
        other = augmenter.set_params(random_state=1).fit_transform(X)
        assert (other != expected).any()

    def test_alike_do_not_depend_on_their_place(self, augmenter, digits):
        X, _ = digits
        expected = augmenter.fit(X).augment(X, random_state=3, alike=True)
        order = np.random.default_rng(0).permutation(len(X))
        found = augmenter.augment(X[order], random_state=3, alike=True)
        np.testing.assert_array_equal(found, expected[order])

    @pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
    def test_leave_the_images_alone(self, augmenter, digits, dtype):
        X = digits[0].astype(dtype)
        X.flags.writeable = False
        augmenter.fit_transform(X)
        augmenter.augment(X, random_state=1)
        np.testing.assert_array_equal(X, digits[0])

    @pytest.mark.parametrize("idle", IDLE, ids=name_of)
    @settings(deadline=None, max_examples=30)
    @given(
        npst.arrays(
            st.sampled_from([np.uint8, np.int32, np.float32, np.float64]),
            npst.array_shapes(min_dims=3, max_dims=3, max_side=9),
            elements=st.integers(0, 100),
        )
    )
    def test_with_all_ranges_0_are_the_images(self, idle, X):
        np.testing.assert_array_equal(clone(idle).fit_transform(X), X)

    @pytest.mark.parametrize("augmenter", MOVERS, ids=name_of)
    def test_keep_the_mass(self, augmenter, digits):
        X, _ = digits
        variants = clone(augmenter).fit_transform(X)
        ratios = variants.sum(axis=1, dtype=float) / X.sum(axis=1, dtype=float)
        # A zoom of 10 % changes the area by up to 21 %.
        lowest, middle, highest = np.quantile(ratios, [0.05, 0.5, 0.95])
        assert 0.8 < lowest < highest < 1.21
        assert middle == pytest.approx(1.0, abs=0.05)

    @pytest.mark.parametrize("augmenter", MOVERS, ids=name_of)
    def test_keep_the_label(self, augmenter, reader, clean_accuracy, digits):
        """One who saw none of them reads variants nearly as well as images."""
        X, y = digits
        variants = clone(augmenter).fit_transform(X)
        assert clean_accuracy - reader.score(variants, y) < 0.07

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_are_the_same_in_threads(self, augmenter, digits, n_jobs):
        X, _ = digits
        floats = X / 255
        for images in (X, floats):
            expected = augmenter.fit_transform(images)
            found = Parallel(n_jobs=n_jobs, backend="threading")(
                delayed(clone(augmenter).fit_transform)(images) for _ in range(4)
            )
            for one in found:
                np.testing.assert_array_equal(one, expected)

    def test_are_the_same_whatever_threads_opencv_has(self, augmenter, digits):
        X, _ = digits
        expected = augmenter.fit_transform(X)
        n_threads = cv2.getNumThreads()
        try:
            cv2.setNumThreads(1 if n_threads > 1 else 2)
            np.testing.assert_array_equal(augmenter.fit_transform(X), expected)
        finally:
            cv2.setNumThreads(n_threads)

    def test_of_images_that_are_too_large(self, augmenter):
        message = r"up to 32764 pixels a side. .* image_shape=\(height, width\)"
        with pytest.raises(ValueError, match=message):
            augmenter.fit(np.zeros((2, 33_000), np.uint8))

    def test_bring_background_into_view(self, digits):
        X = 255 - digits[0]
        variants = AffineAugmenter(translation=0.2, random_state=0).fit_transform(X)
        corners = variants.reshape(-1, 28, 28)[:, [0, 0, -1, -1], [0, -1, 0, -1]]
        assert np.mean(corners == 255) > 0.95

    def test_images_do_not_get_into_each_other(self):
        X = np.zeros((40, 6, 6))
        X[::2] = 1.0
        X[:, [0, -1]] = X[:, :, [0, -1]] = 0.0
        mover = AffineAugmenter(rotation=180, translation=0.9, zoom=0.5, random_state=0)
        variants = mover.fit_transform(X)
        assert variants[::2].any()
        assert not variants[1::2].any()

    @pytest.mark.parametrize(
        ("parameter", "limit"),
        [("rotation", 20.0), ("translation", 0.2), ("zoom", 0.3), ("shear", 25.0)],
    )
    def test_fill_their_range(self, parameter, limit):
        """Measured at a bar: where it is, how large and how slanted."""
        ranges = dict.fromkeys(("rotation", "translation", "zoom", "shear"), 0.0)
        augmenter = AffineAugmenter(**ranges | {parameter: limit}, random_state=0)
        side = np.arange(41.0) - 20
        bar = np.exp(-(side**2) / 8) * np.exp(-(side[:, np.newaxis] ** 2) / 50)
        variants = augmenter.fit(bar[np.newaxis]).augment(np.repeat([bar], 300, axis=0))
        mass = variants.sum(axis=(1, 2))
        x, y = (
            np.einsum("nij,j->n", v, side) / mass
            for v in (variants, variants.swapaxes(1, 2))
        )
        xx = np.einsum("nij,j->n", variants, side**2) / mass - x**2
        yy = np.einsum("nij,i->n", variants, side**2) / mass - y**2
        xy = np.einsum("nij,i,j->n", variants, side, side) / mass - x * y
        measured = {
            "rotation": np.rad2deg(np.arctan2(2 * xy, yy - xx) / 2),
            "translation": x / 41,
            "zoom": (xx * yy - xy**2) ** 0.25 / np.sqrt(2 * 5) - 1,
            "shear": np.rad2deg(np.arctan(-xy / yy)),
        }[parameter]
        assert measured.min() == pytest.approx(-limit, rel=0.1)
        assert measured.max() == pytest.approx(limit, rel=0.1)

    def test_erased_rectangles_have_the_asked_area(self):
        X = np.ones((2000, 20, 30), np.uint8)
        X[:, [0, -1]] = X[:, :, [0, -1]] = 0
        eraser = ErasingAugmenter(probability=0.25, max_area=0.2, random_state=0)
        erased = (eraser.fit_transform(X) != X).mean(axis=(1, 2))
        assert np.mean(erased > 0) == pytest.approx(0.25, abs=0.04)
        assert erased.max() < 0.22
        assert erased[erased > 0].mean() == pytest.approx(0.1, abs=0.02)


class TestWarp:
    """Against SciPy's interpolation; OpenCV's has steps of 1/32 pixel."""

    images = ndimage.gaussian_filter(
        np.random.default_rng(0).random((4, 21, 16)), (0, 1.5, 1.5)
    ).astype(np.float32)

    @pytest.mark.parametrize(
        "transformation",
        [
            {"angle": 30.0},
            {"angle": -100.0},
            {"shift": (2.25, -3.5)},
            {"zoom": 1.3},
            {"zoom": 0.7},
            {"shear": 20.0},
            {"angle": 15.0, "shift": (1.0, 2.0), "zoom": 0.9, "shear": -10.0},
        ],
        ids=str,
    )
    def test_affine_transformations(self, transformation):
        n_images, height, width = self.images.shape
        values = {"angle": 0.0, "shift": (0.0, 0.0), "zoom": 1.0, "shear": 0.0}
        values |= transformation
        matrices = affine_matrices(
            **{k: np.array([v] * n_images) for k, v in values.items()},
            image_shape=(height, width),
        )
        found = warp(self.images, matrices, None, 0.0)
        matrix = matrices[0].astype(float)
        rows_first = matrix[::-1, [1, 0, 2]]
        for image, variant in zip(self.images, found, strict=True):
            expected = ndimage.affine_transform(
                image,
                rows_first[:, :2],
                rows_first[:, 2],
                order=1,
                mode="grid-constant",
            )
            np.testing.assert_allclose(variant, expected, atol=0.03)

    def test_images_are_sheared_and_then_zoomed_and_rotated(self):
        def matrix(**values):
            given = {"angle": 0.0, "shift": (0.0, 0.0), "zoom": 1.0, "shear": 0.0}
            arrays = {k: np.array([v]) for k, v in (given | values).items()}
            rows = affine_matrices(**arrays, image_shape=(21, 16))[0].astype(float)
            return np.vstack([rows, [0, 0, 1]])

        steps = ({"shear": 30.0}, {"zoom": 1.5}, {"angle": 40.0}, {"shift": (2.0, 3.0)})
        one_by_one = np.linalg.multi_dot([matrix(**step) for step in steps])
        at_once = matrix(**{k: v for step in steps for k, v in step.items()})
        np.testing.assert_allclose(at_once, one_by_one, atol=1e-5)

    def test_directions(self):
        """Right and down, counterclockwise, and leaning to the right."""
        image = np.zeros((1, 5, 5), np.float32)
        image[0, 0, 2] = 1.0

        def moved(**values):
            given = {"angle": 0.0, "shift": (0.0, 0.0), "zoom": 1.0, "shear": 0.0}
            arrays = {k: np.array([v]) for k, v in (given | values).items()}
            matrices = affine_matrices(**arrays, image_shape=(5, 5))
            variant = warp(image, matrices, None, 0.0)[0]
            return np.unravel_index(variant.argmax(), (5, 5))

        assert moved(shift=(1.0, 2.0)) == (2, 3)
        assert moved(angle=90.0) == (2, 0)
        assert moved(zoom=0.5) == (1, 2)
        assert moved(shear=45.0) == (0, 4)

    def test_displacements(self):
        n_images, height, width = self.images.shape
        rng = np.random.default_rng(1)
        fields = rng.uniform(-3, 3, (n_images, 2, height, width)).astype(np.float32)
        still = np.broadcast_to(np.eye(2, 3, dtype=np.float32), (n_images, 2, 3))
        found = warp(self.images, still, fields, 0.0)
        rows, columns = np.indices((height, width))
        for image, (across, down), variant in zip(
            self.images, fields, found, strict=True
        ):
            expected = ndimage.map_coordinates(
                image, [rows + down, columns + across], order=1, mode="grid-constant"
            )
            np.testing.assert_allclose(variant, expected, atol=0.03)

    @pytest.mark.parametrize("sigma", [0.5, 2.0, 4.0, 50.0])
    def test_fields_are_smooth_and_of_unit_variance(self, sigma):
        shape = smooth_noise_shape((28, 20), sigma)
        noise = np.random.default_rng(0).standard_normal((4000, *shape), np.float32)
        fields = smooth_fields(noise, (28, 20), alpha=1.0, sigma=sigma)
        assert fields.shape == (4000, 28, 20)
        np.testing.assert_allclose(fields.mean(axis=0), 0, atol=0.1)
        np.testing.assert_allclose(fields.std(axis=0), 1, atol=0.1)
        steps = np.diff(fields, axis=1).std()
        # Neighbours of a Gaussian field correlate as exp(-1 / (4 sigma**2)).
        if sigma >= 2:
            expected = np.sqrt(2 - 2 * np.exp(-1 / (4 * sigma**2)))
            assert steps == pytest.approx(expected, rel=0.25)


class TestScikitLearn:
    def test_transform_returns_the_images(self, augmenter, digits):
        X, _ = digits
        augmenter.fit(X)
        for images in (X, X.reshape(-1, 28, 28), X.reshape(-1, 28, 28, 1)):
            np.testing.assert_array_equal(augmenter.transform(images), images)

    def test_a_pipeline_learns_from_variants_and_predicts_images(self, digits):
        X, y = digits
        knn = KNeighborsClassifier(1)
        pipeline = make_pipeline(DigitAugmenter(random_state=0), knn).fit(X, y)
        plain = clone(knn).fit(X, y)
        assert plain.score(X, y) == 1.0
        assert 0.8 < pipeline.score(X, y) < 1.0

    def test_data_frames(self, augmenter, digits):
        frame = pd.DataFrame(digits[0]).add_prefix("pixel")
        plain = augmenter.fit_transform(digits[0])
        found = augmenter.set_output(transform="pandas").fit_transform(frame)
        assert isinstance(found, pd.DataFrame)
        assert list(found.columns) == list(frame.columns)
        assert list(augmenter.get_feature_names_out()) == list(frame.columns)
        np.testing.assert_array_equal(found, plain)
        assert isinstance(augmenter.transform(frame), pd.DataFrame)

    def test_images_that_are_no_squares(self, augmenter):
        X = np.random.default_rng(0).integers(256, size=(10, 12 * 20)).astype(np.uint8)
        augmenter.set_params(image_shape=(12, 20))
        flat = augmenter.fit_transform(X)
        stacked = augmenter.fit_transform(X.reshape(-1, 12, 20))
        np.testing.assert_array_equal(flat, stacked.reshape(10, -1))
        assert augmenter.image_shape_ == (12, 20)


class TestMistakes:
    def test_not_fitted(self, augmenter, digits):
        for use in (augmenter.transform, augmenter.augment):
            with pytest.raises(NotFittedError):
                use(digits[0])

    def test_images_of_another_shape(self, augmenter, digits):
        augmenter.fit(digits[0])
        for use in (augmenter.transform, augmenter.augment):
            with pytest.raises(ValueError, match="fitted on images of 28 x 28 pixels"):
                use(digits[0].reshape(-1, 14, 56))

    @pytest.mark.parametrize(
        ("augmenter", "name"),
        [
            (AffineAugmenter(rotation=-1), "rotation"),
            (AffineAugmenter(translation=1.0), "translation"),
            (AffineAugmenter(zoom=1.0), "zoom"),
            (AffineAugmenter(shear=90), "shear"),
            (ElasticAugmenter(alpha=-0.1), "alpha"),
            (ElasticAugmenter(sigma=0), "sigma"),
            (ErasingAugmenter(probability=1.1), "probability"),
            (ErasingAugmenter(max_area=1.0), "max_area"),
        ],
        ids=str,
    )
    def test_parameters(self, augmenter, name, digits):
        with pytest.raises(ValueError, match=f"The '{name}' parameter of"):
            augmenter.fit(digits[0])


class TestPlot:
    def test_shows_originals_beside_variants(self, augmenter, digits):
        figure = plot_augmented(augmenter, digits[0], n_images=3, n_variants=4)
        shown = [ax.images[0].get_array().data for ax in figure.axes]
        assert len(shown) == 15
        for number in range(3):
            row = shown[5 * number : 5 * number + 5]
            np.testing.assert_array_equal(row[0].ravel(), digits[0][number])
            # A small rectangle may fall on nothing but background.
            assert len({image.tobytes() for image in row}) >= 4
        assert not hasattr(augmenter, "image_shape_")

    def test_leaves_pyplot_alone(self, augmenter, digits):
        import matplotlib.pyplot as plt

        plot_augmented(augmenter, digits[0], n_images=1, n_variants=1)
        assert not plt.get_fignums()

    def test_draws_on_a_given_figure(self, augmenter, digits):
        figure = Figure()
        found = plot_augmented(augmenter, digits[0], n_images=1, figure=figure)
        assert found is figure
        assert len(figure.axes) == 7

    @pytest.mark.parametrize("name", ["n_images", "n_variants"])
    def test_needs_something_to_show(self, augmenter, digits, name):
        with pytest.raises(ValueError, match=f"{name} must be an integer, at least 1"):
            plot_augmented(augmenter, digits[0], **{name: 0})
