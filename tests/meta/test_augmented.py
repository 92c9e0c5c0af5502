"""AugmentedClassifier: more images to learn from, and none where they don't belong."""

import numpy as np
import pandas as pd
import pytest
from interrupts import ctrl_c_at, ctrl_c_at_step
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators.augmentation import AffineAugmenter, DigitAugmenter


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:300], y[:300], X[300:600], y[300:600]


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what it is given, and always answers the first class."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.seen_ = X, y, sample_weight
        return self

    def predict(self, X):
        self.predicted_ = X
        return np.repeat(self.classes_[:1], len(X))


EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "an image that comes twice has other variants than one of weight 2"
    ),
}


@parametrize_with_checks(
    [AugmentedClassifier(LogisticRegression(), DigitAugmenter(), random_state=0)],
    expected_failed_checks=lambda classifier: EXPECTED_FAILURES,
    xfail_strict=True,
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


class TestCopies:
    def test_come_after_the_images_with_their_labels(self, digits):
        X, y, _, _ = digits
        classifier = AugmentedClassifier(
            Recorder(), DigitAugmenter(), n_copies=2, random_state=0
        )
        seen, labels, weights = classifier.fit(X, y).estimator_.seen_
        np.testing.assert_array_equal(seen[:300], X)
        np.testing.assert_array_equal(labels, np.tile(y, 3))
        assert weights is None
        assert (seen[300:600] != seen[600:]).any(axis=1).mean() > 0.9
        knn = KNeighborsClassifier(1).fit(X, y)
        assert knn.score(seen[300:], labels[300:]) > 0.8

    def test_have_the_weights_of_their_images(self, digits):
        X, y, _, _ = digits
        weights = np.arange(300.0)
        classifier = AugmentedClassifier(Recorder(), DigitAugmenter(), n_copies=1)
        classifier.fit(X, y, sample_weight=weights)
        np.testing.assert_array_equal(
            classifier.estimator_.seen_[2], np.tile(weights, 2)
        )

    def test_never_leave_the_training_fold(self):
        """Each image carries its number in a block that no shift can carry away."""
        n_images = 60
        X = np.zeros((n_images, 20, 20), np.uint8)
        X[:, 8:12, 8:12] = np.arange(1, n_images + 1)[:, np.newaxis, np.newaxis]
        y = np.arange(n_images) % 2
        folds = []

        class Marked(Recorder):
            def predict(self, X):
                trained, predicted = (
                    set(images.max(axis=1).tolist()) for images in (self.seen_[0], X)
                )
                folds.append((trained, predicted))
                return super().predict(X)

        mover = AffineAugmenter(rotation=0, translation=0.3, zoom=0)
        classifier = AugmentedClassifier(Marked(), mover, n_copies=3, random_state=0)
        cross_val_score(classifier, X, y, cv=4)
        assert len(folds) == 4
        for trained, predicted in folds:
            assert not trained & predicted
            assert trained | predicted == set(range(1, n_images + 1))

    def test_help(self, digits):
        X, y, X_test, y_test = digits
        svc = make_pipeline(MinMaxScaler(clip=True), SVC(C=5, random_state=0))
        plain = clone(svc).fit(X, y).score(X_test, y_test)
        augmented = AugmentedClassifier(svc, DigitAugmenter(), random_state=0)
        assert augmented.fit(X, y).score(X_test, y_test) > plain

    def test_are_the_same_under_one_seed(self, digits):
        X, y, _, _ = digits
        classifier = AugmentedClassifier(Recorder(), DigitAugmenter(), random_state=0)
        first, again = (clone(classifier).fit(X, y).estimator_.seen_ for _ in range(2))
        np.testing.assert_array_equal(first[0], again[0])

    def test_keep_stacked_images_stacked(self, digits):
        X, y, X_test, _ = digits
        cnn = CNNDigitClassifier(filters=(4,), dense_layer_sizes=(), epochs=1)
        classifier = AugmentedClassifier(cnn, DigitAugmenter(), n_copies=1)
        images = X.reshape(-1, 28, 28)
        classifier.fit(images, y)
        assert classifier.predict(X_test.reshape(-1, 28, 28)).shape == (300,)
        assert classifier.estimator_.image_shape_ == (28, 28)

    @pytest.mark.parametrize("shape", [(-1, 28, 28), (-1, 28, 28, 1)])
    def test_are_rows_for_an_estimator_of_rows(self, digits, shape):
        X, y, X_test, _ = digits
        images, new = X.reshape(shape), X_test.reshape(shape)
        knn, svc = KNeighborsClassifier(3), SVC(random_state=0)
        for estimator in (knn, make_pipeline(MinMaxScaler(clip=True), svc)):
            for tta in (0, 1):
                classifier = AugmentedClassifier(
                    estimator, DigitAugmenter(), n_copies=1, tta=tta, random_state=0
                )
                rows = clone(classifier).fit(X, y)
                stacked = clone(classifier).fit(images, y)
                np.testing.assert_array_equal(
                    stacked.predict(new), rows.predict(X_test)
                )
        assert cross_val_score(classifier, images, y, cv=2).mean() > 0.8

    def test_none_is_the_estimator_alone(self, digits):
        X, y, X_test, _ = digits
        knn = KNeighborsClassifier(3)
        classifier = AugmentedClassifier(knn, DigitAugmenter(), n_copies=0)
        np.testing.assert_array_equal(
            classifier.fit(X, y).predict_proba(X_test),
            clone(knn).fit(X, y).predict_proba(X_test),
        )


class TestInterrupt:
    def test_keeps_what_the_estimator_learned(self, digits):
        X, y, X_new, _ = digits
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(8,), epochs=4, batch_size=2 * len(y), random_state=0
        )
        classifier = AugmentedClassifier(network, DigitAugmenter(), n_copies=1)
        with (
            ctrl_c_at_step(3),
            pytest.warns(UserWarning, match="interrupted by user, after 2 of 4 epochs"),
        ):
            classifier.fit(X, y)
        assert classifier.estimator_.n_iter_ == 2
        assert classifier.predict(X_new).shape == (len(X_new),)

    def test_while_variants_are_made_leaves_the_last_fit(self, digits):
        X, y, X_new, _ = digits
        classifier = AugmentedClassifier(
            KNeighborsClassifier(), DigitAugmenter(), n_copies=2, random_state=0
        ).fit(X, y)
        before = classifier.predict(X_new)
        with (
            ctrl_c_at(2, DigitAugmenter, "_apply"),
            pytest.raises(KeyboardInterrupt),
        ):
            classifier.fit(X_new, y)
        np.testing.assert_array_equal(classifier.predict(X_new), before)


class TestTestTimeAugmentation:
    @pytest.mark.parametrize(
        ("estimator", "name"),
        [
            (KNeighborsClassifier(3), "predict_proba"),
            (SVC(random_state=0), "decision_function"),
            (RidgeClassifier(), "decision_function"),
        ],
        ids=str,
    )
    def test_averages_over_variants(self, digits, estimator, name):
        X, y, X_test, _ = digits
        classifier = AugmentedClassifier(
            estimator, DigitAugmenter(), n_copies=1, tta=2, random_state=0
        ).fit(X, y)
        scores = getattr(classifier, name)(X_test)
        alone = getattr(classifier.estimator_, name)(X_test)
        assert scores.shape == alone.shape
        assert not np.array_equal(scores, alone)
        np.testing.assert_array_equal(
            classifier.predict(X_test), classifier.classes_[scores.argmax(axis=1)]
        )
        one_by_one = [getattr(classifier, name)(X_test[i : i + 1])[0] for i in range(9)]
        np.testing.assert_allclose(one_by_one, scores[:9], rtol=1e-6)

    def test_of_two_classes(self, digits):
        X, y, X_test, _ = digits
        ridge = RidgeClassifier()
        classifier = AugmentedClassifier(ridge, DigitAugmenter(), tta=1, random_state=0)
        classifier.fit(X, np.where(y < 5, "low", "high"))
        scores = classifier.decision_function(X_test)
        assert scores.shape == (300,)
        np.testing.assert_array_equal(
            classifier.predict(X_test), np.where(scores > 0, "low", "high")
        )

    @pytest.mark.parametrize("n_classes", [3, 10])
    def test_refuses_scores_of_pairs_of_classes(self, digits, n_classes):
        X, y, _, _ = digits
        few = y < n_classes
        svc = SVC(decision_function_shape="ovo", random_state=0)
        classifier = AugmentedClassifier(svc, DigitAugmenter(), n_copies=0, tta=1)
        with pytest.raises(ValueError, match="Use decision_function_shape='ovr'"):
            classifier.fit(X[few], y[few])

    def test_belongs_to_the_present_estimator(self, digits):
        X, y, X_test, _ = digits
        classifier = AugmentedClassifier(Recorder(), DigitAugmenter(), n_copies=0)
        classifier.fit(X, y).set_params(estimator=KNeighborsClassifier(1), tta=1)
        assert classifier.fit(X, y).predict(X_test).shape == (300,)

    def test_needs_something_to_average(self, digits):
        X, y, _, _ = digits
        classifier = AugmentedClassifier(Recorder(), DigitAugmenter(), tta=1)
        message = "tta=1 averages .*, but Recorder has neither. Use tta=0"
        with pytest.raises(ValueError, match=message):
            classifier.fit(X, y)


class TestScikitLearn:
    def test_has_the_methods_of_the_estimator(self):
        def has(estimator):
            classifier = AugmentedClassifier(estimator, DigitAugmenter())
            names = ("predict_proba", "decision_function")
            return [name for name in names if hasattr(classifier, name)]

        assert has(KNeighborsClassifier()) == ["predict_proba"]
        assert has(RidgeClassifier()) == ["decision_function"]
        assert has(LogisticRegression()) == ["predict_proba", "decision_function"]

    def test_searches_reach_inside(self, digits):
        X, y, _, _ = digits
        classifier = AugmentedClassifier(
            KNeighborsClassifier(), DigitAugmenter(), n_copies=1, random_state=0
        )
        grid = {"estimator__n_neighbors": [1, 3], "augmenter__rotation": [0, 10]}
        search = GridSearchCV(classifier, grid, cv=2).fit(X, y)
        assert len(search.cv_results_["params"]) == 4
        assert search.best_score_ > 0.7

    def test_data_frames(self, digits):
        X, y, X_test, _ = digits
        frame = pd.DataFrame(X).add_prefix("pixel")
        classifier = AugmentedClassifier(KNeighborsClassifier(), DigitAugmenter())
        classifier.fit(frame, y)
        assert list(classifier.feature_names_in_) == list(frame.columns)
        new = pd.DataFrame(X_test).add_prefix("pixel")
        assert classifier.predict(new).shape == (300,)

    def test_pandas_output_stays_outside(self, digits):
        X, y, X_test, _ = digits
        classifier = AugmentedClassifier(
            KNeighborsClassifier(1), DigitAugmenter(), random_state=0
        )
        with config_context(transform_output="pandas"):
            predicted = classifier.fit(X, y).predict(X_test)
            images = X.reshape(-1, 28, 28)
            AugmentedClassifier(Recorder(), DigitAugmenter()).fit(images, y)
        plain = clone(classifier).fit(X, y)
        np.testing.assert_array_equal(predicted, plain.predict(X_test))

    def test_names_of_columns_go_with_them(self, digits):
        X, y, _, _ = digits
        classifier = AugmentedClassifier(KNeighborsClassifier(), DigitAugmenter())
        classifier.fit(pd.DataFrame(X).add_prefix("pixel"), y).fit(X, y)
        assert not hasattr(classifier, "feature_names_in_")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"y": np.zeros(100)}, r"inconsistent numbers of samples: \[300, 100\]"),
            ({"sample_weight": np.ones(100)}, r"\(100,\), expected \(300,\)"),
        ],
        ids=["labels", "weights"],
    )
    def test_lengths_are_checked_before_anything_is_made(
        self, digits, arguments, message
    ):
        X, y, _, _ = digits
        classifier = AugmentedClassifier(Recorder(), DigitAugmenter())
        with pytest.raises(ValueError, match=message):
            classifier.fit(**{"X": X, "y": y} | arguments)
        with pytest.raises(NotFittedError):
            classifier.predict(X)

    def test_weights_need_an_estimator_that_takes_them(self, digits):
        X, y, _, _ = digits
        classifier = AugmentedClassifier(KNeighborsClassifier(), DigitAugmenter())
        message = "fit of KNeighborsClassifier takes none"
        with pytest.raises(ValueError, match=message):
            classifier.fit(X, y, sample_weight=np.ones(300))

    def test_images_are_left_alone(self, digits):
        X, y, X_test, _ = (part.copy() for part in digits)
        for part in (X, X_test):
            part.flags.writeable = False
        classifier = AugmentedClassifier(
            KNeighborsClassifier(1), DigitAugmenter(), tta=1
        )
        classifier.fit(X, y).predict(X_test)
        np.testing.assert_array_equal(X, digits[0])

    def test_not_fitted(self, digits):
        classifier = AugmentedClassifier(KNeighborsClassifier(), DigitAugmenter())
        with pytest.raises(NotFittedError):
            classifier.predict(digits[0])

    @pytest.mark.parametrize(
        ("parameters", "name"),
        [
            ({"n_copies": -1}, "n_copies"),
            ({"tta": 0.5}, "tta"),
            ({"estimator": "SVC"}, "estimator"),
            ({"augmenter": None}, "augmenter"),
        ],
        ids=str,
    )
    def test_parameters(self, digits, parameters, name):
        given = {"estimator": NearestCentroid(), "augmenter": DigitAugmenter()}
        classifier = AugmentedClassifier(**(given | parameters))
        with pytest.raises(ValueError, match=f"The '{name}' parameter of"):
            classifier.fit(*digits[:2])

    @pytest.mark.parametrize(
        "parameters", [{"estimator": NearestCentroid}, {"augmenter": DigitAugmenter}]
    )
    def test_a_class_is_no_instance(self, digits, parameters):
        given = {"estimator": NearestCentroid(), "augmenter": DigitAugmenter()}
        ((name, cls),) = parameters.items()
        message = rf"{name} must be an instance.* {name}={cls.__name__}\(\)"
        with pytest.raises(TypeError, match=message):
            AugmentedClassifier(**(given | parameters)).fit(*digits[:2])

    def test_labels_are_no_one_hot_rows(self, digits):
        classifier = AugmentedClassifier(NearestCentroid(), DigitAugmenter())
        with pytest.raises(ValueError, match=r"use y\.argmax\(axis=1\)"):
            classifier.fit(digits[0], np.eye(10)[digits[1]])
