"""Pickles, copies and model files of classifiers, also in another process."""

import copy
import io
import pickle
import subprocess
import sys

import cloudpickle
import joblib
import numpy as np
import pytest
from rounding import assert_same_up_to_rounding
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from mnist_estimators import DigitVotingClassifier, NumpyDigitClassifier, save_model


def through_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


WAYS = {
    "pickle": lambda one: pickle.loads(pickle.dumps(one)),
    "joblib": through_joblib,
    "cloudpickle": lambda one: cloudpickle.loads(cloudpickle.dumps(one)),
    "deepcopy": copy.deepcopy,
}


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:300], y[:300], X[300:340]


@pytest.fixture(scope="module")
def searches(fitted_classifier, digits):
    """Fitted searches over networks of layers that the other tests have too."""
    X, y, _ = digits
    members = clone(fitted_classifier("numpy")).set_params(epochs=1)
    vote = DigitVotingClassifier(members, n_members=2, voting="soft")
    rates = {"learning_rate": [1e-4, 0.01]}
    grids = {
        "dense": (clone(fitted_classifier("dense")).set_params(epochs=1), rates),
        "cnn": (clone(fitted_classifier("cnn")).set_params(epochs=1), rates),
        "vote": (vote, {"weights": [None, [1.0]]}),
    }
    return {name: GridSearchCV(*grids[name], cv=2).fit(X, y) for name in grids}


@pytest.mark.parametrize("name", ["dense", "cnn", "vote"])
@pytest.mark.parametrize("way", WAYS)
def test_a_fitted_search_predicts_the_same(searches, digits, way, name):
    again = WAYS[way](searches[name])
    np.testing.assert_array_equal(
        again.predict_proba(digits[2]), searches[name].predict_proba(digits[2])
    )
    assert again.best_params_ == searches[name].best_params_


def test_also_in_another_process(searches, digits, tmp_path):
    (tmp_path / "pickle").write_bytes(pickle.dumps(searches))
    (tmp_path / "cloudpickle").write_bytes(cloudpickle.dumps(searches))
    joblib.dump(searches, tmp_path / "joblib")
    for name in searches:
        save_model(searches[name], tmp_path / f"{name}.model")
    np.save(tmp_path / "X.npy", digits[2])
    code = (
        "import joblib, pathlib, sys\n"
        "import numpy as np\n"
        "from mnist_estimators import load_model\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "X = np.load(folder / 'X.npy')\n"
        "loaded = {path.stem: load_model(path) for path in folder.glob('*.model')}\n"
        "print({'keras', 'tensorflow'} & set(sys.modules))\n"
        "found = {key: loaded[key].predict_proba(X) for key in loaded}\n"
        "np.savez(folder / 'model file.npz', **found)\n"
        "for name in ('pickle', 'cloudpickle', 'joblib'):\n"
        "    searches = joblib.load(folder / name)\n"
        "    found = {key: searches[key].predict_proba(X) for key in searches}\n"
        "    np.savez(folder / f'{name}.npz', **found)\n"
    )
    command = [sys.executable, "-c", code, tmp_path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n", "model files needed TensorFlow to be loaded"
    for way in ("pickle", "cloudpickle", "joblib", "model file"):
        with np.load(tmp_path / f"{way}.npz") as found:
            for name in searches:
                expected = searches[name].predict_proba(digits[2])
                # The other process may use another number of threads.
                assert_same_up_to_rounding(found[name], expected)


def test_what_was_not_fitted_stays_so(fitted_classifier):
    for name in ("dense", "cnn", "numpy", "search"):
        estimator = clone(fitted_classifier(name))
        for way in WAYS.values():
            assert repr(way(estimator)) == repr(estimator)


def test_a_parameter_that_came_later_has_its_default():
    old = NumpyDigitClassifier(hidden_layer_sizes=(7,))
    state = dict(old.__getstate__())
    del state["learning_rate"]
    again = NumpyDigitClassifier.__new__(NumpyDigitClassifier)
    again.__setstate__(state)
    assert again.get_params() == old.get_params()
