"""Situations that users of estimators have reported, as they write them."""

import time

import numpy as np
import pytest
from interrupts import ctrl_c_at_keras_step, ctrl_c_at_step
from joblib.externals.loky import get_reusable_executor
from sklearn.model_selection import GridSearchCV

from mnist_estimators import (
    AugmentedClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators.augmentation import DigitAugmenter


@pytest.fixture(scope="module")
def digits(small_digits):
    """400 digits to learn from, and their labels."""
    X, y = small_digits
    return X[:400], y[:400]


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
    def test_again_in_a_worker_process(self, digits):
        network = CtrlCInEachFit(hidden_layer_sizes=(8,), batch_size=32, epochs=2)
        candidates = {"momentum": [0.1, 0.2, 0.3]}
        search = GridSearchCV(network, candidates, cv=2, n_jobs=2, refit=False)
        try:
            with pytest.raises(KeyboardInterrupt):
                search.fit(*digits)
        finally:
            get_reusable_executor().shutdown(wait=True, kill_workers=True)

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
