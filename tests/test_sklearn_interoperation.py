"""The classifiers inside scikit-learn's tools, as any other estimator."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  switches it on
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    StratifiedKFold,
    check_cv,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from mnist_estimators import CNNDigitClassifier, DenseDigitClassifier

DENSE = DenseDigitClassifier(
    hidden_layer_sizes=(16,), epochs=5, batch_size=16, random_state=0
)
CNN = CNNDigitClassifier(
    filters=(4,), dense_layer_sizes=(), epochs=5, batch_size=16, random_state=0
)


@pytest.fixture(params=[DENSE, CNN], ids=["dense", "cnn"])
def classifier(request):
    return clone(request.param)


@pytest.fixture(
    params=[(784,), (28, 28), (28, 28, 1)], ids=["2-D", "3-D", "4-D"], scope="module"
)
def images(request, small_digits):
    X, y = small_digits
    return X[:240].reshape(-1, *request.param), y[:240]


@pytest.fixture(scope="module")
def flat(small_digits):
    X, y = small_digits
    return X[:240], y[:240]


def test_an_integer_cv_is_stratified(classifier, flat):
    assert is_classifier(classifier)
    cv = check_cv(3, flat[1], classifier=is_classifier(classifier))
    assert isinstance(cv, StratifiedKFold)


class TestWithAnyShapeOfImages:
    def test_cross_validate(self, classifier, images):
        scores = cross_validate(classifier, *images, cv=2, scoring="neg_log_loss")
        assert (scores["test_score"] > -2).all()

    def test_cross_val_predict(self, classifier, images):
        shape = cross_val_predict(
            classifier, *images, cv=2, method="predict_proba"
        ).shape
        assert shape == (240, 10)

    def test_grid_search(self, classifier, images):
        grid = {"learning_rate": [1e-5, 0.005], "l2": [0.0, 1e-4]}
        search = GridSearchCV(classifier, grid, cv=2).fit(*images)
        assert search.best_params_["learning_rate"] == 0.005
        assert search.predict(images[0]).shape == (240,)

    def test_halving_search_over_epochs(self, classifier, images):
        search = HalvingGridSearchCV(
            classifier,
            {"learning_rate": [1e-5, 0.001, 0.005]},
            resource="epochs",
            min_resources=2,
            max_resources=6,
            cv=2,
            random_state=0,
        ).fit(*images)
        assert search.best_params_["learning_rate"] != 1e-5
        assert search.best_estimator_.n_iter_ == 6

    def test_learning_curve(self, classifier, images):
        sizes, _, scores = learning_curve(
            classifier, *images, cv=2, train_sizes=[0.3, 1.0]
        )
        assert sizes.tolist() == [36, 120]
        assert scores[1].mean() > scores[0].mean()

    def test_voting(self, classifier, images):
        vote = VotingClassifier([("a", classifier), ("b", clone(CNN))], voting="soft")
        assert vote.fit(*images).score(*images) > 0.6


class TestWithRowsOfPixels:
    def test_calibration(self, classifier, flat):
        calibrated = CalibratedClassifierCV(classifier, cv=2).fit(*flat)
        np.testing.assert_allclose(calibrated.predict_proba(flat[0]).sum(axis=1), 1)

    def test_stacking(self, classifier, flat):
        stack = StackingClassifier(
            [("ours", classifier)], LogisticRegression(max_iter=1000), cv=2
        )
        assert stack.fit(*flat).score(*flat) > 0.6

    def test_bagging(self, classifier, flat):
        bag = BaggingClassifier(classifier, n_estimators=2, random_state=0).fit(*flat)
        assert bag.score(*flat) > 0.6

    def test_permutation_importance(self, classifier, flat):
        X, y = flat[0].reshape(-1, 28, 28)[:, 4:24:4, 4:24:4].reshape(240, -1), flat[1]
        result = permutation_importance(
            classifier.fit(X, y), X, y, n_repeats=1, random_state=0
        )
        assert result.importances_mean.max() > 0

    @pytest.mark.parametrize("step", [StandardScaler(), PCA(25, random_state=0)])
    def test_pipeline(self, classifier, flat, step):
        classifier.set_params(epochs=25)
        pipeline = make_pipeline(clone(step), classifier).fit(*flat)
        assert pipeline.score(*flat) > 0.6
        assert pipeline[:-1].transform(flat[0]).min() < 0

    def test_metadata_routing(self, classifier, flat):
        X, y = flat
        weights = np.where(y == 0, 0.0, 1.0)
        classifier.set_params(epochs=25)
        with sklearn.config_context(enable_metadata_routing=True):
            routed = classifier.set_fit_request(sample_weight=True).set_score_request(
                sample_weight=True
            )
            pipeline = make_pipeline(MinMaxScaler(), routed)
            scores = cross_validate(
                pipeline, X, y, cv=2, params={"sample_weight": weights}
            )["test_score"]
            search = GridSearchCV(pipeline, {"minmaxscaler__clip": [True, False]}, cv=2)
            search.fit(X, y, sample_weight=weights)
        # The digit 0 weighs nothing, so nothing was learned about it.
        assert (scores > 0.5).all()
        assert search.predict_proba(X)[:, 0].mean() < 0.05
