"""Searches over a Dask cluster of two processes, through joblib's own backend."""

import gc
import os
import pickle
import random
import signal
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import chain, count
from multiprocessing import get_context
from unittest.mock import patch

import cloudpickle
import numpy as np
import pytest
from dask.distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  switches it on
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from mnist_estimators import DenseDigitClassifier
from mnist_estimators._tensorflow import load_keras

NETWORK = DenseDigitClassifier(hidden_layer_sizes=(16,), epochs=4, random_state=0)
RATES = {"learning_rate": [0.001, 0.01], "dropout": [0.0, 0.2]}
N_FITS = 12


@pytest.fixture(autouse=True)
def _global_random_states_stay():
    """Put Python's back: Dask draws from it which worker it asks."""
    before = random.getstate()
    yield
    random.setstate(before)


@pytest.fixture(scope="module")
def client():
    with patch.dict(os.environ):  # where Dask sets what its workers are to have
        os.environ.pop("OMP_NUM_THREADS", None)
        with (
            LocalCluster(
                n_workers=2,
                threads_per_worker=1,
                processes=True,
                dashboard_address="localhost:0",
            ) as cluster,
            Client(cluster) as client,
        ):
            client.amm.stop()
            yield client


@pytest.fixture(scope="module")
def data(small_digits):
    X, y = small_digits
    return X[:300], y[:300]


@pytest.fixture(scope="module")
def splits(data):
    return list(StratifiedKFold(3).split(*data))


def fit_on_cluster(client, search, X, y):
    """Search as the guide does: every worker gets at once what all fits share."""
    # joblib's cycles keep what an earlier search shared. If they are collected while
    # equal data are shared again, under the same key, the scheduler drops these too.
    gc.collect()
    deadline = time.monotonic() + 60
    while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    shared = [search, X, y, *chain.from_iterable(search.cv)]
    with parallel_config(backend="dask", scatter=shared):
        return search.fit(X, y)


def fit_locally(search, X, y):
    """Search in a process of one thread, as the workers are: rounding depends on it."""
    with (
        patch.dict(os.environ, OMP_NUM_THREADS="1"),
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
    ):
        return pool.submit(search.fit, X, y).result()


def assert_same_scores(found, expected):
    names = [name for name in expected if name.endswith("_test_score")]
    assert len(names) == 6
    for name in names:
        np.testing.assert_array_equal(found[name], expected[name], name)


@pytest.fixture(scope="module")
def local_results(data, splits):
    search = GridSearchCV(NETWORK, RATES, cv=splits, refit=False)
    return fit_locally(search, *data).cv_results_


def test_a_grid_search_gives_the_scores_of_a_local_one_and_little_travels(
    client, data, splits, local_results, monkeypatch
):
    scattered, task_sizes = [], []
    scatter, submit = client.scatter, client.submit

    def recorded_scatter(values, **settings):
        scattered.append(values)
        return scatter(values, **settings)

    def recorded_submit(task, **settings):
        task_sizes.append(len(cloudpickle.dumps((task, settings["tasks"]))))
        return submit(task, **settings)

    monkeypatch.setattr(client, "scatter", recorded_scatter)
    monkeypatch.setattr(client, "submit", recorded_submit)
    search = GridSearchCV(NETWORK, RATES, cv=splits, refit=False)

    fit_on_cluster(client, search, *data)

    assert_same_scores(search.cv_results_, local_results)
    assert [[type(one) for one in call] for call in scattered] == [
        [GridSearchCV] + [np.ndarray] * 8
    ]
    assert 1 < len(task_sizes) <= N_FITS
    assert sum(task_sizes) < N_FITS * 8_000 < data[0].nbytes


def test_each_worker_computes_in_one_thread(client):
    def threads():
        load_keras()  # as the first fit does
        threading = sys.modules["tensorflow"].config.threading
        return (
            threading.get_intra_op_parallelism_threads(),
            threading.get_inter_op_parallelism_threads(),
        )

    assert list(client.run(threads).values()) == [(1, 1)] * 2


def test_a_halving_search_gives_the_scores_of_a_local_one(client, data, splits):
    local = HalvingGridSearchCV(
        NETWORK,
        RATES,
        cv=splits,
        resource="epochs",
        min_resources=2,
        max_resources=4,
        factor=2,
        refit=False,
    )
    remote = clone(local).set_params(cv=splits)

    fit_on_cluster(client, remote, *data)

    assert remote.n_candidates_ == [4, 2]
    assert_same_scores(remote.cv_results_, fit_locally(local, *data).cv_results_)


def fifth_waits_to_be_killed(X, folder):
    """Pass X on; of all calls in all processes, the fifth never ends."""
    for number in count(1):
        try:
            (folder / str(number)).touch(exist_ok=False)
            break
        except FileExistsError:
            pass
    if number == 5:
        (folder / "writing").write_text(str(os.getpid()))
        (folder / "writing").rename(folder / "waiting")
        time.sleep(300)
        raise TimeoutError("nobody killed this process")
    return X


def kill_who_waits(folder):
    deadline = time.monotonic() + 300
    while not (folder / "waiting").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker = int((folder / "waiting").read_text())
    os.kill(worker, signal.SIGKILL)
    return worker


def test_a_worker_killed_within_a_fit_costs_a_retry_and_not_the_search(
    client, data, splits, local_results, tmp_path
):
    workers = set(client.run(os.getpid).values())
    step = FunctionTransformer(fifth_waits_to_be_killed, kw_args={"folder": tmp_path})
    search = GridSearchCV(
        Pipeline([("step", step), ("network", NETWORK)]),
        {f"network__{name}": values for name, values in RATES.items()},
        cv=splits,
        refit=False,
        error_score="raise",
    )

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_who_waits, tmp_path)
        fit_on_cluster(client, search, *data)

    assert killing.result() in workers
    assert killing.result() not in client.run(os.getpid).values()
    assert_same_scores(search.cv_results_, local_results)
    n_calls = sum(path.name != "waiting" for path in tmp_path.iterdir())
    assert n_calls > 2 * N_FITS  # each fit calls for its training and its test images


@pytest.mark.parametrize("name", ["dense", "cnn"])
def test_what_is_not_fitted_is_small(fitted_classifier, name):
    fitted = fitted_classifier(name)
    assert len(pickle.dumps(clone(fitted))) < 1_500 < len(pickle.dumps(fitted)) / 10
