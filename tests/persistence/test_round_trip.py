"""What is saved and loaded is the same, and predicts the same."""

import inspect
from importlib import import_module

import numpy as np
import pytest
import skops.io
from equality import assert_same
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  switches it on
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_classif
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler
from sklearn.svm import SVC, NuSVC
from sklearn.tree import DecisionTreeClassifier

from mnist_estimators import (
    AugmentedClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
    load_model,
    save_model,
)
from mnist_estimators.augmentation import (
    AffineAugmenter,
    DigitAugmenter,
    ElasticAugmenter,
    ErasingAugmenter,
)
from mnist_estimators.persistence._types import CLASS_NAMES, FUNCTION_NAMES
from mnist_estimators.preprocessing import Deskewer, DigitCanonicalizer

NETWORK = NumpyDigitClassifier(
    hidden_layer_sizes=(8,), epochs=2, batch_size=32, random_state=0
)
FOREST = RandomForestClassifier(5, random_state=0)
GRID = {"learning_rate": [0.01, 0.05], "hidden_layer_sizes": [(8,), [4, 4]]}
AROUND = {
    "pipeline": make_pipeline(StandardScaler(), PCA(20, random_state=0), NETWORK),
    "pixels chosen": make_pipeline(
        VarianceThreshold(), SelectKBest(f_classif, k=50), GaussianNB()
    ),
    "union": make_pipeline(
        make_union(PCA(5, random_state=0), MinMaxScaler()), GaussianNB()
    ),
    "quantiles": make_pipeline(
        PCA(10, random_state=0),
        QuantileTransformer(n_quantiles=20, random_state=0),
        LogisticRegression(),
    ),
    "deskewed": make_pipeline(Deskewer(), NETWORK),
    "augmented pipeline": make_pipeline(DigitAugmenter(random_state=0), NETWORK),
    "grid search": GridSearchCV(NETWORK, GRID, cv=2),
    "scored search": GridSearchCV(
        NETWORK, GRID, cv=StratifiedKFold(2), scoring="f1_macro", error_score="raise"
    ),
    "many scores": GridSearchCV(
        NETWORK, GRID, cv=2, scoring=["accuracy", "neg_log_loss"], refit="accuracy"
    ),
    "random search": RandomizedSearchCV(
        NETWORK, GRID, n_iter=2, cv=2, random_state=np.random.RandomState(0)
    ),
    "halving search": HalvingGridSearchCV(
        NETWORK, {"momentum": [0.5, 0.9]}, cv=2, random_state=0, min_resources=60
    ),
    "vote": VotingClassifier([("a", NETWORK), ("b", GaussianNB())], voting="soft"),
    "digit vote": DigitVotingClassifier(NETWORK, n_members=2, voting="soft"),
    "stack": StackingClassifier(
        [("a", NETWORK), ("b", FOREST)], LogisticRegression(max_iter=1000), cv=2
    ),
    "bag": BaggingClassifier(NETWORK, n_estimators=2, random_state=0),
    "sigmoid": CalibratedClassifierCV(NETWORK, cv=2),
    "isotonic": CalibratedClassifierCV(NETWORK, cv=2, method="isotonic"),
    "one against the rest": OneVsRestClassifier(NETWORK),
    "augmented": AugmentedClassifier(
        KNeighborsClassifier(3, algorithm="brute"),
        AffineAugmenter(),
        n_copies=1,
        tta=1,
        random_state=0,
    ),
    "support vectors": SVC(random_state=0),
    "nu": NuSVC(nu=0.1, kernel="poly", random_state=0),
    "neighbours": KNeighborsClassifier(weights="distance", algorithm="brute"),
    "tree": DecisionTreeClassifier(random_state=0),
    "forest": FOREST,
    "extra trees": ExtraTreesClassifier(5, bootstrap=True, random_state=0),
    "discriminants": make_pipeline(
        PCA(10, random_state=0),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1),
    ),
    "perceptron": MLPClassifier((8,), max_iter=300, tol=0.1, random_state=0),
}
# Arguments with which any class is made and fitted fast.
FOR_ANY = {
    "augmenter": AffineAugmenter(),
    "cv": 2,
    "epochs": 1,
    "estimator": GaussianNB(),
    "estimators": [("a", GaussianNB()), ("b", LogisticRegression())],
    "k": 2,
    "max_iter": 1000,
    "n_components": 1,
    "n_estimators": 2,
    "n_iter": 2,
    "n_quantiles": 10,
    "param_distributions": {"var_smoothing": [1e-9, 1e-8]},
    "param_grid": {"var_smoothing": [1e-9, 1e-8]},
    "random_state": 0,
    "steps": [("a", MinMaxScaler()), ("b", GaussianNB())],
    "transformer_list": [("a", MinMaxScaler()), ("b", PCA(2))],
}
# What takes other data is tested as a part of others, or above.
ELSEWHERE = {
    "CNNDigitClassifier",
    "DenseDigitClassifier",
    "DigitCanonicalizer",
    "FrozenEstimator",
    "HalvingRandomSearchCV",
    "IsotonicRegression",
    "LabelBinarizer",
    "LabelEncoder",
}
TESTED_ALONE = sorted(
    (module, name)
    for module, name in CLASS_NAMES
    if not name.startswith("_")
    and name not in ELSEWHERE
    and hasattr(getattr(import_module(module), name), "get_params")
)
# Not in the oldest scikit-learn that is supported.
NOT_EVERYWHERE = {("sklearn.calibration", "_TemperatureScaling")}
MODEL = "digits.model"


@pytest.fixture
def through_a_file(tmp_path):
    """Save and load."""

    def save_and_load(estimator):
        save_model(estimator, tmp_path / MODEL)
        return load_model(tmp_path / MODEL)

    return save_and_load


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:240], y[:240], X[240:300]


def scores(estimator, X):
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(X)
    return estimator.decision_function(X)


class TestAnyEstimator:
    @pytest.mark.parametrize("name", AROUND)
    def test_around_a_network(self, through_a_file, digits, name):
        X, y, X_new = digits
        estimator = clone(AROUND[name])
        assert_same(through_a_file(estimator), estimator)
        fitted = estimator.fit(X, y)
        loaded = through_a_file(fitted)
        assert_same(loaded, fitted)
        # Rounding depends on how scikit-learn's arrays lie in memory.
        np.testing.assert_allclose(
            scores(loaded, X_new), scores(fitted, X_new), rtol=1e-10
        )
        assert loaded.score(X, y) == fitted.score(X, y)
        assert clone(loaded).get_params().keys() == fitted.get_params().keys()

    @pytest.mark.parametrize("name", ["dense", "cnn", "numpy", "pipeline", "search"])
    def test_of_the_package(self, through_a_file, fitted_classifier, digits, name):
        fitted = fitted_classifier(name)
        loaded = through_a_file(fitted)
        assert_same(loaded, fitted)
        np.testing.assert_array_equal(
            loaded.predict_proba(digits[2]), fitted.predict_proba(digits[2])
        )

    @pytest.mark.parametrize(
        "transformer",
        [
            AffineAugmenter(rotation=3),
            DigitAugmenter(),
            ElasticAugmenter(),
            ErasingAugmenter(),
            Deskewer(),
            DigitCanonicalizer(),
        ],
        ids=lambda one: type(one).__name__,
    )
    def test_transformers(self, through_a_file, digits, transformer):
        transformer = clone(transformer).fit(digits[0])
        loaded = through_a_file(transformer)
        assert_same(loaded, transformer)
        pictures = digits[2].reshape(-1, 28, 28)
        np.testing.assert_array_equal(
            loaded.transform(pictures), transformer.transform(pictures)
        )

    def test_also_after_its_model_was_looked_at(self, through_a_file, small_digits):
        X, y = small_digits
        network = DenseDigitClassifier(hidden_layer_sizes=(40, 12), epochs=1)
        network.fit(X[:100], y[:100]).model_.summary(print_fn=str)
        again = through_a_file(network)
        np.testing.assert_array_equal(again.predict_proba(X), network.predict_proba(X))

    def test_transfer_learning(self, through_a_file, fitted_classifier):
        source = fitted_classifier("dense")
        classifier = clone(source).set_params(
            init_from=FrozenEstimator(source), freeze="features", warm_start=True
        )
        assert_same(through_a_file(classifier), classifier)

    def test_a_classifier_goes_on_learning(self, tmp_path, digits):
        X, y, X_new = digits
        for classifier in (
            NETWORK,
            DenseDigitClassifier(hidden_layer_sizes=(40, 12), random_state=0),
        ):
            first = clone(classifier).set_params(warm_start=True, epochs=1).fit(X, y)
            first.save(tmp_path / MODEL)
            again = load_model(tmp_path / MODEL)
            np.testing.assert_array_equal(
                again.fit(X, y).predict_proba(X_new),
                first.fit(X, y).predict_proba(X_new),
            )

    def test_optimizers_and_schedules_of_keras(self, through_a_file):
        import keras

        schedule = keras.optimizers.schedules.CosineDecay(0.01, 100)
        steps = keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.1, 0.01])
        optimizers = [
            keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True),
            keras.optimizers.AdamW(0.002, weight_decay=0.01, clipnorm=1.0),
            keras.optimizers.RMSprop(steps, name="mine"),
        ]
        search = GridSearchCV(
            DenseDigitClassifier(optimizer=optimizers[0]), {"optimizer": optimizers}
        )
        assert_same(through_a_file(search), search)

    def test_what_was_shared_is_shared_again(self, through_a_file, digits):
        vote = clone(AROUND["vote"]).fit(digits[0], digits[1])
        loaded = through_a_file(vote)
        assert loaded.named_estimators_["a"] is loaded.estimators_[0]
        assert loaded.estimators[0][1] is not loaded.estimators_[0]

    @pytest.mark.parametrize(("module", "name"), TESTED_ALONE)
    def test_every_class_that_is_allowed(self, through_a_file, module, name):
        cls = getattr(import_module(module), name)
        wanted = inspect.signature(cls).parameters
        arguments = {key: FOR_ANY[key] for key in FOR_ANY if key in wanted}
        if name == "KNeighborsClassifier":
            arguments["algorithm"] = "brute"
        X, y = make_blobs(60, 6, centers=2, random_state=0)
        X = np.abs(X)
        estimator = cls(**arguments)
        assert_same(through_a_file(estimator), estimator)
        fitted = estimator.fit(X, y)
        loaded = through_a_file(fitted)
        assert_same(loaded, fitted)
        for method in ("predict", "transform"):
            if hasattr(fitted, method):
                # Rounding depends on how scikit-learn's arrays lie in memory.
                np.testing.assert_allclose(
                    getattr(loaded, method)(X),
                    getattr(fitted, method)(X),
                    rtol=1e-10,
                    atol=1e-12,
                )

    def test_every_name_that_is_allowed_exists(self):
        missing = {
            (module, name)
            for module, name in CLASS_NAMES | FUNCTION_NAMES
            if not callable(getattr(import_module(module), name, None))
        }
        assert missing <= NOT_EVERYWHERE

    def test_the_estimator_is_not_changed_and_equal_files_are_equal(
        self, tmp_path, fitted_classifier
    ):
        fitted = fitted_classifier("search")
        save_model(fitted, tmp_path / "a")
        save_model(fitted, tmp_path / "b")
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
        assert_same(load_model(tmp_path / "a"), fitted)


def test_the_file_is_one_of_skops(tmp_path, fitted_classifier, small_digits):
    X = small_digits[0][:50]
    fitted = fitted_classifier("search")
    save_model(fitted, tmp_path / MODEL)
    types = skops.io.get_untrusted_types(file=tmp_path / MODEL)
    loaded = skops.io.load(tmp_path / MODEL, trusted=types)
    assert "mnist_estimators.NumpyDigitClassifier" in types
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))
