import subprocess
import sys

import numpy as np
import pytest
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from mnist_estimators.datasets import load_small_digits


def test_default_is_rows_of_pixels_and_labels():
    X, y = load_small_digits()
    assert (X.shape, X.dtype) == ((1797, 784), np.uint8)
    assert (X.min(), X.max()) == (0, 255)
    np.testing.assert_array_equal(y, load_digits().target)
    assert y.dtype == np.int64


def test_images_are_the_same_pixels():
    X, _ = load_small_digits()
    images, _ = load_small_digits(as_images=True)
    np.testing.assert_array_equal(images.reshape(1797, 784), X)


def test_frame_has_a_named_column_for_each_pixel():
    X, y = load_small_digits()
    frame, target = load_small_digits(as_frame=True)
    assert list(frame.columns[[0, 1, 28, 783]]) == [
        "pixel_0_0",
        "pixel_0_1",
        "pixel_1_0",
        "pixel_27_27",
    ]
    np.testing.assert_array_equal(frame, X)
    np.testing.assert_array_equal(target, y)
    assert (target.name, target.dtype) == ("target", np.int64)
    assert (frame.dtypes == np.uint8).all()


@pytest.mark.parametrize("as_frame", [False, True])
def test_bunch_is_that_of_scikit_learn(as_frame):
    theirs = load_digits(as_frame=as_frame)
    ours = load_small_digits(return_X_y=False, as_frame=as_frame)
    assert set(ours) == {*theirs, "source"}
    assert {key: type(ours[key]) for key in theirs} == {
        key: type(value) for key, value in theirs.items()
    }
    assert ours.images.shape == (1797, 28, 28)
    assert ours.source == "scikit-learn's bundled digits"
    for digit, count in enumerate(np.bincount(ours.target)):
        assert f"    {digit}: {count}\n" in ours.DESCR
    if as_frame:
        assert list(ours.frame.columns) == [*ours.feature_names, "target"]


def test_bunch_of_images_has_images_as_data():
    bunch = load_small_digits(return_X_y=False, as_images=True)
    np.testing.assert_array_equal(bunch.data, bunch.images)


def test_frame_and_images_exclude_each_other():
    with pytest.raises(ValueError, match="as_frame=True and as_images=True"):
        load_small_digits(as_frame=True, as_images=True)


def test_the_arrays_are_the_callers_own():
    X, y = load_small_digits()
    X[:], y[:] = 0, 0
    X_again, y_again = load_small_digits()
    assert X_again.any()
    assert y_again.any()


def test_digits_are_centred_within_a_margin_as_in_mnist():
    images, _ = load_small_digits(as_images=True)
    centres = np.array([ndimage.center_of_mass(image) for image in images])
    # Whole pixels leave up to half a pixel; a box at the border of its room a bit more.
    assert np.abs(centres - 14).max() < 1
    assert (images.any(axis=(1, 2))).all()


def test_enlarging_keeps_what_can_be_recognised():
    X, y = load_small_digits()
    original = load_digits().data
    train, test = slice(0, 1200), slice(1200, None)

    def accuracy(pixels):
        model = KNeighborsClassifier(3).fit(pixels[train], y[train])
        return model.score(pixels[test], y[test])

    assert accuracy(X) > accuracy(original) - 0.02


def test_strokes_are_about_as_dark_as_those_of_mnist(mnist):
    X, _ = load_small_digits()
    assert X.mean() == pytest.approx(mnist.X_train.mean(), rel=0.05)


def test_loading_imports_neither_tensorflow_nor_keras():
    program = (
        "import sys; from mnist_estimators import load_small_digits; "
        "load_small_digits(return_X_y=False); "
        "from mnist_estimators import load_mnist; "
        "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
