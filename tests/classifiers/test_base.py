"""What all classifiers promise alike, and what both Keras classifiers do."""

import copy
import enum
import functools
import io
import itertools
import os
import pickle
import signal
import subprocess
import sys
import threading
import warnings
from contextlib import redirect_stdout
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators._training import callbacks as callbacks_module
from mnist_estimators._training import trainer
from mnist_estimators.augmentation import DigitAugmenter
from mnist_estimators.classifiers import _numpy_training
from mnist_estimators.exceptions import PixelRangeWarning

DENSE = DenseDigitClassifier(
    hidden_layer_sizes=(16,), epochs=5, batch_size=16, random_state=0
)
CNN = CNNDigitClassifier(
    filters=(4,),
    dense_layer_sizes=(16,),
    dropout=0.2,
    epochs=5,
    batch_size=16,
    random_state=0,
)


@pytest.fixture(scope="module")
def data(small_digits):
    X, y = small_digits
    return X[:300], y[:300], X[300:400], y[300:400]


NUMPY = NumpyDigitClassifier(
    hidden_layer_sizes=(16,), epochs=5, batch_size=16, random_state=0
)


ALL = [DENSE, CNN, NUMPY]

Label = enum.Enum("Label", {f"digit {digit}": digit for digit in range(10)})


@pytest.fixture(params=ALL, ids=["dense", "cnn", "numpy"])
def classifier(request):
    return clone(request.param)


@pytest.fixture(params=[DENSE, CNN], ids=["dense", "cnn"])
def keras_classifier(request):
    return clone(request.param)


@pytest.fixture(scope="module")
def fitted_ones(data):
    X, y, _, _ = data
    return {type(one): clone(one).fit(X, y) for one in ALL}


@pytest.fixture
def fitted(classifier, fitted_ones):
    return fitted_ones[type(classifier)]


@pytest.fixture
def fitted_keras(keras_classifier, fitted_ones):
    return fitted_ones[type(keras_classifier)]


class OtherProcess(NamedTuple):
    """What came of the fits in a process of their own."""

    probabilities: dict[str, np.ndarray]
    return_code: int
    last_line: str


@pytest.fixture(scope="module")
def other_process(data, tmp_path_factory):
    """Start Python anew, for all tests of it: fit all, then interrupt a long fit."""
    folder = tmp_path_factory.mktemp("process")
    code = """if True:
        import pickle, signal, warnings
        import numpy as np
        from mnist_estimators._training import loop

        with open("ones.pickle", "rb") as file:
            ones, (X, y, X_new, _) = pickle.load(file)
        found = {type(one).__name__: one.fit(X, y).predict_proba(X_new) for one in ones}
        np.savez("probabilities.npz", **found)

        loop.XLA_MIN_STEPS = 10**9  # which would take seconds to compile
        signal.signal(signal.SIGINT, signal.default_int_handler)
        endless = ones[0].set_params(epochs=100_000, verbose=2)
        with warnings.catch_warnings(record=True) as caught:
            endless.fit(X, y)
        print("warned", caught[0].message, endless.n_iter_, endless.score(X, y))
    """
    ones = [clone(one) for one in ALL]
    (folder / "ones.pickle").write_bytes(pickle.dumps((ones, data)))
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as process:
        try:
            assert process.stdout.readline().startswith("epoch 1/")
            process.send_signal(signal.SIGINT)
            rest, _ = process.communicate(timeout=300)
        finally:
            process.kill()
    probabilities = dict(np.load(folder / "probabilities.npz"))
    return OtherProcess(probabilities, process.returncode, rest.splitlines()[-1])


class TestInput:
    @pytest.mark.parametrize(
        "form",
        [
            lambda X: X.reshape(-1, 28, 28),
            lambda X: X.reshape(-1, 28, 28, 1),
            lambda X: np.asfortranarray(X),
        ],
        ids=["3-D", "4-D", "Fortran order"],
    )
    def test_every_form_of_the_same_images_gives_the_same(
        self, classifier, fitted, data, form
    ):
        X, y, X_new, _ = data
        expected = fitted.predict_proba(X_new)
        classifier.fit(form(X), y)
        np.testing.assert_array_equal(classifier.predict_proba(form(X_new)), expected)
        assert classifier.n_features_in_ == 784
        assert classifier.image_shape_ == (28, 28)

    @pytest.mark.parametrize(
        "form",
        [lambda X: X.astype(np.float32), lambda X: X.tolist()],
        ids=["float32", "lists"],
    )
    def test_other_types_of_pixels_give_nearly_the_same(
        self, classifier, fitted, data, form
    ):
        X, y, X_new, _ = data
        classifier.fit(form(X), y)
        np.testing.assert_allclose(
            classifier.predict_proba(form(X_new)),
            fitted.predict_proba(X_new),
            atol=1e-3,  # compiled for each type; training amplifies the rounding
        )
        assert classifier.n_features_in_ == 784
        assert classifier.image_shape_ == (28, 28)

    def test_data_frames_bring_feature_names(self, classifier, fitted, data):
        X, y, X_new, _ = data
        names = [f"pixel_{i}" for i in range(784)]
        classifier.fit(pd.DataFrame(X, columns=names), pd.Series(y))
        assert classifier.feature_names_in_.tolist() == names
        np.testing.assert_array_equal(
            classifier.predict(pd.DataFrame(X_new, columns=names)),
            fitted.predict(X_new),
        )

    @pytest.mark.parametrize(("high", "dtype"), [(1, float), (16, float), (255, int)])
    def test_the_range_of_pixels_is_learned(
        self, classifier, fitted, data, high, dtype
    ):
        X, y, X_new, _ = data
        scaled = (X / 255 * high).astype(dtype)
        scaled_new = (X_new / 255 * high).astype(dtype)
        classifier.fit(scaled, y)
        assert classifier.pixel_range_ == (0, high)
        np.testing.assert_allclose(
            classifier.predict_proba(scaled_new),
            fitted.predict_proba(X_new),
            atol=1e-3,  # rounding of the pixels, amplified by training
        )

    def test_another_range_in_predict_warns(self, fitted, data):
        X_new = data[2]
        with pytest.warns(PixelRangeWarning, match="0 to 255"):
            fitted.predict(X_new / 255)

    def test_a_blank_image_does_not_warn(self, fitted):
        assert fitted.predict(np.zeros((1, 784), np.uint8)).shape == (1,)

    def test_images_that_are_no_squares_need_their_shape(self, classifier, data):
        X, y, _, _ = data
        wide = X.reshape(-1, 28, 28)[:, 7:21]
        from_rows = clone(classifier).set_params(image_shape=(14, 28))
        from_rows.fit(wide.reshape(-1, 14 * 28), y)
        np.testing.assert_array_equal(
            from_rows.predict_proba(wide), classifier.fit(wide, y).predict_proba(wide)
        )

    @pytest.mark.parametrize(
        "labels",
        [
            np.array(list("abcdefghij")),
            np.array(list("abcdefghij"), dtype=object),
            np.arange(10) * 7 - 3,
            np.linspace(0, 9, 10, dtype=np.uint8),
            np.arange(10) > 4,
        ],
        ids=["str", "object", "negative", "uint8", "bool"],
    )
    def test_labels_of_any_type(self, classifier, data, labels):
        X, y, X_new, _ = data
        classifier.fit(X, labels[y])
        assert classifier.classes_.tolist() == sorted(set(labels.tolist()))
        predicted = classifier.predict(X_new)
        assert predicted.dtype == classifier.classes_.dtype
        assert np.isin(predicted, labels).all()


class TestPrediction:
    def test_probabilities_and_labels_belong_together(self, fitted, data):
        X_new = data[2]
        probabilities = fitted.predict_proba(X_new)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        np.testing.assert_allclose(
            np.exp(fitted.predict_log_proba(X_new)), probabilities, rtol=1e-6
        )
        best = fitted.classes_[probabilities.argmax(axis=1)]
        np.testing.assert_array_equal(fitted.predict(X_new), best)

    def test_it_learns(self, fitted, data):
        _, _, X_new, y_new = data
        assert fitted.score(X_new, y_new) > 0.6

    def test_bfloat16_is_a_choice(self, keras_classifier, fitted_keras, data):
        X, y, X_test, y_test = data
        keras_classifier.set_params(precision="mixed_bfloat16").fit(X, y)
        exact = fitted_keras.predict_proba(X_test)
        near = keras_classifier.predict_proba(X_test)
        assert not np.array_equal(near, exact)
        assert keras_classifier.score(X_test, y_test) > 0.6
        np.testing.assert_allclose(
            keras_classifier.model_.predict(
                X_test.reshape(-1, 28, 28, 1) / 255, verbose=0
            ),
            near,
            atol=0.02,
        )

    def test_model_is_a_keras_model_that_predicts_the_same(self, fitted_keras, data):
        X_new = data[2]
        images = X_new.reshape(-1, 28, 28, 1).astype(np.float32) / 255
        np.testing.assert_allclose(
            fitted_keras.model_.predict(images, verbose=0),
            fitted_keras.predict_proba(X_new),
            atol=1e-6,
        )

    def test_changing_the_model_changes_no_prediction(self, keras_classifier, data):
        X, y, X_new, _ = data
        before = keras_classifier.fit(X, y).predict_proba(X_new)
        model = keras_classifier.model_
        model.set_weights([weight * 0 for weight in model.get_weights()])
        np.testing.assert_array_equal(keras_classifier.predict_proba(X_new), before)

    @pytest.mark.parametrize(
        "loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"]
    )
    def test_the_loss_says_which_targets_the_model_takes(
        self, keras_classifier, data, loss
    ):
        X, y, _, _ = data
        keras_classifier.set_params(loss=loss).fit(X, y)
        targets = np.eye(10)[y] if loss.startswith("categorical") else y
        images = X.reshape(-1, 28, 28, 1) / np.float32(255)
        _, accuracy = keras_classifier.model_.evaluate(images, targets, verbose=0)
        assert accuracy == pytest.approx(keras_classifier.score(X, y), abs=1e-6)

    def test_summary_lists_the_layers(self, fitted_keras):
        with redirect_stdout(io.StringIO()) as out:
            fitted_keras.summary()
        assert "dense" in out.getvalue()


class TestReproducibility:
    def test_one_random_state_gives_equal_bits(self, classifier, fitted, data):
        X, y, X_new, _ = data
        clone(classifier).set_params(random_state=1).fit(X[:100], y[:100])
        np.testing.assert_array_equal(
            classifier.fit(X, y).predict_proba(X_new), fitted.predict_proba(X_new)
        )

    def test_also_in_another_process(self, other_process, fitted_ones, data):
        for cls, one in fitted_ones.items():
            np.testing.assert_array_equal(
                other_process.probabilities[cls.__name__], one.predict_proba(data[2])
            )

    def test_other_random_states_differ(self, classifier, fitted, data):
        X, y, X_new, _ = data
        state = np.random.RandomState(0)
        for random_state in (1, None, state, state):
            other = clone(classifier).set_params(random_state=random_state).fit(X, y)
            assert (other.predict_proba(X_new) != fitted.predict_proba(X_new)).any()

    @pytest.mark.parametrize(
        "copied", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))]
    )
    def test_copies_predict_the_same(self, fitted, data, copied):
        X_new = data[2]
        again = copied(fitted)
        np.testing.assert_array_equal(
            again.predict_proba(X_new), fitted.predict_proba(X_new)
        )

    def test_a_pickle_is_about_as_large_as_the_weights(self, fitted):
        n_bytes = sum(weight.nbytes for weight in fitted.weights_)
        assert len(pickle.dumps(fitted)) < 1.2 * n_bytes + 5_000


class TestWeights:
    def test_weight_zero_is_as_leaving_the_row_out(self, classifier, data):
        X, y, X_new, _ = data
        weights = np.arange(len(y)) % 3 / 1.0
        left_out = clone(classifier).fit(
            X[weights > 0], y[weights > 0], weights[weights > 0]
        )
        weighted = classifier.fit(X, y, sample_weight=weights)
        np.testing.assert_array_equal(
            weighted.predict_proba(X_new), left_out.predict_proba(X_new)
        )

    def test_class_weights_multiply_sample_weights(self, classifier, data):
        X, y, X_new, _ = data
        by_class = clone(classifier).set_params(class_weight={3: 5.0})
        by_sample = classifier.fit(X, y, sample_weight=np.where(y == 3, 10.0, 2.0))
        by_class.fit(X, y, sample_weight=np.full(len(y), 2.0))
        np.testing.assert_array_equal(
            by_class.predict_proba(X_new), by_sample.predict_proba(X_new)
        )

    @pytest.mark.parametrize("class_weight", [None, "balanced"])
    def test_a_row_of_weight_zero_says_nothing_of_the_data(
        self, classifier, data, class_weight
    ):
        X, y, X_new, _ = data
        # Only the first row has values above 1 or below 0.
        for row in (np.full(784, 65535.0), np.linspace(-300, 300, 784)):
            features = np.vstack([row, X / 255.0])
            labels = np.append(y[:1], y)
            weights = np.append(0.0, np.ones(len(y)))
            classifier.set_params(class_weight=class_weight, epochs=1)
            left_out = clone(classifier).fit(features[1:], y)
            weighted = clone(classifier).fit(features, labels, weights)
            assert weighted.pixel_range_ == (0, 1)
            np.testing.assert_array_equal(
                weighted.predict_proba(X_new / 255), left_out.predict_proba(X_new / 255)
            )

    @pytest.mark.parametrize("scale", [1e-300, 1 / 300, 1000.0, 1e300])
    def test_equal_weights_are_as_none(self, classifier, fitted, data, scale):
        X, y, X_new, _ = data
        weighted = clone(classifier).fit(X, y, np.full(len(y), scale))
        by_class = classifier.set_params(class_weight=dict.fromkeys(range(10), scale))
        for one in (weighted, by_class.fit(X, y)):
            np.testing.assert_array_equal(
                one.predict_proba(X_new), fitted.predict_proba(X_new)
            )

    @pytest.mark.parametrize("scale", [1e-300, 1e-3, 3.3, 1e300])
    def test_the_scale_of_weights_does_not_matter(self, classifier, data, scale):
        X, y, X_val, y_val = data
        weights = np.random.default_rng(0).random(len(y)) + 0.1
        of_validation = np.linspace(0.5, 2, len(y_val))
        classifier.set_params(early_stopping=True, epochs=8, patience=2)
        one, other = (
            clone(classifier).fit(
                X,
                y,
                sample_weight=weights * factor,
                validation_data=(X_val, y_val, of_validation / factor),
            )
            for factor in (1.0, scale)
        )
        # Relative weights are the same but for rounding of 64-bit numbers, which
        # may move a 32-bit one by a unit, and that a probability after some steps.
        np.testing.assert_allclose(
            one.predict_proba(X_val), other.predict_proba(X_val), atol=1e-3
        )
        assert one.n_iter_ == other.n_iter_

    def test_partial_fit_takes_weights_as_they_are(self, classifier, data):
        X, y, X_new, _ = data
        light = clone(classifier).partial_fit(
            X, y, classes=range(10), sample_weight=np.full(len(y), 1e-6)
        )
        heavy = classifier.partial_fit(X, y, classes=range(10))
        # Adam divides the scale out of its steps, gradient descent does not.
        if isinstance(classifier, NumpyDigitClassifier):
            assert np.ptp(light.predict_proba(X_new), axis=1).max() < 0.5
            assert np.ptp(heavy.predict_proba(X_new), axis=1).max() > 0.5
        assert light.loss_curve_[0] < 1e-4 < heavy.loss_curve_[0]

    def test_class_weights_of_labels_that_are_absent(self, classifier, data):
        X, y, X_new, _ = data
        classifier.set_params(epochs=1, class_weight={4: 3.0})
        named = clone(classifier).set_params(class_weight={4: 3.0, 11: 2.0})
        np.testing.assert_array_equal(
            named.fit(X, y).predict_proba(X_new),
            classifier.fit(X, y).predict_proba(X_new),
        )

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_class_weights_of_no_label_at_all(self, classifier, data, method):
        X, y, _, _ = data
        more = {"classes": range(10)} if method == "partial_fit" else {}
        classifier.set_params(epochs=1, class_weight={"3": 5.0, 11: 2.0})
        message = r"class_weight has no effect: it names \['3', 11\], .* \[0, 1, 2, 3"
        with pytest.warns(UserWarning, match=message) as caught:
            getattr(classifier, method)(X, y, **more)
        assert [one.filename for one in caught] == [__file__]

    def test_class_weights_without_labels(self, classifier, data):
        X, y, _, _ = data
        for weights in (np.ones(10), pd.Series(np.ones(10))):
            classifier.set_params(class_weight=weights)
            with pytest.raises(ValueError, match=r"dict\(zip\(labels, weights\)\)"):
                classifier.fit(X, y)

    def test_balanced_weights_help_a_rare_class(self, classifier, data):
        X, y, X_new, _ = data
        rare = (y != 0) | (np.cumsum(y == 0) <= 4)
        plain = clone(classifier).fit(X[rare], y[rare])
        balanced = classifier.set_params(class_weight="balanced").fit(X[rare], y[rare])
        assert (
            balanced.predict_proba(X_new)[:, 0].mean()
            > plain.predict_proba(X_new)[:, 0].mean()
        )


class TestValidation:
    def test_history(self, classifier, data):
        X, y, _, _ = data
        classifier.set_params(validation_fraction=0.2).fit(X, y)
        names = ["loss", "accuracy", "val_loss", "val_accuracy"]
        assert list(classifier.history_) == names
        frame = classifier.history_frame_
        assert frame.columns.tolist() == names
        assert frame.index.tolist() == [1, 2, 3, 4, 5]
        assert frame.index.name == "epoch"
        assert classifier.n_iter_ == 5
        assert classifier.loss_curve_ == frame["loss"].tolist()
        assert frame["loss"].iloc[-1] < frame["loss"].iloc[0]

    def test_attributes_of_mlpclassifier(self, classifier, data):
        X, y, _, _ = data
        plain = clone(classifier).fit(X, y)
        held_out = classifier.set_params(early_stopping=True).fit(X, y)
        pairs = [(plain, MLPClassifier(max_iter=5, random_state=0))]
        theirs = MLPClassifier(max_iter=5, early_stopping=True, random_state=0)
        pairs.append((held_out, theirs))
        for ours, theirs in pairs:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                theirs.fit(X / 255, y)
            for name in ("best_loss_", "validation_scores_", "best_validation_score_"):
                assert type(getattr(ours, name)) in (type(getattr(theirs, name)), float)
                is_none = getattr(theirs, name) is None
                assert (getattr(ours, name) is None) == is_none
        assert plain.best_loss_ == min(plain.history_["loss"])
        assert held_out.validation_scores_ == held_out.history_["val_accuracy"]
        assert held_out.best_validation_score_ == max(held_out.validation_scores_)

    def test_scores_of_some_fits_are_nan_in_the_others(self, classifier, data):
        X, y, X_val, y_val = data
        classifier.set_params(warm_start=True, epochs=2).fit(X, y)
        assert classifier.best_loss_ == min(classifier.loss_curve_)
        classifier.fit(X, y, X_val=X_val, y_val=y_val)
        assert (
            np.isnan(classifier.validation_scores_).tolist() == [True] * 2 + [False] * 2
        )
        best = max(classifier.validation_scores_[2:])
        assert classifier.best_validation_score_ == best
        assert classifier.n_iter_ == len(classifier.loss_curve_) == 4

    def test_a_linear_network(self, classifier, data):
        X, y, X_new, y_new = data
        convolves = "filters" in classifier.get_params()
        sizes = "dense_layer_sizes" if convolves else "hidden_layer_sizes"
        linear = classifier.set_params(
            activation="identity", epochs=10, learning_rate=0.003, **{sizes: (12, 8)}
        )
        assert linear.fit(X, y).score(X_new, y_new) > 0.6
        if not convolves:
            # Logits are weighted sums of pixels, so half the pixels give half of them.
            logs = [linear.predict_log_proba(X_new * share) for share in (1, 0.5, 0)]
            whole, half, none = (one - one[:, :1] for one in logs)
            np.testing.assert_allclose(half - none, (whole - none) / 2, atol=1e-3)

    def test_a_metric_of_some_fits_is_nan_in_the_others(self, classifier, data):
        X, y, _, _ = data
        classifier.partial_fit(X, y, classes=np.unique(y))
        classifier.set_params(warm_start=True, epochs=1)
        classifier.fit(X, y, validation_data=(X, y)).partial_fit(X, y)
        frame = classifier.history_frame_
        assert frame["loss"].notna().all()
        assert frame["val_loss"].isna().tolist() == [True, False, True]

    def test_early_stopping_keeps_the_best_epoch(self, classifier, data):
        X, y, X_val, y_val = data
        classifier.set_params(
            early_stopping=True, patience=2, epochs=60, learning_rate=0.03
        )
        classifier.fit(X, y, validation_data=(X_val, y_val))
        losses = classifier.history_["val_loss"]
        assert len(losses) < 60
        assert np.argmin(losses) == len(losses) - 3
        log_probabilities = classifier.predict_log_proba(X_val)
        kept = -log_probabilities[np.arange(len(y_val)), y_val].mean()
        assert kept == pytest.approx(min(losses), rel=1e-4)

    def test_a_warm_start_does_not_validate_on_what_it_has_learnt_from(
        self, classifier
    ):
        # Noise can be learnt by heart, and tells nothing of other noise.
        X = np.random.default_rng(0).random((200, 28, 28)) > 0.9
        y = np.arange(200) % 10
        classifier.set_params(
            learning_rate=0.01, epochs=40, validation_fraction=0.2, warm_start=True
        )
        history = classifier.fit(X, y).set_params(epochs=1).fit(X, y).history_
        assert history["accuracy"][-1] > 0.8
        assert history["val_accuracy"][-1] < 0.3

    def test_early_stopping_holds_out_a_tenth_by_itself(self, classifier, data):
        X, y, _, _ = data
        classifier.set_params(early_stopping=True).fit(X, y)
        # 30 images: each accuracy is a multiple of a thirtieth.
        accuracies = np.array(classifier.history_["val_accuracy"])
        np.testing.assert_allclose(
            accuracies * 30, np.round(accuracies * 30), atol=1e-4
        )

    def test_held_out_images_are_stratified(self, classifier, monkeypatch):
        X = np.random.default_rng(0).random((60, 4))
        y = np.repeat([0, 1, 2], [40, 15, 5])
        seen = []

        def remember(samples, fraction, seed):
            parts = hold_out(samples, fraction, seed)
            seen.extend(np.bincount(part.targets).tolist() for part in parts)
            return parts

        from mnist_estimators._inputs.samples import hold_out
        from mnist_estimators.classifiers import _training_data

        monkeypatch.setattr(_training_data, "hold_out", remember)
        classifier.set_params(validation_fraction=0.2, epochs=1).fit(X, y)
        assert seen == [[32, 12, 4], [8, 3, 1]]

    def test_one_of_each_class_is_held_out_of_few_images(self, classifier, data):
        X, y, _, _ = data
        rare = (y != 7) | (np.cumsum(y == 7) <= 1)
        X, y = X[rare][:60], y[rare][:60]
        classifier.set_params(early_stopping=True, patience=1, epochs=40)
        classifier.set_params(learning_rate=0.05).fit(X, y)
        assert classifier.n_iter_ < 40
        ninths = np.array(classifier.history_["val_accuracy"]) * 9
        np.testing.assert_allclose(ninths, np.round(ninths), atol=1e-4)

    def test_no_validation_where_each_class_has_one_image(self, classifier, data):
        X, y, _, _ = data
        _, first = np.unique(y, return_index=True)
        classifier.set_params(early_stopping=True, patience=1)
        with pytest.warns(UserWarning, match="no class has two of them") as caught:
            classifier.fit(X[first], y[first])
        assert [one.filename for one in caught] == [__file__]
        assert list(classifier.history_) == ["loss", "accuracy"]
        assert classifier.n_iter_ == 5

    def test_both_ways_to_give_validation_data(self, classifier, data):
        X, y, X_val, y_val = data
        as_tuple = clone(classifier).fit(X, y, validation_data=(X_val, y_val))
        by_name = classifier.fit(X, y, X_val=X_val, y_val=y_val)
        assert by_name.history_ == as_tuple.history_

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"X_val": [[0]]}, "X_val was given without y_val"),
            ({"y_val": [0]}, "y_val was given without X_val"),
            (
                {"X_val": [[0]], "y_val": [0], "validation_data": ([[0]], [0])},
                "validation_data was given, and X_val and y_val as well",
            ),
        ],
    )
    def test_validation_data_given_twice_or_in_part(
        self, classifier, data, given, message
    ):
        X, y, _, _ = data
        with pytest.raises(ValueError, match=message):
            classifier.fit(X, y, **given)

    @pytest.mark.parametrize("high", [1, 16, 255])
    def test_validation_data_that_are_not_scaled_are_warned_of(
        self, classifier, data, high
    ):
        X, y, X_val, y_val = data
        scaler = StandardScaler().fit(X)
        classifier.set_params(epochs=1)
        message = f"validation data range from 0 to {high}, .*transform_input"
        with pytest.warns(PixelRangeWarning, match=message) as caught:
            classifier.fit(
                scaler.transform(X), y, validation_data=(X_val * (high / 255), y_val)
            )
        assert [one.filename for one in caught] == [__file__]
        classifier.fit(
            scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val
        )
        for image in scaler.transform(X_val):
            classifier.predict(image[np.newaxis])

    def test_validation_weights(self, classifier, data):
        X, y, X_val, y_val = data
        only_first = np.zeros(len(y_val))
        only_first[:10] = 1
        weighted = clone(classifier).fit(
            X, y, validation_data=(X_val, y_val, only_first)
        )
        classifier.fit(X, y, validation_data=(X_val[:10], y_val[:10]))
        assert weighted.history_ == classifier.history_


class TestGoingOn:
    def test_partial_fit_learns_from_chunks(self, classifier, data):
        X, y, X_new, y_new = data
        for _ in range(8):
            for chunk in np.array_split(np.arange(len(y)), 5):
                classifier.partial_fit(X[chunk], y[chunk], classes=range(10))
        assert classifier.n_iter_ == 40
        assert classifier.score(X_new, y_new) > 0.6

    def test_partial_fit_goes_on_from_fit(self, classifier, data):
        X, y, _, _ = data
        classifier.fit(X, y).partial_fit(X, y)
        assert classifier.n_iter_ == 6
        # Anew, the sixth epoch would be as poor as the first.
        losses = classifier.history_["loss"]
        assert losses[5] < (losses[0] + losses[4]) / 2

    def test_partial_fit_keeps_optimizer_state_through_a_pickle(self, classifier, data):
        X, y, X_new, _ = data
        classifier.partial_fit(X, y, classes=range(10))
        copied = pickle.loads(pickle.dumps(classifier))
        np.testing.assert_array_equal(
            copied.partial_fit(X, y).predict_proba(X_new),
            classifier.partial_fit(X, y).predict_proba(X_new),
        )

    def test_chunks_of_any_size_share_what_was_compiled(
        self, keras_classifier, data, monkeypatch
    ):
        X, y, _, _ = data
        traced = []

        @functools.wraps(trainer.Trainer._run_plain)
        def run_plain(trainer, *tensors):
            traced.append(trainer)
            return trace(trainer, *tensors)

        trace = trainer.Trainer._run_plain
        monkeypatch.setattr(trainer.Trainer, "_run_plain", run_plain)
        # A size that no other test has.
        names = {"hidden_layer_sizes", "dense_layer_sizes"}
        layers = names & keras_classifier.get_params().keys()
        keras_classifier.set_params(**dict.fromkeys(layers, (17,)))
        for n_rows in (100, 3, 100, 77, 16, 250):
            keras_classifier.partial_fit(X[:n_rows], y[:n_rows], classes=range(10))
        assert len(traced) == 1

    def test_warm_start_goes_on(self, classifier, data):
        X, y, _, _ = data
        classifier.set_params(warm_start=True)
        first = classifier.fit(X, y).history_["loss"][-1]
        classifier.fit(X, y)
        assert classifier.n_iter_ == 10
        assert classifier.history_["loss"][-1] < first

    def test_another_optimizer_goes_on_without_the_moments(
        self, keras_classifier, data
    ):
        X, y, _, _ = data
        keras_classifier.set_params(warm_start=True).fit(X, y)
        keras_classifier.set_params(optimizer="sgd").fit(X, y)
        assert keras_classifier.n_iter_ == 10
        assert (
            keras_classifier.history_["loss"][9] < keras_classifier.history_["loss"][0]
        )

    @pytest.mark.parametrize(
        "go_on",
        [lambda c, *data: c.partial_fit(*data), lambda c, *data: c.fit(*data)],
        ids=["partial_fit", "warm_start"],
    )
    def test_pixels_of_another_range_are_warned_of(self, classifier, data, go_on):
        X, y, _, _ = data
        go_on(classifier.set_params(warm_start=True, epochs=1).fit(X, y), X, y)
        with pytest.warns(PixelRangeWarning, match="on pixels from 0 to 255"):
            go_on(classifier, X / 255, y)

    def test_without_warm_start_fit_starts_anew(self, classifier, fitted, data):
        X, y, _, _ = data
        classifier.fit(X, y).fit(X, y)
        assert classifier.history_ == fitted.history_

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (lambda c, X, y: c.partial_fit(X, y), "classes must be passed"),
            (
                lambda c, X, y: c.partial_fit(X, y, classes=range(3)),
                r"names \[3, 4, 5, 6, 7, 8, 9\], .* knows only the labels \[0, 1, 2\]",
            ),
            (
                lambda c, X, y: c.partial_fit(X, y, classes=range(10)).partial_fit(
                    X, y, classes=range(12)
                ),
                r"names \[10, 11\]",
            ),
            (
                lambda c, X, y: c.partial_fit(X, y, classes=list(Label)),
                r"classes holds members of the enum Label.*label\.value for label in",
            ),
            (
                lambda c, X, y: c.set_params(class_weight="balanced").partial_fit(
                    X, y, classes=range(10)
                ),
                "class_weight='balanced'",
            ),
            (
                lambda c, X, y: c.partial_fit(X, y + 0.7, classes=range(10)),
                r"names \[0.7, 1.7, ",
            ),
            (
                lambda c, X, y: c.fit(X, y, validation_data=(X, y - 0.5)),
                r"names \[-0.5, 0.5, ",
            ),
            (
                lambda c, X, y: (
                    c.set_params(warm_start=True).fit(X[y < 5], y[y < 5]).fit(X, y)
                ),
                r"names \[5, 6, 7, 8, 9\]",
            ),
        ],
    )
    def test_mistakes(self, classifier, data, call, message):
        X, y, _, _ = data
        with pytest.raises(ValueError, match=message):
            call(classifier, X[:60], y[:60])


class TestMistakes:
    """Each error names the parameter, what it got, and what would be right."""

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"batch_size": -1}, r"'batch_size' .* range \[1, inf\). Got -1"),
            ({"epochs": 0}, r"'epochs' .* range \[1, inf\). Got 0"),
            ({"epochs": 2.5}, "'epochs' .* must be an int"),
            ({"activation": "swoosh"}, "'activation' .*'relu'.*. Got 'swoosh'"),
            ({"learning_rate": 0}, "'learning_rate' .* Got 0"),
            ({"validation_fraction": 1.0}, "'validation_fraction'"),
            (
                {"early_stopping": True, "validation_fraction": 0.0},
                "early_stopping=True needs validation data",
            ),
            ({"patience": 0}, "'patience'"),
            ({"class_weight": "even"}, "'class_weight' .* {'balanced'}"),
            ({"image_shape": (28,)}, "image_shape must be None or two positive"),
            ({"image_shape": (10, 10)}, r"image_shape=\(10, 10\) means 100 pixels"),
            ({"random_state": "zero"}, "'random_state'"),
            ({"verbose": -1}, "'verbose'"),
        ],
    )
    def test_parameters(self, classifier, data, parameters, message):
        X, y, _, _ = data
        with pytest.raises(ValueError, match=message):
            classifier.set_params(**parameters).fit(X[:60], y[:60])

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"learning_rate_schedule": "steps"}, "'one_cycle'.* Got 'steps'"),
            ({"loss": "mse"}, "'loss' .* Got 'mse'"),
            ({"label_smoothing": 1.0}, "'label_smoothing' .* Got 1.0"),
            ({"dropout": 1.5}, "dropout.*1.5"),
            ({"l2": -0.1}, "'l2' .* Got -0.1"),
            ({"optimizer": "fastest"}, "optimizer='fastest' is not known to Keras"),
        ],
    )
    def test_parameters_of_keras(self, keras_classifier, data, parameters, message):
        X, y, _, _ = data
        with pytest.raises(ValueError, match=message):
            keras_classifier.set_params(**parameters).fit(X[:60], y[:60])

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"optimizer": 3}, "optimizer must be"),
            ({"callbacks": [print]}, "callbacks must be a list"),
            ({"callbacks": print}, "callbacks must be a list.* put it in a list"),
            ({"augmenter": DigitAugmenter}, r"in augmenter=DigitAugmenter\(\)"),
        ],
        ids=str,
    )
    def test_parameters_of_another_kind(
        self, keras_classifier, data, parameters, message
    ):
        X, y, _, _ = data
        with pytest.raises(TypeError, match=message):
            keras_classifier.set_params(**parameters).fit(X, y)

    @pytest.mark.parametrize(
        ("spoil", "message"),
        [
            (lambda X, y: (np.full((2, 4), np.nan), [0, 1]), "X contains NaN"),
            (lambda X, y: (np.full((2, 4), np.inf), [0, 1]), "X contains infinity"),
            (lambda X, y: (X.astype(str), y), "(?s)array.*strings"),
            (lambda X, y: (X[:0], y[:0]), "0 sample"),
            (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
            (lambda X, y: (X, y + 0.5), "continuous"),
            (lambda X, y: (X, np.eye(10)[y]), r"\(20, 10\).*y.argmax\(axis=1\)"),
            (lambda X, y: (X, [Label(k) for k in y]), "enum Label.*label.name for"),
            (lambda X, y: (X[0], y), "Reshape your data"),
            (lambda X, y: (np.zeros((4, 8, 8, 3)), y[:4]), "3 channels"),
            (lambda X, y: (np.zeros((4, 2, 8, 8, 1)), y[:4]), "5 dimensions"),
            (lambda X, y: (X, y, -np.ones(len(y))), "sample_weight must be"),
        ],
        ids=[
            *("NaN", "infinity", "strings", "empty", "another length", "regression"),
            *("one-hot", "enum", "one flat image", "colour", "5-D", "negative weights"),
        ],
    )
    def test_data(self, classifier, data, spoil, message):
        X, y, _, _ = data
        with pytest.raises(ValueError, match=message):
            classifier.fit(*spoil(X[:20], y[:20]))

    def test_one_image_is_not_a_stack(self, fitted, data):
        image = data[2][0].reshape(28, 28)
        for one in (image, image.ravel()):
            with pytest.raises(ValueError, match=r"one image.*X\[np.newaxis\]"):
                fitted.predict(one)
        assert fitted.predict(image[np.newaxis]).shape == (1,)

    @pytest.mark.parametrize("shape", [(-1, 14, 56), (-1, 14, 56, 1), (-1, 56, 14)])
    def test_images_of_another_shape(self, fitted, data, shape):
        message = r"fitted on images of 28 x 28 pixels. Give X as \(n, 28, 28\)"
        with pytest.raises(ValueError, match=message):
            fitted.predict(data[2].reshape(shape))

    def test_images_of_five_dimensions(self, fitted, data):
        with pytest.raises(ValueError, match="X has 5 dimensions"):
            fitted.predict(data[2][:3].reshape(3, 4, 7, 28, 1))

    def test_another_number_of_pixels(self, fitted, data):
        with pytest.raises(ValueError, match=r"X has 64 features.*expecting 784"):
            fitted.predict(data[2][:, :64])

    @pytest.mark.parametrize("given", [5, ("X",), ("X", "y", "w", "more")])
    def test_validation_data_of_another_form(self, classifier, data, given):
        X, y, _, _ = data
        with pytest.raises(
            ValueError, match=r"validation_data must be a tuple \(X, y\)"
        ):
            classifier.fit(X, y, validation_data=given)

    @pytest.mark.parametrize(
        "use",
        [
            lambda c, X: c.predict(X),
            lambda c, X: c.n_iter_,
            lambda c, X: c.history_frame_,
        ],
    )
    def test_not_fitted(self, classifier, data, use):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            use(classifier, data[2])

    @pytest.mark.parametrize("use", [lambda c: c.model_, lambda c: c.summary()])
    def test_without_a_network(self, keras_classifier, use):
        with pytest.raises(NotFittedError, match="is not fitted yet"):
            use(keras_classifier)

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda X, y: (X[:, :700], y[:-1]),
            lambda X, y: (X[:, :700] + 0.5, y > 4, np.full(len(y), np.nan)),
            lambda X, y: (X[:, :196], y, None, (X, y)),
            lambda X, y: (X[:, :196], y + 1, None, "validation data"),
        ],
        ids=["another length", "weights", "validation images", "validation data"],
    )
    def test_a_failed_fit_costs_no_earlier_one(self, classifier, data, spoil):
        X, y, X_new, _ = data
        classifier.set_params(epochs=1).fit(X, y)
        before = classifier.predict_proba(X_new)
        with pytest.raises(ValueError):  # noqa: PT011  TestMistakes has the messages
            classifier.fit(*spoil(X, y))
        np.testing.assert_array_equal(classifier.predict_proba(X_new), before)
        assert classifier.partial_fit(X, y).n_iter_ == 2

    def test_a_fit_that_fails_at_its_end_costs_no_epoch_of_the_history(
        self, classifier, data, monkeypatch
    ):
        X, y, _, _ = data
        history = classifier.set_params(epochs=1, warm_start=True).fit(X, y).history_
        shallow = copy.copy(classifier)
        # The warning of it is an error here.
        interrupting(monkeypatch, classifier, ("step", 3))
        with pytest.raises(UserWarning, match="interrupted"):
            classifier.fit(X, y)
        monkeypatch.undo()
        assert classifier.history_ == history
        assert shallow.fit(X, y).n_iter_ == 2
        assert classifier.n_iter_ == len(history["accuracy"]) == 1

    def test_a_failed_fit_leaves_it_unfitted(self, classifier, data):
        X, y, _, _ = data
        with pytest.raises(ValueError, match="optimizer"):
            classifier.set_params(optimizer="fastest").fit(X, y)
        with pytest.raises(NotFittedError):
            classifier.predict(X)


class TestTraining:
    def test_verbose_2_prints_a_line_an_epoch(self, classifier, data, capfd):
        X, y, _, _ = data
        classifier.set_params(verbose=2, validation_fraction=0.1).fit(X, y)
        out, err = capfd.readouterr()
        lines = out.splitlines()
        assert len(lines) == 5
        assert lines[0].startswith("epoch 1/5  loss ")
        assert "val_accuracy" in lines[0]
        assert err == ""

    @pytest.mark.parametrize("schedule", [None, "cosine", "one_cycle"])
    def test_schedules_learn(self, keras_classifier, data, schedule):
        X, y, X_new, y_new = data
        keras_classifier.set_params(
            learning_rate_schedule=schedule, learning_rate=0.005
        )
        assert keras_classifier.fit(X, y).score(X_new, y_new) > 0.6

    @pytest.mark.parametrize("name", ["sgd", "rmsprop", "adamw", "nadam"])
    def test_optimizers_by_name(self, keras_classifier, data, name):
        X, y, _, _ = data
        losses = keras_classifier.set_params(optimizer=name).fit(X, y).loss_curve_
        assert losses[-1] < losses[0]

    def test_an_optimizer_instance_is_copied(self, keras_classifier, data):
        import keras

        X, y, X_new, _ = data
        optimizer = keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)
        keras_classifier.set_params(optimizer=optimizer, learning_rate_schedule=None)
        again = clone(keras_classifier)
        np.testing.assert_array_equal(
            keras_classifier.fit(X, y).predict_proba(X_new),
            again.fit(X, y).predict_proba(X_new),
        )
        assert not optimizer.built
        by_name = clone(keras_classifier).set_params(optimizer="sgd", learning_rate=0.1)
        other = by_name.fit(X, y).predict_proba(X_new)
        assert (other != again.predict_proba(X_new)).any()  # no momentum

    def test_an_optimizer_with_a_schedule_of_its_own(self, keras_classifier, data):
        import keras

        X, y, _, _ = data
        schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 5, 0.9)
        keras_classifier.set_params(optimizer=keras.optimizers.Adam(schedule))
        with pytest.raises(ValueError, match="schedule of its own"):
            keras_classifier.fit(X, y)
        keras_classifier.set_params(learning_rate_schedule=None)
        losses = keras_classifier.fit(X, y).loss_curve_
        assert losses[-1] < losses[0]

    def test_no_warning_in_ordinary_use(self, classifier, data):
        X, y, X_new, _ = data
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            classifier.fit(X, y).predict(X_new[:1])


def interrupting(monkeypatch, classifier, where):
    """Let the user interrupt a fit: ('step', 0) in the first step, and so on."""
    if isinstance(classifier, NumpyDigitClassifier):
        owner, names = _numpy_training._Run, {"step": "_step", "epoch": "evaluate"}
    else:
        owner, names = trainer.Trainer, {"step": "run", "epoch": "evaluate"}
        if where[0] == "step":
            monkeypatch.setattr(callbacks_module, "steps_per_call", lambda _: 1)
    kind, number = where
    real, calls = getattr(owner, names[kind]), itertools.count()

    def interrupt(*arguments):
        if next(calls) == number:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(owner, names[kind], interrupt)


class TestInterrupt:
    message = "Training interrupted by user"

    def test_in_the_middle_of_an_epoch(self, classifier, data, monkeypatch):
        X, y, X_new, y_new = data
        interrupting(monkeypatch, classifier, ("step", 19 * 4 + 12))
        with pytest.warns(UserWarning, match=f"{self.message}, after 4 of 5 epochs"):
            classifier.fit(X, y)
        assert classifier.n_iter_ == len(classifier.history_frame_) == 4
        assert classifier.score(X_new, y_new) > 0.5

    def test_before_the_first_epoch_is_over(self, classifier, data, monkeypatch):
        X, y, X_new, _ = data
        interrupting(monkeypatch, classifier, ("step", 3))
        classifier.set_params(warm_start=True)
        with pytest.warns(UserWarning, match=f"{self.message}, after 0 of 5"):
            classifier.fit(X, y, validation_data=(X, y))
        assert classifier.n_iter_ == 0
        assert classifier.loss_curve_ == []
        assert classifier.history_frame_.shape == (0, 4)
        assert classifier.predict(X_new).shape == (100,)
        classifier.fit(X, y, validation_data=(X, y))
        assert classifier.n_iter_ == 5

    def test_before_anything_is_learned(self, classifier, data, monkeypatch):
        X, y, X_new, _ = data
        with monkeypatch.context() as patch:
            interrupting(patch, classifier, ("step", 0))
            with pytest.raises(KeyboardInterrupt):
                classifier.fit(X, y)
        with pytest.raises(NotFittedError):
            classifier.predict(X_new)
        classifier.fit(X, y)
        before = classifier.predict_proba(X_new)
        interrupting(monkeypatch, classifier, ("step", 0))
        with pytest.raises(KeyboardInterrupt):
            classifier.partial_fit(X, y)
        np.testing.assert_array_equal(classifier.predict_proba(X_new), before)
        assert classifier.n_iter_ == 5

    def test_keeps_the_best_epoch_and_harms_no_later_fit(
        self, classifier, data, monkeypatch
    ):
        X, y, X_val, y_val = data
        wrong = (X_val, (y_val + 1) % 10)  # the more is learned, the worse
        classifier.set_params(learning_rate=0.03)
        whole = clone(classifier).fit(X, y, validation_data=wrong)
        with monkeypatch.context() as patch:
            interrupting(patch, classifier, ("epoch", 3))
            with pytest.warns(UserWarning, match=f"{self.message}, after 3"):
                classifier.fit(X, y, validation_data=wrong)
        assert classifier.history_ == {
            name: curve[:3] for name, curve in whole.history_.items()
        }
        own = classifier.predict_log_proba(X_val)[np.arange(100), wrong[1]]
        assert -own.mean() == pytest.approx(min(classifier.history_["val_loss"]), 1e-4)
        again = clone(classifier).fit(X, y, validation_data=wrong)
        assert again.history_ == whole.history_

    def test_of_partial_fit(self, classifier, data, monkeypatch):
        X, y, X_new, _ = data
        before = classifier.partial_fit(X, y, classes=range(10)).predict_proba(X_new)
        interrupting(monkeypatch, classifier, ("step", 9))
        with pytest.warns(UserWarning, match=f"{self.message}, after 0 of 1"):
            classifier.partial_fit(X, y)
        assert classifier.n_iter_ == 1
        assert (classifier.predict_proba(X_new) != before).any()

    def test_ends_one_fit_of_a_search(self, classifier, data, monkeypatch):
        X, y, _, _ = data
        interrupting(monkeypatch, classifier, ("step", 5))
        search = GridSearchCV(classifier, {"epochs": [1, 2]}, cv=2)
        with pytest.warns(UserWarning, match=self.message) as caught:
            search.fit(X, y)
        assert len(caught) == 1
        assert search.best_estimator_.n_iter_ in (1, 2)

    def test_in_the_thread_that_augments(self, keras_classifier, data):
        class Interrupted(DigitAugmenter):
            def augment(self, X, random_state):
                if random_state == self.first + 2:
                    raise KeyboardInterrupt
                self.first = min(random_state, self.first)
                return X

            def fit(self, X, y=None):
                self.first = np.inf
                return self

        with pytest.warns(UserWarning, match=f"{self.message}, after [12] of 5"):
            keras_classifier.set_params(augmenter=Interrupted()).fit(*data[:2])
        assert keras_classifier.n_iter_ in (1, 2)
        assert not [
            thread
            for thread in threading.enumerate()
            if thread.name.startswith("ThreadPoolExecutor") and not wait_for(thread)
        ]

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
    def test_by_a_signal(self, other_process):
        assert other_process.return_code == 0
        assert f"warned {self.message}" in other_process.last_line


def wait_for(thread):
    thread.join(timeout=60)
    return not thread.is_alive()


class TestAugmenter:
    augmenter = DigitAugmenter()

    def test_changes_training_and_is_seeded_by_the_classifier(
        self, keras_classifier, data
    ):
        X, y, X_test, _ = data
        plain = clone(keras_classifier).fit(X, y).predict_proba(X_test)
        keras_classifier.set_params(augmenter=self.augmenter)
        first = keras_classifier.fit(X, y).predict_proba(X_test)
        again = clone(keras_classifier).fit(X, y).predict_proba(X_test)
        assert not np.array_equal(first, plain)
        np.testing.assert_array_equal(first, again)
        assert not hasattr(self.augmenter, "image_shape_")

    def test_gives_new_variants_of_training_images_alone_in_each_epoch(
        self, keras_classifier, data
    ):
        X, y, _, _ = data
        seen = []

        class Recorder(DigitAugmenter):
            def augment(self, X, **options):
                variants = super().augment(X, **options)
                seen.append((X, variants))
                return variants

        augmenter = Recorder(rotation=20)
        keras_classifier.set_params(
            augmenter=augmenter, epochs=3, validation_fraction=0.2
        ).fit(X, y)
        assert [len(variants) for _, variants in seen] == [240, 240, 240]
        first, second, third = (variants for _, variants in seen)
        assert (first != second).any()
        assert (second != third).any()
        known = {image.tobytes() for image in X}
        given = {image.tobytes() for image in seen[0][0]}
        assert len(known - given) >= 55
        assert given <= known

    def test_images_of_any_type_and_shape(self, keras_classifier, data):
        X, y, X_test, y_test = data
        keras_classifier.set_params(augmenter=self.augmenter, epochs=8)
        in_floats = (X / 255).reshape(-1, 28, 28)
        keras_classifier.fit(in_floats, y)
        assert keras_classifier.score((X_test / 255).reshape(-1, 28, 28), y_test) > 0.6

    def test_searches_reach_inside(self, keras_classifier, data):
        X, y, _, _ = data
        keras_classifier.set_params(augmenter=self.augmenter, epochs=1)
        grid = {"augmenter__rotation": [0.0, 15.0], "augmenter": [self.augmenter]}
        search = GridSearchCV(keras_classifier, grid, cv=2).fit(X, y)
        assert search.best_estimator_.augmenter.rotation in (0.0, 15.0)

    def test_partial_fit(self, keras_classifier, data):
        X, y, X_test, y_test = data
        keras_classifier.set_params(augmenter=self.augmenter)
        for _ in range(15):
            keras_classifier.partial_fit(X, y, classes=range(10))
        assert keras_classifier.score(X_test, y_test) > 0.6

    def test_a_failing_augmenter_fails_the_fit(self, keras_classifier, data):
        class Broken(DigitAugmenter):
            def augment(self, X, **options):
                raise RuntimeError("no more ink")

        with pytest.raises(RuntimeError, match="no more ink"):
            keras_classifier.set_params(augmenter=Broken()).fit(data[0], data[1])

    def test_must_be_an_augmenter(self, keras_classifier, data):
        keras_classifier.set_params(augmenter="rotate")
        with pytest.raises(ValueError, match="The 'augmenter' parameter of"):
            keras_classifier.fit(data[0], data[1])
