"""What estimators take and give: stacks or rows, frozen ones, column names."""

import numpy as np
import pytest
from sklearn.feature_selection import VarianceThreshold
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from mnist_estimators import NumpyDigitClassifier
from mnist_estimators._inputs.estimators import (
    as_taken,
    copy_feature_names,
    scores_pairs_of_classes,
    thawed,
)
from mnist_estimators.augmentation import DigitAugmenter

STACK = np.arange(24).reshape(2, 3, 4)
NETWORK, KNN = NumpyDigitClassifier(), KNeighborsClassifier()


@pytest.mark.parametrize(
    ("estimator", "takes_stacks"),
    [
        (NETWORK, True),
        (KNN, False),
        (make_pipeline(DigitAugmenter(), NETWORK), True),
        (make_pipeline(DigitAugmenter(), KNN), False),
        (make_pipeline(VarianceThreshold(), NETWORK), False),
        (make_pipeline("passthrough", NETWORK), True),
        (GridSearchCV(NETWORK, {}), True),
        (GridSearchCV(KNN, {}), False),
        (FrozenEstimator(NETWORK), True),
    ],
)
def test_stacks_are_flattened_for_those_that_take_rows(estimator, takes_stacks):
    expected = (2, 3, 4) if takes_stacks else (2, 12)
    assert as_taken(estimator, STACK).shape == expected
    rows = STACK.reshape(2, 12)
    assert as_taken(estimator, rows) is rows


def test_masked_images_are_refused_for_every_estimator():
    with pytest.raises(ValueError, match="X has 1 masked values"):
        as_taken(KNN, np.ma.masked_equal(STACK, 5))


def test_frozen_estimators_are_thawed_however_often_they_were_frozen():
    assert thawed(KNN) is KNN
    assert thawed(FrozenEstimator(FrozenEstimator(KNN))) is KNN


def test_scores_of_pairs():
    assert scores_pairs_of_classes(SVC(decision_function_shape="ovo"))
    assert scores_pairs_of_classes(make_pipeline(SVC(decision_function_shape="ovo")))
    assert not scores_pairs_of_classes(SVC())
    assert not scores_pairs_of_classes(KNN)


def test_feature_names_are_those_of_the_first_part_that_has_some():
    nameless, named, whole = KNeighborsClassifier(), KNeighborsClassifier(), SVC()
    named.feature_names_in_ = np.array(["a", "b"])
    copy_feature_names(whole, [nameless, named])
    assert whole.feature_names_in_.tolist() == ["a", "b"]
    copy_feature_names(whole, [nameless])
    assert not hasattr(whole, "feature_names_in_")
