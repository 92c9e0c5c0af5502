"""What users have reported of libraries like this one, as they would write it."""

import copy
import pickle
import re
import threading
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
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
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
    load_model,
    load_small_digits,
    save_model,
)
from mnist_estimators.exceptions import PixelRangeWarning

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

    def test_nor_are_filters_beside_a_backbone(self):
        network = clone(CNN).set_params(backbone="MobileNetV3Small", epochs=1)
        with pytest.warns(UserWarning, match=r"filters=\(4,\) is ignored.*backbone"):
            network.fit(X_TRAIN[:20], y_TRAIN[:20])


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
