"""The pieces of work that the speed benchmarks time.

A case has a function that prepares, untimed, and returns the function to time. Each
contender of a case runs in a process of its own.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from speed_contenders import CONTENDERS, labels_for, pixels_for

Result = dict[str, float]


class Case(NamedTuple):
    """What is timed, by whom, and the ratio to reach against each peer."""

    title: str
    contenders: tuple[str, ...]
    prepare: Callable[[str], Callable[[], Result]]
    at_least: dict[str, float]
    unit: str = "s"


def _data(contender: str, subset: str = "train", n: int | None = None) -> Any:
    from mnist_estimators import load_mnist

    X, y = load_mnist(subset=subset)
    return pixels_for(contender, X[:n]), labels_for(contender, y[:n])


def _fit_case(network: str, **settings: Any) -> Callable[[str], Callable[[], Result]]:
    def prepare(contender: str) -> Callable[[], Result]:
        X, y = _data(contender)
        X_test, y_test = _data(contender, "test")

        def run() -> Result:
            estimator = CONTENDERS[contender](network, **settings)
            started = time.perf_counter()
            estimator.fit(X, y)
            seconds = time.perf_counter() - started
            accuracy = float(np.mean(estimator.predict(X_test) == y_test))
            return {"seconds": seconds, "accuracy": accuracy}

        return run

    return prepare


def _predict_case(network: str, n_images: int) -> Callable[[str], Callable[[], Result]]:
    def prepare(contender: str) -> Callable[[], Result]:
        X, y = _data(contender, n=2_000)
        X_test, _ = _data(contender, "test", n_images)
        estimator = CONTENDERS[contender](network, epochs=1).fit(X, y)
        calls = 50 if n_images == 1 else 1
        estimator.predict(X_test)

        def run() -> Result:
            times = []
            for _ in range(calls):
                started = time.perf_counter()
                estimator.predict(X_test)
                times.append(time.perf_counter() - started)
            return {"seconds": float(np.median(times))}

        return run

    return prepare


def _grid_search(contender: str) -> Callable[[], Result]:
    from sklearn.model_selection import GridSearchCV

    X, y = _data(contender, n=3_000)
    names = {"mlp": "learning_rate_init", "skorch": "lr"}
    name = names.get(contender, "learning_rate")
    if contender == "scikeras":
        name = "optimizer__learning_rate"
    rates = [0.0003, 0.0006, 0.001, 0.002, 0.004, 0.008]

    def run() -> Result:
        estimator = CONTENDERS[contender]("dense", epochs=5)
        search = GridSearchCV(estimator, {name: rates}, cv=3)
        started = time.perf_counter()
        search.fit(X, y)
        seconds = time.perf_counter() - started
        return {"seconds": seconds, "accuracy": float(search.best_score_)}

    return run


def _memory(contender: str) -> Callable[[], Result]:
    """Measure by how much 200 small fits let the process grow, after five others."""
    import psutil

    X, y = _data(contender, n=1_000)
    rates = np.linspace(0.0005, 0.002, 200)

    def fit(rate: float) -> None:
        estimator = CONTENDERS[contender]("dense", epochs=1)
        estimator.set_params(learning_rate=rate).fit(X, y).predict(X)

    def run() -> Result:
        for rate in rates[:5]:
            fit(rate)
        process = psutil.Process()
        before = process.memory_info().rss
        for rate in rates:
            fit(rate)
        return {"seconds": (process.memory_info().rss - before) / 2**20}

    return run


def _cnn_epoch(contender: str) -> Callable[[], Result]:
    """Fit one epoch, or find how long its multiplications take as one product.

    The contender "sgemm" measures NumPy's single-precision matrix product and divides
    the epoch's floating-point operations in convolutions and dense layers, forward and
    backward, by its rate: no training can take less.
    """
    if contender != "sgemm":
        return _fit_case("cnn", epochs=1)(contender)
    conv_1, conv_2 = 26**2 * 9 * 32, 11**2 * 9 * 32 * 64
    dense = 5**2 * 64 * 128 + 128 * 10
    # Backward, each layer takes as much for its weights, and again for its input, which
    # the first one can spare.
    n_multiplications = 60_000 * (2 * conv_1 + 3 * conv_2 + 3 * dense)
    n = 2_048
    matrix = np.random.default_rng(0).random((n, n), np.float32)

    def run() -> Result:
        started = time.perf_counter()
        for _ in range(50):
            matrix @ matrix
        seconds = time.perf_counter() - started
        return {"seconds": seconds * n_multiplications / (50 * n**3)}

    return run


def _parallel_search(contender: str) -> Callable[[], Result]:
    """Search over CNN fits; the contenders are numbers of processes."""
    from sklearn.model_selection import GridSearchCV

    from mnist_estimators import CNNDigitClassifier

    X, y = _data("ours", n=3_000)
    n_jobs = int(contender.removeprefix("n_jobs="))

    def run() -> Result:
        search = GridSearchCV(
            CNNDigitClassifier(epochs=2, random_state=0),
            {"learning_rate": [0.001, 0.002]},
            cv=3,
            n_jobs=n_jobs,
            refit=False,
        )
        started = time.perf_counter()
        search.fit(X, y)
        seconds = time.perf_counter() - started
        best = float(np.max(search.cv_results_["mean_test_score"]))
        return {"seconds": seconds, "accuracy": best}

    return run


def _two_epoch_cnn(seed: int) -> Any:
    return _fast_cnn(seed).set_params(batch_normalization=False, dropout=0.0, epochs=2)


def _fast_cnn(seed: int) -> Any:
    from mnist_estimators import recipes

    return recipes.fast_cnn(random_state=seed)


def _time_to(
    accuracy_to_reach: float, make_ours: Callable[[int], Any]
) -> Callable[[str], Callable[[], Result]]:
    """Train until that share of the test images is right; evaluation is not timed.

    Our network and its epochs were chosen on a part of the training images. The other
    contender is stopped at the epoch whose test accuracy first is high enough, which
    is in its favour.
    """

    def prepare(contender: str) -> Callable[[], Result]:
        X, y = _data(contender)
        X_test, y_test = _data(contender, "test")
        seeds = iter(range(1000))

        def run_ours() -> Result:
            estimator = make_ours(next(seeds))
            started = time.perf_counter()
            estimator.fit(X, y)
            seconds = time.perf_counter() - started
            accuracy = float(np.mean(estimator.predict(X_test) == y_test))
            return {
                "seconds": seconds,
                "accuracy": accuracy,
                "epochs": estimator.n_iter_,
            }

        def run_peer() -> Result:
            import keras

            keras.utils.set_random_seed(next(seeds))
            estimator = CONTENDERS[contender]("cnn", epochs=1)
            seconds, accuracy, epochs = 0.0, 0.0, 0
            while accuracy < accuracy_to_reach and epochs < 30:
                started = time.perf_counter()
                estimator.partial_fit(X, y)
                seconds += time.perf_counter() - started
                epochs += 1
                accuracy = float(np.mean(estimator.predict(X_test) == y_test))
            return {"seconds": seconds, "accuracy": accuracy, "epochs": epochs}

        return run_ours if contender == "ours" else run_peer

    return prepare


def _import(contender: str) -> Callable[[], Result]:
    modules = {"ours": "mnist_estimators", "scikeras": "scikeras.wrappers"}
    code = f"import {modules[contender]}"

    def run() -> Result:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        return {"seconds": time.perf_counter() - started}

    return run


CASES = {
    "dense_fit": Case(
        "dense 128-64, batch 128, 10 epochs of MNIST: fit",
        ("ours", "scikeras", "skorch", "mlp"),
        _fit_case("dense", epochs=10),
        {"scikeras": 5.0, "mlp": 2.5, "skorch": 4.0},
    ),
    "dense_epoch": Case(
        "dense 128-128, batch 32: one epoch of MNIST",
        ("ours", "keras"),
        _fit_case("dense", hidden=(128, 128), epochs=1, batch_size=32),
        {"keras": 5.0},
    ),
    "cnn_epoch": Case(
        "CNN 32C3-64C3-128, batch 128: one epoch of MNIST",
        ("ours", "keras", "scikeras", "skorch", "sgemm"),
        _cnn_epoch,
        {"scikeras": 1.4, "sgemm": 0.7},
    ),
    "time_to_99": Case(
        "training time to 99 % test accuracy: small one-cycle CNN, 32C3-64C3-128 CNN",
        ("ours", "scikeras"),
        _time_to(0.99, _two_epoch_cnn),
        {"scikeras": 10.0},
    ),
    "time_to_99.2": Case(
        "training time to 99.2 % test accuracy: recipes.fast_cnn(), 32C3-64C3-128 CNN",
        ("ours", "scikeras"),
        _time_to(0.992, _fast_cnn),
        {},
    ),
    "grid_search": Case(
        "GridSearchCV, 6 candidates x 3 folds + refit, 3,000 images, 5 epochs",
        ("ours", "scikeras", "skorch", "mlp"),
        _grid_search,
        {"scikeras": 10.0, "skorch": 2.5, "mlp": 1 / 1.5},
    ),
    "predict_one_dense": Case(
        "predict one image, dense",
        ("ours", "scikeras", "skorch", "mlp"),
        _predict_case("dense", 1),
        {"scikeras": 50.0},
    ),
    "predict_one_cnn": Case(
        "predict one image, CNN",
        ("ours", "scikeras", "skorch"),
        _predict_case("cnn", 1),
        {"scikeras": 50.0},
    ),
    "predict_many_dense": Case(
        "predict 10,000 images, dense",
        ("ours", "keras", "scikeras", "skorch", "mlp"),
        _predict_case("dense", 10_000),
        {"scikeras": 4.0},
    ),
    "predict_many_cnn": Case(
        "predict 10,000 images, CNN",
        ("ours", "keras", "scikeras", "skorch"),
        _predict_case("cnn", 10_000),
        {"keras": 1.3},
    ),
    "memory": Case("growth over 200 small fits", ("ours",), _memory, {}, unit="MB"),
    "import": Case("import", ("ours", "scikeras"), _import, {}),
    "parallel_search": Case(
        "GridSearchCV over CNN fits in two processes against one",
        ("n_jobs=2", "n_jobs=1"),
        _parallel_search,
        {"n_jobs=1": 1.5},
    ),
}
