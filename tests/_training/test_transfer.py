"""Transfer learning: weights from another classifier, and features that stay."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from states import in_state

from mnist_estimators import CNNDigitClassifier, DenseDigitClassifier
from mnist_estimators.augmentation import DigitAugmenter

DENSE = DenseDigitClassifier(
    hidden_layer_sizes=(24, 16), epochs=15, batch_size=32, random_state=0
)
CNN = CNNDigitClassifier(
    filters=(6, 8),
    dense_layer_sizes=(16,),
    batch_normalization=True,
    dropout=0.2,
    epochs=8,
    batch_size=32,
    random_state=0,
)


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:1200], y[:1200], X[1200:], y[1200:]


@pytest.fixture(scope="module")
def sources(digits):
    """Classifiers that know the digits from 0 to 4."""
    X, y, _, _ = digits
    return {type(one): clone(one).fit(X[y < 5], y[y < 5]) for one in (DENSE, CNN)}


@pytest.fixture(params=[DENSE, CNN], ids=["dense", "cnn"])
def classifier(request):
    return clone(request.param)


@pytest.fixture
def source(classifier, sources):
    return sources[type(classifier)]


def n_frozen(classifier):
    return 4 if isinstance(classifier, DenseDigitClassifier) else 10


class TestInitFrom:
    def test_new_classes_are_learned_from_few_labels(self, classifier, source, digits):
        """Odd and even ones, of the digits that the source knows."""
        X, y, X_new, y_new = digits
        few, new = np.flatnonzero(y < 5)[:40], y_new < 5
        classifier.set_params(epochs=30)  # two steps each, for a new output layer
        scores = {}
        for init_from in (None, source):
            classifier.set_params(init_from=init_from).fit(X[few], y[few] % 2)
            scores[init_from] = classifier.score(X_new[new], y_new[new] % 2)
        assert scores[source] > scores[None]

    def test_known_classes_need_hardly_any_labels(self, classifier, source, digits):
        X, y, X_new, y_new = digits
        few, new = np.flatnonzero(y < 5)[:20], y_new < 5
        scores = {}
        for init_from in (None, source):
            classifier.set_params(init_from=init_from).fit(X[few], y[few])
            scores[init_from] = classifier.score(X_new[new], y_new[new])
        assert scores[source] > 0.9 > scores[None]

    def test_the_same_classes_take_the_output_layer_as_well(
        self, classifier, source, digits
    ):
        X, y, _, _ = digits
        few = np.flatnonzero(y < 5)[:32]
        classifier.set_params(init_from=source, learning_rate=1e-12, epochs=1)
        classifier.fit(X[few], y[few])
        # All but the statistics of batch normalisation is where it was.
        for weights, begun in zip(classifier.weights_, source.weights_, strict=True):
            if weights.ndim > 1:
                np.testing.assert_allclose(weights, begun, atol=1e-6)

    def test_other_classes_begin_with_a_new_output_layer(
        self, classifier, source, digits
    ):
        X, y, _, _ = digits
        classifier.set_params(init_from=source, learning_rate=1e-12, epochs=1)
        classifier.fit(X, y)
        assert classifier.weights_[-2].shape == (16, 10)
        np.testing.assert_allclose(
            classifier.weights_[-4 if n_frozen(classifier) == 4 else 12],
            source.weights_[-4 if n_frozen(classifier) == 4 else 12],
            atol=1e-6,
        )

    def test_leaves_the_source_alone(self, classifier, source, digits):
        X, y, X_new, _ = digits
        expected = source.predict_proba(X_new)
        classifier.set_params(init_from=source).fit(X, y)
        np.testing.assert_array_equal(source.predict_proba(X_new), expected)

    def test_other_rates_and_augmenters_do_not_matter(self, classifier, source, digits):
        X, y, _, _ = digits
        classifier.set_params(
            init_from=source, dropout=0.0, l2=1e-4, augmenter=DigitAugmenter(), epochs=1
        )
        assert classifier.fit(X, y).n_iter_ == 1

    def test_clones_and_copies_keep_it(self, classifier, source, digits):
        X, y, X_new, _ = digits
        classifier.set_params(init_from=source, epochs=1)
        assert clone(classifier).init_from is source
        known = y < 5
        assert cross_val_score(classifier, X[known], y[known], cv=2).mean() > 0.9
        expected = clone(classifier).fit(X, y).predict_proba(X_new)
        for copied in (
            copy.deepcopy(classifier),
            pickle.loads(pickle.dumps(classifier)),
        ):
            np.testing.assert_array_equal(
                copied.fit(X, y).predict_proba(X_new), expected
            )

    def test_in_the_grid_of_a_search(self, classifier, source, digits):
        X, y, _, _ = digits
        known = y < 5
        grid = {"init_from": [None, FrozenEstimator(source)]}
        search = GridSearchCV(classifier.set_params(epochs=1), grid, cv=2)
        search.fit(X[known], y[known])
        assert search.best_params_["init_from"] is not None

    def test_partial_fit_begins_with_it(self, classifier, source, digits):
        X, y, _, _ = digits
        few = np.flatnonzero(y < 5)[:100]
        classifier.set_params(init_from=source)
        classifier.partial_fit(X[few], y[few], classes=range(5))
        assert classifier.score(X[few], y[few]) > 0.8

    def test_its_parameters_are_fixed(self, classifier, source):
        classifier.set_params(init_from=source)
        assert "init_from__epochs" not in classifier.get_params()
        with pytest.raises(
            ValueError, match="'init_from__epochs': init_from is fitted"
        ):
            classifier.set_params(init_from__epochs=99)

    def test_layer_sizes_may_be_arrays(self, digits):
        X, y, _, _ = digits
        source = DenseDigitClassifier(
            hidden_layer_sizes=np.array([9, 3]), epochs=1, random_state=0
        ).fit(X, y)
        clone(source).set_params(init_from=source, hidden_layer_sizes=[9, 3]).fit(X, y)
        other = clone(source).set_params(init_from=source, hidden_layer_sizes=(9, 4))
        with pytest.raises(ValueError, match=r"hidden_layer_sizes=array\(\[9, 3\]\)"):
            other.fit(X, y)

    def test_a_failing_fit_keeps_the_earlier_one(self, classifier, source, digits):
        X, y, _, _ = digits
        expected = classifier.set_params(epochs=1).fit(X, y).predict_proba(X)
        classifier.set_params(activation="tanh", init_from=source)
        with pytest.raises(ValueError, match="another network"):
            classifier.fit(X, y % 2)
        np.testing.assert_array_equal(classifier.predict_proba(X), expected)

    def test_mistakes(self, classifier, source, digits):
        X, y, _, _ = digits
        other = {DenseDigitClassifier: CNN, CNNDigitClassifier: DENSE}[type(classifier)]
        for init_from, error, message in [
            (other, ValueError, f"must be a fitted {type(classifier).__name__}"),
            (clone(classifier), NotFittedError, "is not fitted. Fit it first"),
            ("model.skops", ValueError, "'init_from' parameter"),
            (make_pipeline(source), ValueError, r"Got Pipeline.* pipeline\[-1\]"),
        ]:
            with pytest.raises(error, match=message):
                clone(classifier).set_params(init_from=init_from).fit(X, y)
        classifier.set_params(init_from=classifier)
        with pytest.raises(ValueError, match="Use warm_start=True"):
            classifier.fit(X, y)
        classifier.set_params(init_from=source)
        with pytest.raises(ValueError, match=r"on images of \(28, 28\) pixels"):
            classifier.fit(X.reshape(-1, 28, 28)[:, ::2, ::2], y)
        with pytest.raises(
            ValueError, match=r"another network\. Give .* activation='relu'"
        ):
            classifier.set_params(activation="tanh").fit(X, y)


class TestFreeze:
    @pytest.mark.parametrize("settings", [{}, {"optimizer": "adamw"}, {"l2": 0.01}])
    def test_leaves_the_features_bit_equal(self, classifier, source, digits, settings):
        X, y, _, _ = digits
        classifier.set_params(init_from=source, freeze="features", **settings)
        classifier.fit(X, y)
        frozen = n_frozen(classifier)
        for number, begun in enumerate(source.weights_[:-2]):
            same = np.array_equal(classifier.weights_[number], begun)
            assert same == (number < frozen)
        assert classifier.loss_curve_[-1] < classifier.loss_curve_[0]

    def test_all_weights_of_the_model_can_be_trained_again(
        self, classifier, source, digits
    ):
        X, y, _, _ = digits
        classifier.set_params(init_from=source, freeze="features", warm_start=True)
        classifier.fit(X, y)
        n_weights = len(source.model_.trainable_weights)
        assert len(classifier.model_.trainable_weights) == n_weights
        frozen = classifier.weights_[0]
        classifier.set_params(freeze=None).fit(X, y)
        assert not np.array_equal(classifier.weights_[0], frozen)

    def test_goes_on_with_its_moments(self, classifier, source, digits):
        X, y, X_new, _ = digits
        classifier.set_params(init_from=source, freeze="features")
        forgetful = clone(classifier)
        for _ in range(2):
            classifier.partial_fit(X, y, classes=range(10))
            forgetful.partial_fit(X, y, classes=range(10))
            forgetful = in_state(forgetful, optimizer=())
        np.testing.assert_array_equal(classifier.weights_[0], source.weights_[0])
        once = forgetful.predict_proba(X_new)
        assert not np.array_equal(classifier.predict_proba(X_new), once)
        with_moments = pickle.loads(pickle.dumps(classifier))
        np.testing.assert_array_equal(
            with_moments.partial_fit(X, y).predict_proba(X_new),
            classifier.partial_fit(X, y).predict_proba(X_new),
        )

    def test_needs_features(self, classifier, digits):
        X, y, _, _ = digits
        with pytest.raises(ValueError, match=r"freeze='features' keeps .* init_from="):
            classifier.set_params(freeze="features").fit(X, y)
