"""What users have reported of libraries like this one, written as they write it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
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
)
from mnist_estimators.exceptions import PixelRangeWarning


@pytest.fixture(scope="module")
def digits(small_digits):
    """400 digits to learn from, and 797 others."""
    X, y = small_digits
    return X[:400], y[:400], X[1000:], y[1000:]


def dense(**parameters):
    return DenseDigitClassifier(
        hidden_layer_sizes=(32,), batch_size=32, random_state=0, **parameters
    )


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
