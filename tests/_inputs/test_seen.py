from enum import Enum

import numpy as np
import pandas as pd
import pytest

from mnist_estimators import NumpyDigitClassifier
from mnist_estimators._inputs.seen import check_pixels, check_same_shape, look_at_data
from mnist_estimators._inputs.validation import UNLABELLED

X = np.arange(24).reshape(4, 6)
Y = np.array(["b", "a", "b", "c"])


def test_the_data_are_described():
    classifier = NumpyDigitClassifier(image_shape=(2, 3))
    before = dict(vars(classifier))
    pixels, labels, seen = look_at_data(classifier, X, Y)
    np.testing.assert_array_equal(pixels, X)
    np.testing.assert_array_equal(labels, Y)
    assert list(seen.classes) == ["a", "b", "c"]
    assert seen.n_features_in == 6
    assert seen.feature_names_in is None
    assert seen.image_shape == (2, 3)
    assert seen.pixel_range == (0, 255)
    assert vars(classifier) == before


def test_stacks_show_their_shape():
    *_, seen = look_at_data(NumpyDigitClassifier(), X.reshape(4, 3, 2), Y)
    assert seen.image_shape == (3, 2)


def test_names_of_columns():
    frame = pd.DataFrame(X, columns=list("uvwxyz"))
    classifier = NumpyDigitClassifier(image_shape=(2, 3))
    *_, seen = look_at_data(classifier, frame, Y)
    assert list(seen.feature_names_in) == list("uvwxyz")
    check_pixels(classifier, frame, UNLABELLED, seen)
    with pytest.raises(ValueError, match="feature names should match"):
        check_pixels(classifier, frame[list("zyxwvu")], UNLABELLED, seen)


def test_all_classes_may_be_given():
    *_, seen = look_at_data(NumpyDigitClassifier(), X[:, :4], Y, classes=list("dabc"))
    assert list(seen.classes) == list("abcd")


def test_classes_may_not_be_members_of_an_enum():
    letters = list(Enum("Letter", ["A", "B"]))
    with pytest.raises(ValueError, match="classes holds members of the enum Letter"):
        look_at_data(NumpyDigitClassifier(), X[:, :4], Y, classes=letters)


def test_images_of_weight_0_do_not_count_for_the_range():
    classifier = NumpyDigitClassifier(image_shape=(2, 3))
    *_, seen = look_at_data(classifier, X, Y)
    assert seen.of_used(X, np.ones(4)) == seen
    used = seen.of_used(X, np.array([1.0, 2.0, 0.0, 0.0]))
    assert used.pixel_range == (0, 16)
    assert used.classes is seen.classes


def test_other_images_than_seen_are_refused():
    classifier = NumpyDigitClassifier(image_shape=(2, 3))
    *_, seen = look_at_data(classifier, X, Y)
    with pytest.raises(ValueError, match="NumpyDigitClassifier is expecting 6 feat"):
        check_pixels(classifier, X[:, :5], UNLABELLED, seen)
    with pytest.raises(ValueError, match=r"fitted on images\s+of 2 x 3 pixels"):
        check_pixels(classifier, X.reshape(4, 3, 2), UNLABELLED, seen)
    np.testing.assert_array_equal(
        check_pixels(classifier, X.reshape(4, 2, 3), UNLABELLED, seen), X
    )


def test_a_fit_continues_with_the_same_shape():
    classifier = NumpyDigitClassifier(image_shape=(2, 3))
    *_, seen = look_at_data(classifier, X, Y)
    check_same_shape(classifier, seen)
    check_same_shape(NumpyDigitClassifier(image_shape=[2, 3]), seen)
    check_same_shape(NumpyDigitClassifier(), seen)
    with pytest.raises(ValueError, match=r"image_shape=\(3, 2\) differs from \(2, 3\)"):
        check_same_shape(NumpyDigitClassifier(image_shape=(3, 2)), seen)
