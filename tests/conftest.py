"""What the tests share: data, and a guard over the global random states."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from mnist_estimators import load_mnist, load_small_digits

# No test opens a window, nor does a process that a test starts.
os.environ["MPLBACKEND"] = "Agg"


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


@pytest.fixture(scope="session")
def small_digits() -> tuple[np.ndarray, np.ndarray]:
    """Real digits: uint8 images (1797, 784) and int labels (1797,), both read-only."""
    X, y = load_small_digits()
    return _read_only(X), _read_only(y)


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


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as soon as data are loaded."""

    def load(**_: object) -> None:
        pytest.fail("the data were loaded before the error was found")

    monkeypatch.setattr("mnist_estimators.datasets.load_mnist", load)
    monkeypatch.setattr("mnist_estimators.datasets.load_small_digits", load)
