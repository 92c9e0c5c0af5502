"""Situations that users of estimators have reported, as they write them."""

import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from interrupts import ctrl_c_at_keras_step, ctrl_c_at_step
from joblib.externals.loky import get_reusable_executor
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators._tensorflow import load_keras
from mnist_estimators.augmentation import DigitAugmenter
from mnist_estimators.preprocessing import Deskewer, DigitCanonicalizer


@pytest.fixture(scope="module")
def digits(small_digits):
    """400 digits to learn from, and their labels."""
    X, y = small_digits
    return X[:400], y[:400]


@pytest.fixture
def new_workers():
    """Workers of joblib that no other test uses.

    One that loads TensorFlow later than in its first task seems to leak memory, and
    joblib replaces it with a warning.
    """
    get_reusable_executor().shutdown(wait=True, kill_workers=True)
    yield
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


class CtrlCInEachFit(NumpyDigitClassifier):
    """The user presses Ctrl-C in each fit, at its third step."""

    def fit(self, X, y):
        with ctrl_c_at_step(3):
            return super().fit(X, y)


class TestCtrlCInASearch:
    AGAIN = "Press Ctrl-C again within two seconds to stop the whole program"

    @pytest.fixture(params=["numpy", "keras"])
    def search_and_press(self, request):
        """A search of four fits, and what presses Ctrl-C at some of their steps."""
        settings = {"hidden_layer_sizes": (8,), "epochs": 3, "batch_size": 200}
        if request.param == "numpy":
            network, press = NumpyDigitClassifier(**settings), ctrl_c_at_step
        else:
            network, press = DenseDigitClassifier(**settings), ctrl_c_at_keras_step
        candidates = {"learning_rate": [0.01, 0.02]}
        return GridSearchCV(network, candidates, cv=2, refit=False), press

    def test_once_ends_one_fit_whose_score_counts(self, search_and_press, digits):
        search, press = search_and_press
        with press(3), pytest.warns(UserWarning, match=self.AGAIN) as caught:
            search.fit(*digits)
        assert len(caught) == 1
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    def test_again_in_the_next_fit_ends_the_search(self, search_and_press, digits):
        search, press = search_and_press
        with (
            press(3, 5) as steps,
            pytest.warns(UserWarning, match=self.AGAIN),
            pytest.raises(KeyboardInterrupt),
        ):
            search.fit(*digits)
        assert len(steps) == 5
        assert not hasattr(search, "cv_results_")

    def test_again_after_more_than_two_seconds_ends_one_more_fit(
        self, search_and_press, digits
    ):
        search, press = search_and_press

        def score_slowly(network, X, y):
            time.sleep(2.1)
            return network.score(X, y)

        search.set_params(scoring=score_slowly, param_grid={"epochs": [3]})
        with press(3, 5), pytest.warns(UserWarning, match=self.AGAIN) as caught:
            search.fit(*digits)
        assert len(caught) == 2

    @pytest.mark.filterwarnings("ignore:Training interrupted")
    def test_again_in_a_worker_process(self, new_workers, digits):
        network = CtrlCInEachFit(hidden_layer_sizes=(8,), batch_size=32, epochs=2)
        candidates = {"momentum": [0.1, 0.2, 0.3]}
        search = GridSearchCV(network, candidates, cv=2, n_jobs=2, refit=False)
        with pytest.raises(KeyboardInterrupt):
            search.fit(*digits)

    def test_in_a_vote_once_ends_one_member(self, digits):
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(8,), batch_size=400, epochs=4
        )
        vote = DigitVotingClassifier(network, n_members=3)
        with ctrl_c_at_step(3), pytest.warns(UserWarning, match=self.AGAIN):
            vote.fit(*digits)
        assert [member.n_iter_ for member in vote.estimators_] == [2, 4, 4]

    def test_in_a_vote_twice_ends_all(self, digits):
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(8,), batch_size=400, epochs=4
        )
        vote = DigitVotingClassifier(network, n_members=3)
        with (
            ctrl_c_at_step(3, 5),
            pytest.warns(UserWarning, match="after 2 of 4"),
            pytest.raises(KeyboardInterrupt),
        ):
            vote.fit(*digits)

    def test_twice_while_augmented_classifiers_are_fitted(self, digits):
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(8,), batch_size=400, epochs=4
        )
        augmented = AugmentedClassifier(network, DigitAugmenter(), n_copies=1)
        search = GridSearchCV(augmented, {"n_copies": [1, 1]}, cv=2)
        with (
            ctrl_c_at_step(2, 6),
            pytest.warns(UserWarning, match="after 1 of 4"),
            pytest.raises(KeyboardInterrupt),
        ):
            search.fit(*digits)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no process is forked here")
class TestAForkedProcess:
    START = """
        from multiprocessing import get_context
        from joblib import parallel_config
        from mnist_estimators import *
        from mnist_estimators.export import to_onnx
        from sklearn.model_selection import cross_val_score

        X, y = load_small_digits()
        X, y = X[:200], y[:200]
        dense = DenseDigitClassifier(hidden_layer_sizes=8, epochs=1, random_state=0)

        def in_child(task, *arguments):
            with get_context("fork").Pool(1) as pool:
                try:
                    print(pool.apply(task, arguments))
                except RuntimeError as error:
                    print(error)
    """

    def run(self, code, folder):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(self.START) + textwrap.dedent(code)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            timeout=300,  # without the error, it would wait for ever
            check=True,
        )
        return done.stdout.splitlines()

    def test_after_a_fit_gets_an_error_if_it_needs_tensorflow(self, tmp_path):
        code = """
            in_child(dense.fit(X, y).predict, X)
            in_child(dense.fit, X, y)
            with parallel_config(backend="multiprocessing"):
                try:
                    cross_val_score(dense, X, y, cv=2, n_jobs=2, error_score="raise")
                except RuntimeError as error:
                    print(error)
            network = NumpyDigitClassifier(epochs=1, random_state=0).fit(X, y)
            to_onnx(network, "network.onnx")
            exported = OnnxDigitClassifier("network.onnx", n_jobs=2)
            for one in (network, exported):
                same = one.predict(X)
                with get_context("fork").Pool(1) as pool:
                    print((pool.apply(one.predict, [X]) == same).all())
            print(len(dense.predict(X)), "digits predicted here")
        """
        *errors, numpy, onnx, end = self.run(code, tmp_path)
        assert len(errors) == 3
        for error in errors:
            assert "forked" in error
            assert "spawn" in error
            assert "loky" in error
        assert (numpy, onnx, end) == ("True", "True", "200 digits predicted here")

    def test_before_the_first_fit_works(self, tmp_path):
        code = """
            in_child(dense.fit, X, y)
            print(len(dense.fit(X, y).predict(X)), "digits predicted here")
        """
        fitted, end = self.run(code, tmp_path)
        assert fitted.startswith("DenseDigitClassifier(")
        assert end == "200 digits predicted here"


def as_generator(X, y):
    yield X[:200], y[:200]
    yield X[200:], y[200:]


def as_loader(X, y):
    """Something like a DataLoader of PyTorch."""

    class Loader:
        def __len__(self):
            return 2

        def __iter__(self):
            return as_generator(X, y)

    return Loader()


def as_tensorflow_dataset(X, y):
    load_keras()
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((X, y)).batch(200)


def as_keras_dataset(X, y):
    class Batches(load_keras().utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return [*as_generator(X, y)][index]

    return Batches()


class TestDataThatComeInBatches:
    @pytest.fixture(
        params=[as_generator, as_loader, as_tensorflow_dataset, as_keras_dataset]
    )
    def new_batches(self, request, digits):
        return lambda: request.param(*digits)

    @pytest.mark.parametrize(
        "classifier",
        [
            NumpyDigitClassifier(hidden_layer_sizes=8, epochs=1),
            DenseDigitClassifier(hidden_layer_sizes=8, epochs=1),
            DigitVotingClassifier([("neighbors", KNeighborsClassifier())]),
            AugmentedClassifier(KNeighborsClassifier(), DigitAugmenter(), n_copies=1),
            make_pipeline(Deskewer(), NumpyDigitClassifier(epochs=1)),
        ],
        ids=lambda classifier: type(classifier).__name__,
    )
    def test_are_refused_with_the_way(self, new_batches, classifier, digits):
        X, y = digits
        fitted = clone(classifier).fit(X, y)
        name = type(new_batches()).__name__
        methods = [
            lambda X: fitted.fit(X, y),
            fitted.predict,
            *([fitted.predict_proba] if hasattr(fitted, "predict_proba") else []),
            *([lambda X: fitted.partial_fit(X, y)] * hasattr(fitted, "partial_fit")),
        ]
        for method in methods:
            with pytest.raises(TypeError, match=f"X is a {name} .*partial_fit for eac"):
                method(new_batches())

    def test_the_way_works(self, new_batches, digits):
        X, y = digits
        classifier = NumpyDigitClassifier(random_state=0)
        for _ in range(15):
            for X_batch, y_batch in new_batches():
                classifier.partial_fit(X_batch, y_batch, classes=range(10))
        assert classifier.score(X, y) > 0.9


class TestAStrategyOfTensorFlow:
    @pytest.fixture
    def tf(self):
        load_keras()
        import tensorflow as tf

        return tf

    @pytest.mark.parametrize(
        "classifier",
        [
            DenseDigitClassifier(hidden_layer_sizes=(9,), epochs=1, random_state=0),
            CNNDigitClassifier(filters=2, dense_layer_sizes=(), epochs=1),
        ],
        ids=lambda classifier: type(classifier).__name__,
    )
    def test_over_several_devices_is_refused(self, tf, classifier, digits):
        X, y = digits
        classifier = clone(classifier)
        with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
            for fit in (classifier.fit, classifier.partial_fit):
                arguments = {"classes": range(10)} if fit != classifier.fit else {}
                with pytest.raises(RuntimeError, match=r"MirroredStrategy.*outside of"):
                    fit(X, y, **arguments)
        predicted = classifier.fit(X, y).predict(X)
        with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
            np.testing.assert_array_equal(classifier.predict(X), predicted)

    def test_of_one_device_changes_nothing(self, tf, digits):
        X, y = digits
        network = DenseDigitClassifier(
            hidden_layer_sizes=(9,), epochs=1, random_state=0
        )
        expected = clone(network).fit(X, y).predict_proba(X)
        with tf.distribute.OneDeviceStrategy("CPU:0").scope():
            np.testing.assert_array_equal(network.fit(X, y).predict_proba(X), expected)


class TestCallbacksOfScikitLearn:
    @pytest.fixture
    def callback(self):
        reason = "scikit-learn 1.9 brings callbacks"
        return pytest.importorskip("sklearn.callback", reason=reason)

    @pytest.mark.parametrize("n_jobs", [None, 2])
    @pytest.mark.parametrize("kind", [NumpyDigitClassifier, DenseDigitClassifier])
    def test_a_bar_for_each_fit_of_a_search(
        self, callback, kind, n_jobs, new_workers, digits, capfd
    ):
        network = kind(hidden_layer_sizes=8, epochs=2)
        search = GridSearchCV(network, {"batch_size": [64, 128]}, cv=2, n_jobs=n_jobs)
        search.set_callbacks(callback.ProgressBar()).fit(*digits)  # without a warning
        shown = capfd.readouterr().out
        assert shown.count(kind.__name__[:8]) >= 5
        assert search.predict(digits[0]).shape == (400,)

    @pytest.mark.parametrize(
        "estimator",
        [
            make_pipeline(Deskewer(), NumpyDigitClassifier(epochs=2)),
            make_pipeline(DigitCanonicalizer(), NumpyDigitClassifier(epochs=2)),
            AugmentedClassifier(NumpyDigitClassifier(epochs=2), DigitAugmenter()),
        ],
        ids=["deskewer", "canonicalizer", "augmented"],
    )
    def test_they_observe_a_network_inside(self, callback, estimator, digits, capfd):
        estimator.set_callbacks(callback.ProgressBar()).fit(*digits)
        assert "NumpyDigitClassifier - fit" in capfd.readouterr().out

    def test_a_score_for_each_epoch(self, callback, digits):
        monitor = callback.ScoringMonitor(scoring="accuracy")
        network = NumpyDigitClassifier(epochs=4, random_state=0)
        network.set_callbacks(monitor).fit(*digits)
        *scores, last = (row["accuracy"] for row in monitor.get_logs().data[1:])
        assert len(scores) == 3
        assert last > scores[0]
        assert last == network.score(*digits)
