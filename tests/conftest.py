"""What the tests share: data, and a guard over the global random states."""

import os
import random
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    NumpyDigitClassifier,
    load_mnist,
    load_small_digits,
)
from mnist_estimators._tensorflow import load_keras
from mnist_estimators._training import interrupts

# No test opens a window, nor does a process that a test starts.
os.environ["MPLBACKEND"] = "Agg"

NETWORK = NumpyDigitClassifier(
    hidden_layer_sizes=(40, 12),
    activation="tanh",
    epochs=4,
    validation_fraction=0.2,
    random_state=0,
)
PIPELINE = make_pipeline(MinMaxScaler(), NETWORK)
CLASSIFIERS = {
    "dense": DenseDigitClassifier(
        hidden_layer_sizes=(40, 12), epochs=4, validation_fraction=0.2, random_state=0
    ),
    "cnn": CNNDigitClassifier(
        filters=(4, 12),
        dense_layer_sizes=(16,),
        activation="tanh",
        epochs=2,
        batch_size=32,
        validation_fraction=0.2,
        random_state=0,
    ),
    "numpy": NETWORK,
    "pipeline": PIPELINE,
    "search": GridSearchCV(
        PIPELINE, {"numpydigitclassifier__learning_rate": [0.01, 0.05]}, cv=2
    ),
    "svc": SVC(random_state=0),
    "forest": RandomForestClassifier(10, random_state=0),
}


class MNIST(NamedTuple):
    """The official split: uint8 images (n, 784) and int labels (n,)."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def _read_only(array: np.ndarray) -> np.ndarray:
    # An estimator that writes into its input fails at once.
    array.flags.writeable = False
    return array


def _mnist_is_at_hand() -> bool:
    if os.environ.get("MNIST_ESTIMATORS_DATA"):
        return True
    keras_home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    return (keras_home / "datasets" / "mnist.npz").exists()


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker of pytest-xdist its share of the cores, as joblib does."""
    n_workers = config.getoption("numprocesses", None)
    if n_workers:
        n_threads = max(1, (os.cpu_count() or 1) // n_workers)
        os.environ.setdefault("OMP_NUM_THREADS", str(n_threads))
    if "PYTEST_XDIST_WORKER" in os.environ:
        load_keras()  # before a test module imports it, with as many threads as cores


@pytest.fixture(scope="session")
def small_digits() -> tuple[np.ndarray, np.ndarray]:
    """Real digits: uint8 images (1797, 784) and int labels (1797,), both read-only."""
    X, y = load_small_digits()
    return _read_only(X), _read_only(y)


@pytest.fixture(scope="session")
def fitted_classifier(small_digits) -> Callable[[str], Any]:
    """Give one of CLASSIFIERS by its name; it saw 300 digits, and makes mistakes.

    Each is fitted once, so no test may change it.
    """
    X, y = (part[:300] for part in small_digits)
    return cache(lambda name: clone(CLASSIFIERS[name]).fit(X, y))


@pytest.fixture
def draw() -> Callable[[Any], Any]:
    """Lay a display out and draw it, without a file, and return it."""
    import matplotlib.pyplot as plt

    def draw_display(display: Any) -> Any:
        display.figure_.draw_without_rendering()
        assert plt.get_fignums() == [], "pyplot knows of the figure"
        return display

    return draw_display


@pytest.fixture(scope="session")
def mnist() -> MNIST:
    """MNIST where it needs no download; otherwise the test is skipped."""
    if not _mnist_is_at_hand():
        pytest.skip(
            "MNIST is not on this machine: set MNIST_ESTIMATORS_DATA to a folder "
            "that holds it"
        )
    arrays = (*load_mnist(subset="train"), *load_mnist(subset="test"))
    return MNIST(*map(_read_only, arrays))


def _global_random_states() -> tuple[Any, ...]:
    name, keys, *rest = np.random.get_state()  # noqa: NPY002  guarded here
    return random.getstate(), name, keys.tobytes(), rest


@pytest.fixture(autouse=True)
def _global_random_states_stay(request: pytest.FixtureRequest) -> Iterator[None]:
    before = _global_random_states()
    yield
    # This check of scikit-learn's shuffles with NumPy's global generator itself.
    if "check_methods_sample_order_invariance" not in request.node.name:
        changed = _global_random_states() != before
        assert not changed, "the test changed Python's or NumPy's global random state"


@pytest.fixture(autouse=True)
def _no_interrupt_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the Ctrl-C of one test from being the first of two for the next test."""
    monkeypatch.setattr(interrupts, "_ended_a_fit", -np.inf)


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as soon as data are loaded."""

    def load(**_: object) -> None:
        pytest.fail("the data were loaded before the error was found")

    monkeypatch.setattr("mnist_estimators.datasets.load_mnist", load)
    monkeypatch.setattr("mnist_estimators.datasets.load_small_digits", load)
