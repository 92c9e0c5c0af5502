"""pickle, joblib, cloudpickle and copies of classifiers, and of searches over them."""

import copy
import io
import pickle
import subprocess
import sys

import cloudpickle
import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from mnist_estimators import DigitVotingClassifier


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


@pytest.fixture(scope="module", params=["dense", "cnn", "vote"])
def search(request, fitted_classifier, digits):
    """A fitted search over two networks, of layers that the other tests have too."""
    X, y, _ = digits
    if request.param == "vote":
        network = clone(fitted_classifier("numpy")).set_params(epochs=1)
        network = DigitVotingClassifier(network, n_members=2, voting="soft")
        grid = {"weights": [None, [1.0]]}
    else:
        network = clone(fitted_classifier(request.param)).set_params(epochs=1)
        grid = {"learning_rate": [1e-4, 0.01]}
    return GridSearchCV(network, grid, cv=2).fit(X, y)


@pytest.mark.parametrize("way", WAYS)
def test_a_fitted_search_predicts_the_same(search, digits, way):
    again = WAYS[way](search)
    np.testing.assert_array_equal(
        again.predict_proba(digits[2]), search.predict_proba(digits[2])
    )
    assert again.best_params_ == search.best_params_


def test_also_in_another_process(search, digits, tmp_path):
    (tmp_path / "pickle").write_bytes(pickle.dumps(search))
    (tmp_path / "cloudpickle").write_bytes(cloudpickle.dumps(search))
    joblib.dump(search, tmp_path / "joblib")
    np.save(tmp_path / "X.npy", digits[2])
    code = (
        "import joblib, pathlib, pickle, sys\n"
        "import numpy as np\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "X = np.load(folder / 'X.npy')\n"
        "loaded = [\n"
        "    pickle.loads((folder / 'pickle').read_bytes()),\n"
        "    pickle.loads((folder / 'cloudpickle').read_bytes()),\n"
        "    joblib.load(folder / 'joblib'),\n"
        "]\n"
        "np.save(folder / 'found.npy', [one.predict_proba(X) for one in loaded])\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path], check=True)
    for found in np.load(tmp_path / "found.npy"):
        np.testing.assert_array_equal(found, search.predict_proba(digits[2]))


def test_what_was_not_fitted_stays_so(fitted_classifier):
    for name in ("dense", "cnn", "numpy", "search"):
        estimator = clone(fitted_classifier(name))
        for way in WAYS.values():
            assert repr(way(estimator)) == repr(estimator)
