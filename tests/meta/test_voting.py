"""DigitVotingClassifier: all that VotingClassifier is, and what digits need."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
import sklearn
from interrupts import ctrl_c_at_step
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
    load_model,
    save_model,
)

X_BLOBS, Y_BLOBS = make_classification(
    200, 8, n_informative=6, n_classes=3, random_state=0
)
MEMBERS = [
    ("lr", LogisticRegression(random_state=0)),
    ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
    ("nb", GaussianNB()),
]


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:400], y[:400], X[400:700], y[400:700]


@pytest.fixture
def tree():
    return DecisionTreeClassifier(max_depth=8, max_features=20, random_state=0)


TREES = [
    ("deep", DecisionTreeClassifier(random_state=0)),
    ("flat", DecisionTreeClassifier(max_depth=3, random_state=0)),
]


# For labels that are infinite, NumPy warns before scikit-learn refuses them.
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@parametrize_with_checks(
    [DigitVotingClassifier(TREES), DigitVotingClassifier(TREES, voting="soft")]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@pytest.fixture
def numpys_random_state():
    """One of scikit-learn's checks draws from NumPy's global generator."""
    state = np.random.get_state()  # noqa: NPY002  what the check draws from
    yield
    np.random.set_state(state)  # noqa: NPY002  put back


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("numpys_random_state")
def test_scikit_learns_checks_end_as_those_of_its_own_class():
    ours, theirs = (
        {
            result["check_name"]: result["status"]
            for result in check_estimator(cls(MEMBERS), on_skip=None, on_fail=None)
        }
        for cls in (DigitVotingClassifier, VotingClassifier)
    )
    # Before scikit-learn 1.7, a parameter sample_weight has checks of its own.
    shared = ours.keys() & theirs.keys()
    assert len(shared) > 40
    assert {name: ours[name] for name in shared} == {
        name: theirs[name] for name in shared
    }


class TestInPlaceOfVotingClassifier:
    """One is put for the other, and nothing changes."""

    CASES = (
        {},
        {"voting": "soft"},
        {"weights": [2, 1, 1]},
        {"voting": "soft", "weights": np.array([0.5, 0.1, 2.0])},
        {"voting": "soft", "flatten_transform": False},
        {"n_jobs": 2},
    )

    @pytest.fixture(params=CASES, ids=str)
    def pair(self, request):
        return tuple(
            cls(MEMBERS, **request.param).fit(X_BLOBS, Y_BLOBS)
            for cls in (DigitVotingClassifier, VotingClassifier)
        )

    def test_predictions(self, pair):
        ours, theirs = pair
        for name in ("predict", "transform", "predict_proba"):
            assert hasattr(ours, name) == hasattr(theirs, name)
            if hasattr(theirs, name):
                np.testing.assert_array_equal(
                    getattr(ours, name)(X_BLOBS), getattr(theirs, name)(X_BLOBS)
                )
        assert ours.score(X_BLOBS, Y_BLOBS) == theirs.score(X_BLOBS, Y_BLOBS)

    def test_attributes(self, pair):
        ours, theirs = pair
        fitted = {name for name in vars(theirs) if name.endswith("_")}
        assert fitted == {name for name in vars(ours) if name.endswith("_")}
        assert [*ours.named_estimators_] == [*theirs.named_estimators_]
        assert [*ours.named_estimators] == [*theirs.named_estimators]
        assert [*map(str, ours.estimators_)] == [*map(str, theirs.estimators_)]
        np.testing.assert_array_equal(ours.classes_, theirs.classes_)
        np.testing.assert_array_equal(ours.le_.classes_, theirs.le_.classes_)
        assert ours.n_features_in_ == theirs.n_features_in_

    def test_names_of_columns(self, pair):
        ours, theirs = pair
        if theirs.voting == "soft" and not theirs.flatten_transform:
            for one in pair:
                with pytest.raises(ValueError, match="not supported when `voting"):
                    one.get_feature_names_out()
            return
        expected = [
            name.replace("votingclassifier", "digitvotingclassifier")
            for name in theirs.get_feature_names_out()
        ]
        assert ours.get_feature_names_out().tolist() == expected
        frame = clone(ours).set_output(transform="pandas").fit(X_BLOBS, Y_BLOBS)
        assert frame.transform(X_BLOBS).columns.tolist() == expected

    def test_parameters(self):
        ours, theirs = DigitVotingClassifier(MEMBERS), VotingClassifier(MEMBERS)
        names = set(ours.get_params())
        assert names - set(theirs.get_params()) == {"n_members"}
        for one in (ours, theirs):
            one.set_params(lr__C=3.0, nb="drop", weights=[1, 1, 5])
            one.fit(X_BLOBS, Y_BLOBS)
            assert one.named_estimators_["nb"] == "drop"
            assert one.named_estimators_["lr"].C == 3.0
        np.testing.assert_array_equal(ours.predict(X_BLOBS), theirs.predict(X_BLOBS))

    def test_labels_are_text(self):
        labels = np.array(["one", "two", "three"])[Y_BLOBS]
        ours, theirs = (
            cls(MEMBERS).fit(X_BLOBS, labels)
            for cls in (DigitVotingClassifier, VotingClassifier)
        )
        np.testing.assert_array_equal(ours.predict(X_BLOBS), theirs.predict(X_BLOBS))
        np.testing.assert_array_equal(
            ours.transform(X_BLOBS), theirs.transform(X_BLOBS)
        )
        # The one difference: parameters of members can name labels.
        assert ours.estimators_[0].classes_.tolist() == ["one", "three", "two"]
        assert theirs.estimators_[0].classes_.tolist() == [0, 1, 2]

    def test_data_frames(self):
        frame = pd.DataFrame(X_BLOBS).add_prefix("pixel")
        ours = DigitVotingClassifier(MEMBERS).fit(frame, Y_BLOBS)
        assert ours.feature_names_in_.tolist() == frame.columns.tolist()
        assert not hasattr(ours.fit(X_BLOBS, Y_BLOBS), "feature_names_in_")

    def test_weights_of_samples(self):
        weights = np.random.default_rng(0).random(len(Y_BLOBS))
        ours, theirs = (
            cls(MEMBERS, voting="soft").fit(X_BLOBS, Y_BLOBS, sample_weight=weights)
            for cls in (DigitVotingClassifier, VotingClassifier)
        )
        np.testing.assert_array_equal(
            ours.predict_proba(X_BLOBS), theirs.predict_proba(X_BLOBS)
        )

    @pytest.mark.parametrize("estimators", [MEMBERS, MEMBERS[0][1]], ids=["list", "1"])
    def test_metadata_routing(self, estimators):
        class Recorder(ClassifierMixin, BaseEstimator):
            def fit(self, X, y, colour=None):
                self.classes_ = np.unique(y)
                self.colour_ = colour
                return self

            def predict(self, X):
                return np.repeat(self.classes_[:1], len(X))

        with sklearn.config_context(enable_metadata_routing=True):
            recorder = Recorder().set_fit_request(colour=True)
            given = (
                recorder
                if estimators is MEMBERS[0][1]
                else [("recorder", recorder), ("nb", GaussianNB())]
            )
            vote = DigitVotingClassifier(given, n_members=2)
            vote.fit(X_BLOBS, Y_BLOBS, colour="red")
            assert [one.colour_ for one in vote.estimators_[:2]] == ["red", "red"]
            with pytest.raises(TypeError, match="size"):
                vote.fit(X_BLOBS, Y_BLOBS, size=3)

    @pytest.mark.parametrize(
        ("parameters", "y", "arguments"),
        [
            ({"estimators": []}, Y_BLOBS, {}),
            ({"estimators": [("lr", "drop")]}, Y_BLOBS, {}),
            ({"estimators": [("lr", LinearRegression())]}, Y_BLOBS, {}),
            ({"estimators": [MEMBERS[0], MEMBERS[0]]}, Y_BLOBS, {}),
            ({"estimators": [("weights", GaussianNB())]}, Y_BLOBS, {}),
            ({"weights": [1, 2]}, Y_BLOBS, {}),
            ({"voting": "loud"}, Y_BLOBS, {}),
            ({}, np.linspace(0, 1, 200), {}),
            ({}, np.ones((200, 2), int), {}),
            ({}, Y_BLOBS, {"colour": "red"}),
            (
                {"estimators": [("knn", KNeighborsClassifier())]},
                Y_BLOBS,
                {"sample_weight": np.ones(200)},
            ),
        ],
    )
    def test_errors(self, parameters, y, arguments):
        messages = []
        for cls in (DigitVotingClassifier, VotingClassifier):
            vote = cls(**({"estimators": MEMBERS} | parameters))
            with pytest.raises((ValueError, TypeError, NotImplementedError)) as caught:
                vote.fit(X_BLOBS, y, **arguments)
            text = str(caught.value).replace("DigitVoting", "Voting")
            messages.append((type(caught.value), text.partition(" from ")[0]))
        assert messages[0] == messages[1]

    def test_not_fitted(self):
        for name in ("predict", "transform", "agreement", "disagreements"):
            with pytest.raises(NotFittedError):
                getattr(DigitVotingClassifier(MEMBERS), name)(X_BLOBS)


class TestMembers:
    def test_differ_in_their_seed(self, digits, tree):
        X, y, X_new, y_new = digits
        vote = DigitVotingClassifier(tree, n_members=5, voting="soft").fit(X, y)
        assert [*vote.named_estimators_] == [
            f"decisiontreeclassifier_{number}" for number in range(1, 6)
        ]
        seeds = {one.random_state for one in vote.estimators_}
        assert len(seeds) == 5
        assert vote.estimators_[0].random_state == 0
        alone = [one.score(X_new, y_new) for one in vote.estimators_]
        assert vote.score(X_new, y_new) > max(alone)

    def test_are_the_same_in_another_fit(self, digits, tree):
        X, y, X_new, _ = digits
        vote = DigitVotingClassifier(tree, n_members=3, voting="soft")
        np.testing.assert_array_equal(
            clone(vote).fit(X, y).predict_proba(X_new),
            clone(vote).set_params(n_jobs=2).fit(X, y).predict_proba(X_new),
        )

    @pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
    def test_of_an_estimator_without_a_fixed_seed(self, digits, random_state):
        X, y, X_new, _ = digits
        network = NumpyDigitClassifier(epochs=1, random_state=random_state)
        vote = DigitVotingClassifier(network, n_members=2, voting="soft").fit(X, y)
        one, other = vote.transform(X_new).reshape(-1, 2, 10).swapaxes(0, 1)
        assert (one != other).any()

    def test_seeds_reach_into_pipelines(self, digits, tree):
        X, y, _, _ = digits
        pipeline = make_pipeline(MinMaxScaler(), tree)
        vote = DigitVotingClassifier(pipeline, n_members=2).fit(X, y)
        assert len({one[-1].random_state for one in vote.estimators_}) == 2

    def test_of_several_kinds_share_the_weight_of_their_kind(self, digits, tree):
        X, y, X_new, _ = digits
        named = [("tree", tree), ("nb", GaussianNB())]
        vote = DigitVotingClassifier(
            named, n_members=2, voting="soft", weights=[3, 1]
        ).fit(X, y)
        assert [*vote.named_estimators_] == ["tree_1", "tree_2", "nb_1", "nb_2"]
        probabilities = [one.predict_proba(X_new) for one in vote.estimators_]
        np.testing.assert_allclose(
            vote.predict_proba(X_new),
            np.average(probabilities, axis=0, weights=[3, 3, 1, 1]),
        )
        assert len(vote.get_feature_names_out()) == 40

    @pytest.mark.parametrize("voting", ["hard", "soft"])
    @pytest.mark.parametrize(
        "weights",
        [
            [0, 0, 0],
            [1, -1, 1],
            [1.0, np.nan, 1.0],
            [np.inf, 1.0, 1.0],
            [1e308, 1e308, 1.0],
            ["2", "1", "1"],
            [1, None, 1],
            [[1], [1], [1]],
        ],
        ids=str,
    )
    def test_need_weights_to_vote_with(self, voting, weights):
        vote = DigitVotingClassifier(MEMBERS, voting=voting, weights=weights)
        message = f"weights must be finite .* Got {re.escape(str(weights))}"
        with pytest.raises(ValueError, match=message):
            vote.fit(X_BLOBS, Y_BLOBS)

    def test_that_are_dropped_have_no_weight(self):
        vote = DigitVotingClassifier(MEMBERS, weights=[1, 0, 0]).fit(X_BLOBS, Y_BLOBS)
        with pytest.raises(ValueError, match=r"not 'drop'. Got \[1, 0, 0\]"):
            vote.set_params(lr="drop").fit(X_BLOBS, Y_BLOBS)

    def test_search(self, digits, tree):
        X, y, _, _ = digits
        vote = DigitVotingClassifier(tree, n_members=2)
        grid = {"n_members": [1, 3], "estimators__max_depth": [2, 8]}
        search = GridSearchCV(vote, grid, cv=2).fit(X, y)
        assert search.best_params_ == {"n_members": 3, "estimators__max_depth": 8}

    def test_must_be_classifiers(self):
        with pytest.raises(ValueError, match="LinearRegression should be a classifier"):
            DigitVotingClassifier(LinearRegression()).fit(X_BLOBS, Y_BLOBS)
        with pytest.raises(ValueError, match="'n_members' parameter"):
            DigitVotingClassifier(MEMBERS, n_members=0).fit(X_BLOBS, Y_BLOBS)

    def test_must_have_probabilities_for_a_soft_vote(self):
        frozen = FrozenEstimator(SVC(random_state=0).fit(X_BLOBS, Y_BLOBS))
        for one in (SVC(), make_pipeline(StandardScaler(), SVC()), frozen):
            vote = DigitVotingClassifier([*MEMBERS, ("one", one)], voting="soft")
            with pytest.raises(ValueError, match=r"'one', .* has no predict_proba"):
                vote.fit(X_BLOBS, Y_BLOBS)
        vote.set_params(one="drop").fit(X_BLOBS, Y_BLOBS)

    def test_may_come_to_probabilities_in_a_search(self):
        search = GridSearchCV(SGDClassifier(random_state=0), {"loss": ["log_loss"]})
        vote = DigitVotingClassifier([("search", search)], voting="soft")
        assert vote.fit(X_BLOBS, Y_BLOBS).score(X_BLOBS, Y_BLOBS) > 0.5

    @pytest.mark.parametrize(
        "estimator",
        [
            DecisionTreeClassifier(max_depth=3),
            RandomForestClassifier(max_depth=3),
            make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=3)),
        ],
        ids=["tree", "forest", "pipeline"],
    )
    def test_of_any_one_estimator(self, estimator):
        vote = DigitVotingClassifier(estimator)
        assert "max_depth" in vote._repr_html_()
        assert vote.get_params()["estimators"] is estimator
        clone(vote).set_params(n_members=3)

    def test_leave_what_they_begin_with_alone(self, digits):
        X, y, _, _ = digits
        network = DenseDigitClassifier(epochs=1, random_state=0)
        source = clone(network).fit(X, y)
        before = source.get_params()
        vote = DigitVotingClassifier(network.set_params(init_from=source), n_members=2)
        vote.fit(X, y)
        assert source.get_params() == before
        assert {one.init_from for one in vote.estimators_} == {source}


# Each with labels for the digits 0 to 9; other numbers than 0 to 9 among them.
LABELS = {
    "next number": np.arange(1, 11),
    "text": np.array([f"digit {digit}" for digit in range(10)]),
    "floats": np.arange(10) * 2.0 - 4,
    "halves": np.arange(10) >= 5,
}


class TestLabelsOfMembers:
    """Members learn under the labels of `y`, so their parameters can name them."""

    @pytest.fixture(params=LABELS.values(), ids=LABELS)
    def labels(self, request):
        return request.param

    @pytest.mark.parametrize("voting", ["hard", "soft"])
    def test_class_weight(self, digits, labels, voting):
        X, y, X_new, y_new = digits
        light = {labels[1].item(): 1e-6}
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(16,), class_weight=light, random_state=0
        )
        vote = DigitVotingClassifier(network, n_members=2, voting=voting)
        vote.fit(X, labels[y])
        single = clone(network).fit(X, labels[y])
        np.testing.assert_array_equal(vote.classes_, np.unique(labels))
        np.testing.assert_array_equal(
            vote.estimators_[0].predict_proba(X_new), single.predict_proba(X_new)
        )
        found = vote.predict(X_new)
        is_light = labels[y_new] == labels[1]
        assert (found[is_light] == labels[1]).mean() < 0.1
        assert (found[~is_light] == labels[y_new][~is_light]).mean() > 0.8

    def test_init_from_keeps_the_output_layer(self, digits, labels):
        X, y, X_new, _ = digits
        network = DenseDigitClassifier(
            hidden_layer_sizes=(16,), learning_rate=1e-9, epochs=1, random_state=1
        )
        source = clone(network).set_params(learning_rate=0.01, epochs=5)
        source.fit(X, labels[y])
        vote = DigitVotingClassifier(
            network.set_params(init_from=source), voting="soft"
        ).fit(X, labels[y])
        # Steps of 1e-9 change next to nothing; another output layer does.
        np.testing.assert_allclose(
            vote.predict_proba(X_new), source.predict_proba(X_new), atol=1e-4
        )

    def test_metadata_name_the_labels_too(self, digits, labels):
        X, y, X_new, y_new = digits
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(16,), epochs=3, random_state=0
        )
        with sklearn.config_context(enable_metadata_routing=True):
            network.set_fit_request(validation_data=True, X_val=True, y_val=True)
            vote = DigitVotingClassifier(network)
            by_name = clone(vote).fit(X, labels[y], X_val=X_new, y_val=labels[y_new])
            vote.fit(X, labels[y], validation_data=(X_new, labels[y_new]))
        single = network.fit(X, labels[y], X_val=X_new, y_val=labels[y_new])
        for one in (vote, by_name):
            assert one.estimators_[0].history_ == single.history_

    @pytest.mark.parametrize("voting", ["hard", "soft"])
    @pytest.mark.parametrize("restored", ["pickle", "model file"])
    def test_votes_whose_members_know_numbers_predict_as_before(
        self, digits, labels, voting, restored, tmp_path
    ):
        X, y, X_new, _ = digits
        network = NumpyDigitClassifier(hidden_layer_sizes=(16,), random_state=0)
        vote = DigitVotingClassifier(
            [("one", network), ("other", GaussianNB())], voting=voting
        ).fit(X, labels[y])
        expected = vote.predict(X_new), vote.transform(X_new)
        # So earlier versions fitted members.
        numbers = vote.le_.transform(labels[y])
        vote.estimators_ = [clone(one).fit(X, numbers) for one in vote.estimators_]
        vote.named_estimators_.update(
            zip(["one", "other"], vote.estimators_, strict=True)
        )
        if restored == "pickle":
            old = pickle.loads(pickle.dumps(vote))
        else:
            save_model(vote, tmp_path / "old.model")
            old = load_model(tmp_path / "old.model")
        np.testing.assert_array_equal(old.predict(X_new), expected[0])
        np.testing.assert_allclose(old.transform(X_new), expected[1])
        assert old.agreement(X_new).max() == 1


class TestWeightsAfterFit:
    @pytest.mark.parametrize("voting", ["hard", "soft"])
    def test_those_of_the_fitted_members_count(self, voting):
        vote = DigitVotingClassifier(MEMBERS, voting=voting, weights=[1, 2, 3])
        before = vote.fit(X_BLOBS, Y_BLOBS).transform(X_BLOBS), vote.predict(X_BLOBS)
        vote.set_params(tree="drop", n_members=2)
        after = vote.transform(X_BLOBS), vote.predict(X_BLOBS)
        for one, other in zip(before, after, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_members_dropped_before_have_none(self):
        vote = DigitVotingClassifier(MEMBERS, weights=[1, 50, 3], n_members=2)
        vote.set_params(tree="drop").fit(X_BLOBS, Y_BLOBS)
        heavy = DigitVotingClassifier(
            [MEMBERS[0], MEMBERS[2]], weights=[1, 3], n_members=2
        )
        np.testing.assert_array_equal(
            vote.predict(X_BLOBS), heavy.fit(X_BLOBS, Y_BLOBS).predict(X_BLOBS)
        )

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([1, 2], "3 members were fitted. Got 2 weights"),
            ([0, 0, 0], r"sum above 0 .* Got \[0, 0, 0\]"),
            ([1, -1, 2], r"at least 0, .* Got \[1, -1, 2\]"),
            ([], "Got 0 weights"),
        ],
    )
    @pytest.mark.parametrize("use", ["predict", "agreement"])
    def test_must_suit_the_members(self, weights, message, use):
        vote = DigitVotingClassifier(MEMBERS).fit(X_BLOBS, Y_BLOBS)
        with pytest.raises(ValueError, match=message):
            getattr(vote.set_params(weights=weights), use)(X_BLOBS)


class TestFrozenMembers:
    def test_are_taken_as_they_are(self, digits):
        X, y, X_new, _ = digits
        names = np.array([f"digit {label}" for label in range(10)])
        knn = KNeighborsClassifier(3).fit(X[:200], names[y[:200]])
        vote = DigitVotingClassifier(
            [("knn", FrozenEstimator(knn)), ("nb", GaussianNB())],
            voting="soft",
            weights=[1, 0],
        ).fit(X, names[y])
        assert vote.named_estimators_["knn"].estimator is knn
        np.testing.assert_array_equal(vote.predict(X_new), knn.predict(X_new))
        hard = vote.set_params(voting="hard").fit(X, names[y])
        np.testing.assert_array_equal(hard.predict(X_new), knn.predict(X_new))

    def test_may_know_fewer_labels(self, digits):
        X, y, X_new, _ = digits
        few = KNeighborsClassifier().fit(X[y < 5], y[y < 5])
        vote = DigitVotingClassifier(
            [("few", FrozenEstimator(few))], voting="soft"
        ).fit(X, y)
        probabilities = vote.predict_proba(X_new)
        assert probabilities.shape == (300, 10)
        assert not probabilities[:, 5:].any()

    def test_of_few_labels_have_the_columns_of_those(self, digits):
        X, y, X_new, _ = digits
        names = np.array([f"digit {label}" for label in range(10)])
        for labels in (np.arange(10), np.arange(1, 11), names):
            known = np.isin(y, [3, 5, 8])
            few = KNeighborsClassifier(3).fit(X[known], labels[y[known]])
            members = [("few", FrozenEstimator(few)), ("nb", GaussianNB())]
            vote = DigitVotingClassifier(members, voting="soft", weights=[1, 0])
            found = vote.fit(X, labels[y]).predict_proba(X_new)
            np.testing.assert_array_equal(found[:, [3, 5, 8]], few.predict_proba(X_new))
            assert not np.delete(found, [3, 5, 8], axis=1).any()
            vote.set_params(voting="hard")
            np.testing.assert_array_equal(vote.predict(X_new), few.predict(X_new))
            np.testing.assert_array_equal(
                labels[vote.transform(X_new)[:, 0]], few.predict(X_new)
            )

    @pytest.mark.parametrize("fitted_on", [float, int])
    @pytest.mark.parametrize("voted_on", [float, int])
    def test_may_have_learned_from_numbers_of_another_type(
        self, digits, fitted_on, voted_on
    ):
        X, y, X_new, _ = digits
        knn = FrozenEstimator(KNeighborsClassifier(3).fit(X, y.astype(fitted_on)))
        vote = DigitVotingClassifier([("knn", knn), ("nb", GaussianNB())])
        vote.set_params(weights=[2, 1]).fit(X, y.astype(voted_on))
        np.testing.assert_array_equal(vote.predict(X_new), knn.predict(X_new))
        assert vote.agreement(X_new).min() == pytest.approx(2 / 3)

    def test_in_a_pipeline(self, digits):
        X, y, X_new, y_new = digits
        names = np.array([f"digit {label}" for label in range(10)])
        knn = FrozenEstimator(KNeighborsClassifier(3).fit(X, names[y]))
        members = [("knn", make_pipeline(knn)), ("nb", GaussianNB())]
        for voting in ("hard", "soft"):
            vote = DigitVotingClassifier(members, voting=voting, weights=[2, 1])
            assert vote.fit(X, names[y]).score(X_new, names[y_new]) > 0.8

    def test_must_be_fitted(self):
        vote = DigitVotingClassifier([("nb", FrozenEstimator(GaussianNB()))])
        with pytest.raises(NotFittedError, match="GaussianNB"):
            vote.fit(X_BLOBS, Y_BLOBS)

    def test_may_not_know_others(self, digits):
        X, y, _, _ = digits
        knn = KNeighborsClassifier().fit(X, y)
        vote = DigitVotingClassifier([("knn", FrozenEstimator(knn))])
        message = r"frozen member 'knn' knows the labels \[5, 6, 7, 8, 9\]"
        with pytest.raises(ValueError, match=message):
            vote.fit(X[y < 5], y[y < 5])
        vote.set_params(knn=FrozenEstimator(KNeighborsClassifier().fit(X, y == 3)))
        with pytest.raises(ValueError, match=r"knows the labels \[False, True\]"):
            vote.fit(X, y)


class TestImages:
    @pytest.fixture
    def members(self):
        cnn = CNNDigitClassifier(
            filters=(4,), dense_layer_sizes=(), epochs=3, batch_size=32, random_state=0
        )
        scaled = make_pipeline(StandardScaler(), GaussianNB())
        return [
            ("cnn", cnn),
            ("knn", KNeighborsClassifier(3)),
            ("pipeline", scaled),
        ]

    @pytest.mark.parametrize("shape", [(-1, 784), (-1, 28, 28), (-1, 28, 28, 1)])
    def test_of_any_accepted_shape(self, digits, members, shape):
        X, y, X_new, y_new = digits
        vote = DigitVotingClassifier(members, voting="soft").fit(X.reshape(shape), y)
        assert vote.score(X_new.reshape(shape), y_new) > 0.7
        assert vote.n_features_in_ == 784
        assert vote.named_estimators_["cnn"].image_shape_ == (28, 28)

    @pytest.mark.parametrize(
        "inside",
        [
            lambda network: make_pipeline(network),
            lambda network: make_pipeline("passthrough", network),
            lambda network: make_pipeline(FunctionTransformer(), network),
            lambda network: GridSearchCV(network, {"momentum": [0.9]}, cv=2),
            FrozenEstimator,
        ],
        ids=["pipeline", "passthrough", "function", "search", "frozen"],
    )
    def test_keep_their_shape_inside_of_containers(self, digits, inside):
        X, y, _, _ = digits
        images = X.reshape(-1, 28, 28)[:, :, 4:24]
        network = NumpyDigitClassifier(epochs=1, random_state=0)
        if inside is FrozenEstimator:
            network.fit(images, y)
        vote = DigitVotingClassifier([("network", inside(network))]).fit(images, y)
        (fitted,) = vote.estimators_
        while hasattr(fitted, "steps") or hasattr(fitted, "best_estimator_"):
            fitted = fitted[-1] if hasattr(fitted, "steps") else fitted.best_estimator_
        assert fitted.image_shape_ == (28, 20)
        assert vote.predict(images).shape == (400,)

    def test_in_cross_validation(self, digits, members):
        X, y, _, _ = digits
        vote = DigitVotingClassifier(members, voting="soft")
        scores = cross_val_score(vote, X.reshape(-1, 28, 28), y, cv=2)
        assert scores.mean() > 0.65

    def test_a_network_an_svm_and_neighbours_in_a_search_over_weights(self, digits):
        X, y, _, _ = digits
        network = CNNDigitClassifier(
            filters=(4,), dense_layer_sizes=(), epochs=2, batch_size=32, random_state=0
        )
        vote = DigitVotingClassifier(
            [
                ("cnn", network),
                ("svm", SVC(random_state=0)),
                ("knn", KNeighborsClassifier()),
            ]
        )
        grid = {"weights": [None, [1, 2, 1], [0, 0, 1]]}
        search = GridSearchCV(vote, grid, cv=2).fit(X, y)
        assert search.best_score_ > 0.85

    def test_networks_of_one_architecture_are_traced_once(self, digits, monkeypatch):
        from mnist_estimators._training import trainer_pool

        built = []

        class Counted(trainer_pool.Trainer):
            def __init__(self, *arguments):
                built.append(arguments)
                super().__init__(*arguments)

        monkeypatch.setattr(trainer_pool, "Trainer", Counted)
        X, y, _, _ = digits
        # An architecture that no other test has.
        network = DenseDigitClassifier(
            hidden_layer_sizes=(23, 19), epochs=2, random_state=0
        )
        vote = DigitVotingClassifier(network, n_members=4).fit(X, y)
        assert len(vote.estimators_) == 4
        assert len(built) == 1


class TestInterrupt:
    def test_ends_the_training_of_one_member(self, digits):
        X, y, X_new, _ = digits
        network = NumpyDigitClassifier(
            hidden_layer_sizes=(8,), epochs=4, batch_size=len(y), random_state=0
        )
        vote = DigitVotingClassifier(network, n_members=2, voting="soft")
        with (
            ctrl_c_at_step(3),
            pytest.warns(UserWarning, match="interrupted by user, after 2 of 4 epochs"),
        ):
            vote.fit(X, y)
        assert [member.n_iter_ for member in vote.estimators_] == [2, 4]
        assert vote.predict(X_new).shape == (len(X_new),)


class TestAgreement:
    def test_is_the_share_of_members_for_the_prediction(self, digits, tree):
        X, y, X_new, _ = digits
        vote = DigitVotingClassifier(tree, n_members=4).fit(X, y)
        votes = np.stack([one.predict(X_new) for one in vote.estimators_])
        expected = (votes == vote.predict(X_new)).mean(axis=0)
        agreement = vote.agreement(X_new)
        np.testing.assert_allclose(agreement, expected)
        assert set(np.unique(agreement)) <= {0.25, 0.5, 0.75, 1.0}

    def test_counts_weights(self, digits, tree):
        X, y, X_new, _ = digits
        named = [("tree", tree), ("nb", GaussianNB())]
        vote = DigitVotingClassifier(named, weights=[3, 1]).fit(X, y)
        assert set(np.unique(vote.agreement(X_new))) == {0.75, 1.0}

    @pytest.mark.parametrize("voting", ["hard", "soft"])
    @pytest.mark.parametrize("weight", [0.1, 1 / 3])
    def test_of_equal_members_is_complete(self, digits, voting, weight):
        X, y, X_new, _ = digits
        knn = FrozenEstimator(KNeighborsClassifier(1).fit(X, y))
        for n_members in (8, 9, 10, 15):
            vote = DigitVotingClassifier(
                knn, n_members=n_members, voting=voting, weights=[weight]
            ).fit(X, y)
            assert (vote.agreement(X_new) == 1).all()
            assert len(vote.disagreements(X_new)) == 0

    def test_finds_the_doubtful_images(self, digits):
        X, y, X_new, y_new = digits
        forest = RandomForestClassifier(5, random_state=0)
        vote = DigitVotingClassifier(forest, n_members=5, voting="soft").fit(X, y)
        rows = vote.disagreements(X_new)
        agreement = vote.agreement(X_new)
        assert (np.diff(agreement[rows]) >= 0).all()
        assert (agreement[rows] < 1).all()
        assert len(rows) == np.sum(agreement < 1)
        wrong = vote.predict(X_new) != y_new
        assert wrong[rows].mean() > 1.5 * wrong.mean()
