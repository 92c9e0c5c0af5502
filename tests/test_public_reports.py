"""What users have reported of libraries like this one, as they would write it."""

import copy
import os
import pickle
import re
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from interrupts import ctrl_c_at_keras_step, ctrl_c_at_step
from joblib.externals.loky import get_reusable_executor
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    cross_val_score,
    learning_curve,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
    load_model,
    load_small_digits,
    save_model,
)
from mnist_estimators._tensorflow import load_keras
from mnist_estimators.augmentation import DigitAugmenter
from mnist_estimators.exceptions import PixelRangeWarning, WeightsNotFoundError
from mnist_estimators.preprocessing import Deskewer, DigitCanonicalizer

# Keras reads its own variables in a way that NumPy 2 is about to end.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)

X, y = load_small_digits()
X_TRAIN, y_TRAIN = X[:400], y[:400]
X_TEST, y_TEST = X[1000:], y[1000:]

DENSE = DenseDigitClassifier(hidden_layer_sizes=(32,), batch_size=32, random_state=0)
CNN = CNNDigitClassifier(
    filters=(4,), dense_layer_sizes=(16,), batch_size=32, epochs=5, random_state=0
)
NUMPY = NumpyDigitClassifier(hidden_layer_sizes=(32,), batch_size=32, random_state=0)


def dense(**parameters):
    return clone(DENSE).set_params(**parameters)


@pytest.fixture
def digits():
    """400 digits to learn from, and 797 others."""
    return X_TRAIN, y_TRAIN, X_TEST, y_TEST


class TestWarmStart:
    """Parameters that are set between two fits act in the second one."""

    def test_a_path_over_a_penalty_trains_with_each_of_its_values(self):
        network = dense(warm_start=True, epochs=3)
        lengths = []
        for l2 in (0.0, 0.01, 0.1):
            network.set_params(l2=l2).fit(X_TRAIN, y_TRAIN)
            lengths.append(np.linalg.norm(network.weights_[0]))
        assert lengths[0] > lengths[1] > lengths[2]

    @pytest.mark.parametrize("way", ["fit", "partial_fit"])
    def test_too_much_dropout_and_penalty_spoil_the_network(self, way):
        network = dense(warm_start=True).fit(X_TRAIN, y_TRAIN)
        assert network.score(X_TEST, y_TEST) > 0.85
        network.set_params(dropout=0.9, l2=10.0)
        for _ in range(10 if way == "partial_fit" else 1):
            getattr(network, way)(X_TRAIN, y_TRAIN)
        assert network.score(X_TEST, y_TEST) < 0.5

    @pytest.mark.parametrize("way", ["fit", "partial_fit"])
    @pytest.mark.parametrize(
        ("classifier", "changed"),
        [
            (DENSE, {"hidden_layer_sizes": (16,)}),
            (DENSE, {"activation": "tanh"}),
            (DENSE, {"batch_normalization": True}),
            (CNN, {"filters": (8,)}),
            (CNN, {"kernel_size": 5}),
            (CNN, {"pool_size": 1}),
            (CNN, {"padding": "valid"}),
            (CNN, {"dense_layer_sizes": (8,)}),
            (NUMPY, {"hidden_layer_sizes": (16,)}),
            (NUMPY, {"activation": "tanh"}),
        ],
        ids=str,
    )
    def test_other_layers_can_not_continue(self, classifier, changed, way):
        network = clone(classifier).set_params(warm_start=True, epochs=1)
        network.fit(X_TRAIN, y_TRAIN).set_params(**changed)
        expected = network.predict_proba(X_TEST)
        ((name, value),) = changed.items()
        with pytest.raises(ValueError, match=name) as error:
            getattr(network, way)(X_TRAIN, y_TRAIN)
        former = getattr(classifier, name)
        assert repr(value) in str(error.value)
        assert repr(former) in str(error.value)
        np.testing.assert_array_equal(network.predict_proba(X_TEST), expected)

    def test_also_from_a_file(self, tmp_path):
        network = dense(warm_start=True, epochs=1).fit(X_TRAIN, y_TRAIN)
        save_model(network, tmp_path / "digits.model")
        loaded = load_model(tmp_path / "digits.model")
        with pytest.raises(ValueError, match=r"Set activation='relu' again"):
            loaded.set_params(activation="tanh").fit(X_TRAIN, y_TRAIN)

    def test_images_of_another_shape_can_not_continue(self):
        network = dense(warm_start=True, epochs=1).fit(X_TRAIN, y_TRAIN)
        with pytest.raises(ValueError, match=r"image_shape=\(14, 56\) differs from"):
            network.set_params(image_shape=(14, 56)).fit(X_TRAIN, y_TRAIN)

    @pytest.mark.parametrize(
        ("classifier", "settings"),
        [
            (DENSE, {"learning_rate": 0.03, "learning_rate_schedule": None}),
            (NUMPY, {"learning_rate": 0.3}),
        ],
        ids=["dense", "numpy"],
    )
    def test_early_stopping_leaves_the_best_epoch_as_a_whole(
        self, classifier, settings
    ):
        """Weights and moments are those of a fit that ends after that epoch."""
        stopped = clone(classifier).set_params(warm_start=True, epochs=60, **settings)
        whole = clone(stopped)
        stopped.set_params(early_stopping=True, patience=2).fit(X_TRAIN, y_TRAIN)
        best = int(np.argmin(stopped.history_["val_loss"])) + 1
        assert best < stopped.n_iter_ < 60
        whole.set_params(epochs=best, validation_fraction=0.1).fit(X_TRAIN, y_TRAIN)
        for name in ("weights", "optimizer" if classifier is DENSE else "velocities"):
            found, expected = (getattr(n._fitted, name) for n in (stopped, whole))
            assert len(found) > 0
            for mine, theirs in zip(found, expected, strict=True):
                np.testing.assert_array_equal(mine, theirs)


class TestCallbacks:
    def test_a_callback_that_lowers_the_rate_has_an_effect(self):
        lower = keras.callbacks.ReduceLROnPlateau(
            "val_loss", factor=0.01, patience=1, min_delta=100
        )
        plain = dense(validation_fraction=0.2)
        slowed = clone(plain).set_params(callbacks=[lower])
        losses = [
            network.fit(X_TRAIN, y_TRAIN).loss_curve_[-1] for network in (plain, slowed)
        ]
        assert losses[1] > 2 * losses[0]
        assert len(slowed.history_["learning_rate"]) == slowed.n_iter_

    def test_two_schedules_are_an_error(self):
        scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01)
        network = dense(callbacks=[scheduler], epochs=2)
        with pytest.raises(ValueError, match="Use learning_rate_schedule=None"):
            network.fit(X_TRAIN, y_TRAIN)
        network.set_params(learning_rate_schedule=None).fit(X_TRAIN, y_TRAIN)

    def test_the_accuracy_may_be_monitored(self, tmp_path):
        path = tmp_path / "best.keras"
        stop = keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=2)
        save = keras.callbacks.ModelCheckpoint(
            path, monitor="val_accuracy", save_best_only=True
        )
        network = dense(callbacks=[stop, save], validation_fraction=0.2, epochs=50)
        network.fit(X_TRAIN, y_TRAIN)
        accuracy = network.history_["val_accuracy"]
        assert network.n_iter_ == np.argmax(accuracy) + 3 < 50
        assert path.exists()

    def test_the_objects_that_were_given_are_called(self):
        history = keras.callbacks.History()
        seen = []
        own = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: seen.append(epoch)
        )
        network = dense(callbacks=[history, own], epochs=3).fit(X_TRAIN, y_TRAIN)
        assert history.history["loss"] == network.loss_curve_
        assert seen == [0, 1, 2]
        assert len(pickle.dumps(network.set_params(callbacks=[history]))) < 400_000

    def test_a_trial_can_be_pruned(self):
        """As Optuna does it: the callback reports to the trial, and raises."""

        class Pruned(Exception):
            pass

        class Trial:
            def __init__(self):
                self.reported = []
                self.lock = threading.Lock()

        class Prune(keras.callbacks.Callback):
            def __init__(self, trial):
                super().__init__()
                self.trial = trial

            def on_epoch_end(self, epoch, logs=None):
                with self.trial.lock:
                    self.trial.reported.append(logs["val_accuracy"])
                if epoch == 1:
                    raise Pruned

        trial = Trial()
        network = dense(callbacks=[Prune(trial)], validation_fraction=0.2)
        with pytest.raises(Pruned):
            network.fit(X_TRAIN, y_TRAIN)
        assert len(trial.reported) == 2
        assert network.callbacks[0].model is None
        with pytest.raises(TypeError, match=r"callbacks has .*Prune.*can't be copied"):
            clone(network)

    def test_the_fits_of_a_search_have_their_own(self):
        stop = keras.callbacks.EarlyStopping("loss", patience=1)
        network = dense(callbacks=[stop], epochs=2)
        search = GridSearchCV(network, {"dropout": [0.0, 0.1]}, cv=2)
        search.fit(X_TRAIN, y_TRAIN)
        assert stop.best is None
        (used,) = search.best_estimator_.callbacks
        assert used.best is not None


class TestMetrics:
    def test_are_in_the_history(self):
        metrics = ["AUC", keras.metrics.F1Score(average="macro", name="f1")]
        network = dense(metrics=metrics, validation_fraction=0.2, epochs=4)
        network.fit(X_TRAIN, y_TRAIN)
        names = ["loss", "accuracy", "val_loss", "val_accuracy"]
        assert [*network.history_] == [*names, "AUC", "f1", "val_AUC", "val_f1"]
        assert network.history_["val_f1"][-1] == pytest.approx(
            network.history_["val_accuracy"][-1], abs=0.1
        )
        assert not metrics[1].variables or float(metrics[1].result()) == 0
        assert [*network.history_frame_] == [*network.history_]

    def test_of_an_own_function(self):
        def confidence(targets, probabilities):
            return keras.ops.max(probabilities, axis=-1)

        network = dense(metrics=[confidence], epochs=4).fit(X_TRAIN, y_TRAIN)
        first, *_, last = network.history_["confidence"]
        assert 0.1 < first < last < 1

    def test_of_a_callback_are_in_the_history(self):
        class Score(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs):
                logs["gap"] = logs["val_loss"] - logs["loss"]

        network = dense(callbacks=[Score()], validation_fraction=0.2, epochs=3)
        history = network.fit(X_TRAIN, y_TRAIN).history_
        expected = np.subtract(history["val_loss"], history["loss"])
        np.testing.assert_allclose(history["gap"], expected)

    def test_files_and_pickles_keep_them(self, tmp_path):
        network = dense(metrics=["AUC"], epochs=2).fit(X_TRAIN, y_TRAIN)
        save_model(network, tmp_path / "digits.model")
        loaded = load_model(tmp_path / "digits.model")
        for copied in (loaded, copy.deepcopy(network)):
            assert copied.history_ == network.history_
            assert copied.metrics == ["AUC"]


class TestOptimizers:
    @pytest.mark.parametrize(
        "options",
        [{"gradient_accumulation_steps": 4}, {"loss_scale_factor": 1024.0}],
        ids=str,
    )
    def test_options_of_keras_work(self, options):
        optimizer = keras.optimizers.SGD(0.3, momentum=0.9, **options)
        network = dense(optimizer=optimizer).fit(X_TRAIN, y_TRAIN)
        plain = dense(optimizer=keras.optimizers.SGD(0.3, momentum=0.9))
        expected = plain.fit(X_TRAIN, y_TRAIN).score(X_TEST, y_TEST)
        assert network.score(X_TEST, y_TEST) > expected - 0.05


class TestReplacedLayers:
    """`layers` and `backbone` replace what other parameters describe."""

    def test_a_rate_beside_given_layers_is_not_ignored_in_silence(self):
        given = DenseDigitClassifier.from_keras(dense(epochs=1).fit(X, y).model_)
        given.set_params(dropout=0.5, epochs=1)
        with pytest.warns(UserWarning, match=r"dropout=0.5 is ignored, since layers"):
            given.fit(X_TRAIN, y_TRAIN)

    def test_nor_are_filters_beside_a_backbone(self, tmp_path):
        network = clone(CNN).set_params(
            backbone="MobileNetV3Small", weights=tmp_path / "missing.h5"
        )
        with (
            pytest.warns(UserWarning, match=r"filters=\(4,\) is ignored.*backbone"),
            pytest.raises(WeightsNotFoundError),
        ):
            network.fit(X_TRAIN, y_TRAIN)


class TestWeights:
    @pytest.mark.parametrize("options", [{"optimizer": "sgd"}, {"l2": 0.01}], ids=str)
    def test_weights_that_sum_to_1_learn_as_well_as_none(self, digits, options):
        X, y, X_new, y_new = digits
        shares = np.full(len(y), 1 / len(y))
        weighted = dense(**options).fit(X, y, sample_weight=shares)
        plain = dense(**options).fit(X, y)
        assert weighted.score(X_new, y_new) == plain.score(X_new, y_new)

    def test_class_weights_of_1000_each_change_nothing(self, digits):
        X, y, X_new, _ = digits
        heavy = dense(l2=0.01, class_weight=dict.fromkeys(range(10), 1000))
        np.testing.assert_array_equal(
            heavy.fit(X, y).predict_proba(X_new),
            dense(l2=0.01).fit(X, y).predict_proba(X_new),
        )

    @pytest.mark.parametrize(
        "weak",
        [
            DenseDigitClassifier(hidden_layer_sizes=(8,), epochs=5, batch_size=32),
            CNNDigitClassifier(
                filters=(2,), dense_layer_sizes=(8,), epochs=4, batch_size=32
            ),
            NumpyDigitClassifier(hidden_layer_sizes=(8,), epochs=5, batch_size=32),
        ],
        ids=lambda one: type(one).__name__,
    )
    def test_adaboost_of_three_is_no_worse_than_one(self, digits, weak):
        X, y, X_new, y_new = digits
        # The same seeds for the first member, which is the one.
        one, three = (
            AdaBoostClassifier(weak, n_estimators=n, random_state=0).fit(X, y)
            for n in (1, 3)
        )
        assert one.score(X_new, y_new) > 0.3
        assert three.score(X_new, y_new) >= one.score(X_new, y_new)

    def test_a_fold_without_a_digit_that_class_weight_names(self, digits):
        X, y, _, _ = digits
        rare = (y != 7) | (np.cumsum(y == 7) <= 1)
        weighted = dense(epochs=2, class_weight={7: 20.0})
        X, y = X[rare], y[rare]
        with pytest.warns(UserWarning, match="least populated class in y has only 1"):
            scores = cross_val_score(
                clone(weighted).set_params(class_weight={7: 20.0, 1: 2.0}), X, y, cv=3
            )
        assert np.isfinite(scores).all()

    def test_class_weight_as_a_series(self, digits):
        X, y, X_new, _ = digits
        weights = pd.Series([1.0, 2.0], index=[3, 8])
        with pytest.raises(ValueError, match=r"dict\(zip\(labels, weights\)\)"):
            dense(epochs=1, class_weight=weights).fit(X, y)
        as_dict = dict(zip(weights.index, weights, strict=True))
        by_dict = dense(epochs=1, class_weight=as_dict).fit(X, y)
        by_sample = dense(epochs=1).fit(X, y, np.where(y == 8, 2.0, 1.0))
        np.testing.assert_array_equal(
            by_dict.predict_proba(X_new), by_sample.predict_proba(X_new)
        )


class TestEarlyStoppingOnFewImages:
    # Of some digits there is one among so few images.
    @pytest.mark.filterwarnings("ignore:The least populated class in y has only")
    @pytest.mark.parametrize("kind", [DenseDigitClassifier, NumpyDigitClassifier])
    def test_halving_over_n_samples(self, digits, kind):
        X, y, _, _ = digits
        network = kind(
            hidden_layer_sizes=(16,), epochs=5, early_stopping=True, random_state=0
        )
        search = HalvingGridSearchCV(
            network,
            {"learning_rate": [0.01, 0.03, 0.1]},
            cv=2,
            resource="n_samples",
            min_resources="smallest",
            random_state=0,
            error_score="raise",
        ).fit(X, y)
        assert search.n_resources_[0] < 50
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    @pytest.mark.parametrize("kind", [DenseDigitClassifier, NumpyDigitClassifier])
    def test_learning_curve(self, digits, kind):
        X, y, _, _ = digits
        network = kind(
            hidden_layer_sizes=(16,), epochs=5, early_stopping=True, random_state=0
        )
        sizes, _, scores = learning_curve(
            network, X, y, train_sizes=[20, 60, 200], cv=2, error_score="raise"
        )
        assert sizes.tolist() == [20, 60, 200]
        assert np.isfinite(scores).all()

    def test_a_single_image_of_a_class(self, digits):
        X, y, _, _ = digits
        labels = y.copy()
        labels[0] = 10
        network = dense(epochs=3, early_stopping=True).fit(X, labels)
        assert network.classes_.tolist() == list(range(11))
        assert len(network.history_["val_loss"]) == network.n_iter_


class TestValidationDataBehindAPipeline:
    OPTIONS = {"epochs": 30, "early_stopping": True, "patience": 3}  # noqa: RUF012

    def test_validation_data_go_through_the_steps(self, digits):
        X, y, X_new, y_new = digits
        X_val, y_val = X_new[:200], y_new[:200]
        with config_context(enable_metadata_routing=True):
            network = dense(**self.OPTIONS).set_fit_request(X_val=True, y_val=True)
            pipeline = Pipeline(
                [("scale", StandardScaler()), ("network", network)],
                transform_input=["X_val"],
            )
            pipeline.fit(X, y, X_val=X_val, y_val=y_val)
        scaler = StandardScaler().fit(X)
        by_hand = dense(**self.OPTIONS).fit(
            scaler.transform(X), y, validation_data=(scaler.transform(X_val), y_val)
        )
        assert pipeline[-1].history_ == by_hand.history_
        unstopped = make_pipeline(StandardScaler(), dense(epochs=30)).fit(X, y)
        X_test, y_test = X_new[200:], y_new[200:]
        assert pipeline.score(X_test, y_test) > unstopped.score(X_test, y_test) - 0.02

    def test_validation_data_past_the_steps_are_warned_of(self, digits):
        X, y, X_new, y_new = digits
        pipeline = make_pipeline(StandardScaler(), dense(**self.OPTIONS))
        validation = (X_new[:200], y_new[:200])
        with pytest.warns(PixelRangeWarning, match=r"transform_input=\['X_val'\]"):
            pipeline.fit(X, y, densedigitclassifier__validation_data=validation)


class TestVotes:
    def test_class_weight_of_a_member_means_the_labels_of_y(self, digits):
        X, y, X_new, y_new = digits
        some, others = y > 0, y_new > 0
        light = dense(epochs=20, class_weight={1: 1e-6})
        vote = DigitVotingClassifier(light, n_members=2, voting="soft")
        found = vote.fit(X[some], y[some]).predict(X_new[others])
        recall = {
            digit: (found[y_new[others] == digit] == digit).mean() for digit in (1, 2)
        }
        assert recall[1] < 0.1
        assert recall[2] > 0.8

    def test_class_weight_of_a_member_with_labels_that_are_text(self, digits):
        X, y, X_new, y_new = digits
        names = np.array([f"digit {digit}" for digit in range(10)])
        light = dense(epochs=20, class_weight={"digit 1": 1e-6})
        vote = DigitVotingClassifier([("light", light)]).fit(X, names[y])
        found = vote.predict(X_new[y_new == 1])
        assert (found == "digit 1").mean() < 0.1
        assert vote.score(X_new[y_new != 1], names[y_new[y_new != 1]]) > 0.8

    def test_a_member_that_continues_from_another_network(self, digits):
        X, y, X_new, _ = digits
        labels = y + 1
        source = dense().fit(X, labels)
        tuned = dense(init_from=source, learning_rate=1e-9, epochs=1)
        vote = DigitVotingClassifier([("tuned", tuned)]).fit(X, labels)
        np.testing.assert_array_equal(vote.predict(X_new), source.predict(X_new))


class TestInPlaceOfMLPClassifier:
    def test_the_documentation_has_a_way_for_all_that_it_has(self, digits):
        X, y, _, _ = digits
        frame = pd.DataFrame(X[:, ::9] / 255).add_prefix("pixel")
        known = MLPClassifier(tol=1, n_iter_no_change=1, random_state=0).fit(frame, y)
        names = {name for name in vars(known) if name.endswith("_")}
        names = {name for name in names if not name.startswith("_")}
        assert len(names) > 10
        docs = Path(__file__).parents[1] / "docs"
        page = (docs / "coming_from" / "mlpclassifier.rst").read_text("utf-8")
        rows = page.partition("list-table::")[2].partition("When it pays")[0]
        named = set(re.findall(r"`(\w+)", rows))
        assert names | set(known.get_params()) <= named

    @pytest.mark.parametrize("kind", [DenseDigitClassifier, CNNDigitClassifier])
    def test_a_linear_network_in_keras_and_back(self, digits, kind):
        X, y, X_new, _ = digits
        linear = kind(activation="identity", epochs=1, random_state=0).fit(X, y)
        again = kind.from_keras(linear.model_)
        np.testing.assert_allclose(
            again.predict_proba(X_new / 255), linear.predict_proba(X_new), atol=1e-5
        )

    def test_scores_of_early_stopping(self, digits):
        X, y, _, _ = digits
        network = dense(epochs=20, early_stopping=True).fit(X, y)
        assert network.best_loss_ is None
        assert len(network.validation_scores_) == network.n_iter_
        assert network.best_validation_score_ == max(network.validation_scores_)
        network = dense(epochs=20).fit(X, y)
        assert network.best_loss_ == min(network.loss_curve_)
        assert network.validation_scores_ is network.best_validation_score_ is None


@pytest.fixture(scope="module")
def few(small_digits):
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

    def test_once_ends_one_fit_whose_score_counts(self, search_and_press, few):
        search, press = search_and_press
        with press(3), pytest.warns(UserWarning, match=self.AGAIN) as caught:
            search.fit(*few)
        assert len(caught) == 1
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()

    def test_again_in_the_next_fit_ends_the_search(self, search_and_press, few):
        search, press = search_and_press
        with (
            press(3, 5) as steps,
            pytest.warns(UserWarning, match=self.AGAIN),
            pytest.raises(KeyboardInterrupt),
        ):
            search.fit(*few)
        assert len(steps) == 5
        assert not hasattr(search, "cv_results_")

    def test_again_after_more_than_two_seconds_ends_one_more_fit(
        self, search_and_press, few
    ):
        search, press = search_and_press

        def score_slowly(network, X, y):
            time.sleep(2.1)
            return network.score(X, y)

        search.set_params(scoring=score_slowly, param_grid={"epochs": [3]})
        with press(3, 5), pytest.warns(UserWarning, match=self.AGAIN) as caught:
            search.fit(*few)
        assert len(caught) == 2

    @pytest.mark.filterwarnings("ignore:Training interrupted")
    def test_again_in_a_worker_process(self, new_workers, few):
        network = CtrlCInEachFit(hidden_layer_sizes=(8,), batch_size=32, epochs=2)
        candidates = {"momentum": [0.1, 0.2, 0.3]}
        search = GridSearchCV(network, candidates, cv=2, n_jobs=2, refit=False)
        with pytest.raises(KeyboardInterrupt):
            search.fit(*few)

    def test_in_a_vote_once_ends_one_member(self, few):
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(8,), batch_size=400, epochs=4
        )
        vote = DigitVotingClassifier(network, n_members=3)
        with ctrl_c_at_step(3), pytest.warns(UserWarning, match=self.AGAIN):
            vote.fit(*few)
        assert [member.n_iter_ for member in vote.estimators_] == [2, 4, 4]

    def test_in_a_vote_twice_ends_all(self, few):
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(8,), batch_size=400, epochs=4
        )
        vote = DigitVotingClassifier(network, n_members=3)
        with (
            ctrl_c_at_step(3, 5),
            pytest.warns(UserWarning, match="after 2 of 4"),
            pytest.raises(KeyboardInterrupt),
        ):
            vote.fit(*few)

    def test_twice_while_augmented_classifiers_are_fitted(self, few):
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
            search.fit(*few)


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
    def new_batches(self, request, few):
        return lambda: request.param(*few)

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
    def test_are_refused_with_the_way(self, new_batches, classifier, few):
        X, y = few
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

    def test_the_way_works(self, new_batches, few):
        X, y = few
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
    def test_over_several_devices_is_refused(self, tf, classifier, few):
        X, y = few
        classifier = clone(classifier)
        with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
            for fit in (classifier.fit, classifier.partial_fit):
                arguments = {"classes": range(10)} if fit != classifier.fit else {}
                with pytest.raises(RuntimeError, match=r"MirroredStrategy.*outside of"):
                    fit(X, y, **arguments)
        predicted = classifier.fit(X, y).predict(X)
        with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
            np.testing.assert_array_equal(classifier.predict(X), predicted)

    def test_of_one_device_changes_nothing(self, tf, few):
        X, y = few
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
        self, callback, kind, n_jobs, new_workers, few, capfd
    ):
        network = kind(hidden_layer_sizes=8, epochs=2)
        search = GridSearchCV(network, {"batch_size": [64, 128]}, cv=2, n_jobs=n_jobs)
        search.set_callbacks(callback.ProgressBar()).fit(*few)  # without a warning
        shown = capfd.readouterr().out
        assert shown.count(kind.__name__[:8]) >= 5
        assert search.predict(few[0]).shape == (400,)

    @pytest.mark.parametrize(
        "estimator",
        [
            make_pipeline(Deskewer(), NumpyDigitClassifier(epochs=2)),
            make_pipeline(DigitCanonicalizer(), NumpyDigitClassifier(epochs=2)),
            AugmentedClassifier(NumpyDigitClassifier(epochs=2), DigitAugmenter()),
        ],
        ids=["deskewer", "canonicalizer", "augmented"],
    )
    def test_they_observe_a_network_inside(self, callback, estimator, few, capfd):
        estimator.set_callbacks(callback.ProgressBar()).fit(*few)
        assert "NumpyDigitClassifier - fit" in capfd.readouterr().out

    def test_a_score_for_each_epoch(self, callback, few):
        monitor = callback.ScoringMonitor(scoring="accuracy")
        network = NumpyDigitClassifier(epochs=4, random_state=0)
        network.set_callbacks(monitor).fit(*few)
        *scores, last = (row["accuracy"] for row in monitor.get_logs().data[1:])
        assert len(scores) == 3
        assert last > scores[0]
        assert last == network.score(*few)
