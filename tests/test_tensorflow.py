"""Loading TensorFlow: in processes of their own, mostly with stand-ins for it."""

import os
import re
import signal
import subprocess
import sys
import textwrap

import pytest

FAKE_TENSORFLOW = """
    import os, time
    os.write(2, b"noise of the start")
    print("log level", os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
    time.sleep(0.2)
    class config:
        list_logical_devices = staticmethod(lambda: print("runtime started"))
        class threading:
            get_intra_op_parallelism_threads = staticmethod(lambda: 0)
            get_inter_op_parallelism_threads = staticmethod(lambda: 0)
            set_intra_op_parallelism_threads = staticmethod(lambda n: print(n, "intra"))
            set_inter_op_parallelism_threads = staticmethod(lambda n: print(n, "inter"))
    ready = True
"""
# What TensorFlow writes before its log level takes effect.
BEFORE_THE_LOG_LEVEL = re.compile(
    r"WARNING: All log messages before absl::InitializeLog\(\) is called "
    r"|[IE]0000 .* (port|cudart_stub|cuda_dnn|cuda_blas|cuda_fft)\.cc:\d+\] "
)
FAKE_KERAS = """
    class config:
        backend = staticmethod(lambda: "tensorflow")
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run code in a new process, among stand-ins for TensorFlow and Keras."""
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)

    def run(code, **modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
        path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )

    return run


LOAD = "from mnist_estimators._tensorflow import load_keras; load_keras()\n"
FAKES = {"tensorflow": FAKE_TENSORFLOW, "keras": FAKE_KERAS}


def test_in_a_worker_it_keeps_to_its_threads_and_writes_nothing_once_started(
    run, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    result = run(
        """
        import os
        import numpy as np
        from concurrent.futures import ThreadPoolExecutor
        from mnist_estimators import CNNDigitClassifier, DenseDigitClassifier
        from mnist_estimators._training import loop

        loop.XLA_MIN_STEPS = 1  # its compiler is talkative
        X = np.random.default_rng(0).random((8, 16))
        y = np.arange(8) % 2
        settings = {"epochs": 1, "random_state": 0, "verbose": 0}
        classifiers = [
            DenseDigitClassifier(hidden_layer_sizes=(4,), **settings),
            CNNDigitClassifier(filters=(2,), dense_layer_sizes=(), **settings),
        ]
        with ThreadPoolExecutor(2) as pool:  # both load TensorFlow
            for fitted in pool.map(lambda c: c.fit(X, y), classifiers):
                assert fitted.predict(X).shape == (8,)

        assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
        import tensorflow as tf
        assert tf.config.threading.get_intra_op_parallelism_threads() == 1
        assert tf.config.threading.get_inter_op_parallelism_threads() == 1
        """
    )
    assert (result.returncode, result.stdout) == (0, "")
    unknown = [
        line
        for line in result.stderr.splitlines()
        if not BEFORE_THE_LOG_LEVEL.match(line)
    ]
    assert not unknown


@pytest.mark.parametrize("given", ["3", "", "2,1", "0"])
def test_takes_a_single_positive_number_of_threads(run, monkeypatch, given):
    monkeypatch.setenv("OMP_NUM_THREADS", given)
    lines = run(LOAD, **FAKES).stdout.splitlines()
    told = ["3 intra", "3 inter"] if given == "3" else []
    assert lines == ["log level 3", *told, "runtime started"]


# A worker imports it so, to unpickle an estimator with a Keras callback.
def test_threads_are_kept_to_where_tensorflow_was_imported_but_not_started(
    run, monkeypatch
):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    lines = run("import tensorflow\n" + LOAD, **FAKES).stdout.splitlines()
    assert lines == ["log level None", "1 intra", "1 inter", "runtime started"]


@pytest.mark.parametrize(
    ("there", "instead"),
    [("lambda: 0", "lambda: 3"), ('lambda n: print(n, "intra")', "started")],
    ids=["set by the user", "started by the user"],
)
def test_threads_are_left_alone_once_the_user_chose(there, instead, run, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    started = "def started(n): raise RuntimeError\n"
    tensorflow = started + textwrap.dedent(FAKE_TENSORFLOW).replace(there, instead)
    result = run(LOAD, **{**FAKES, "tensorflow": tensorflow})
    assert result.stdout.splitlines() == ["log level 3", "runtime started"]
    assert result.returncode == 0


@pytest.mark.parametrize(("given", "used"), [(None, "3"), ("1", "1")])
def test_its_log_is_silenced_while_it_loads_unless_the_user_sets_the_level(
    run, monkeypatch, given, used
):
    if given:
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", given)
    after = "import os; print(os.environ.get('TF_CPP_MIN_LOG_LEVEL'))"
    lines = run(LOAD + after, **FAKES).stdout.splitlines()
    assert lines == [f"log level {used}", "runtime started", str(given)]


def test_a_log_line_of_another_thread_appears_while_it_loads(run):
    result = run(
        """
        import os, sys, threading
        from mnist_estimators._tensorflow import load_keras

        def write():
            while "tensorflow" not in sys.modules:
                pass
            assert not hasattr(sys.modules["tensorflow"], "ready")
            os.write(2, b"a line of another thread")

        thread = threading.Thread(target=write)
        thread.start()
        load_keras()
        thread.join()
        """,
        **FAKES,
    )
    # Threads may write in either order.
    assert "noise of the start" in result.stderr
    assert "a line of another thread" in result.stderr


def test_the_message_of_an_abort_appears(run):
    aborting = FAKE_TENSORFLOW + "\n    os.abort()"
    result = run(LOAD, tensorflow=aborting, keras=FAKE_KERAS)
    assert result.returncode == -signal.SIGABRT
    assert result.stderr == "noise of the start"


def test_threads_start_it_once(run):
    result = run(
        """
        from concurrent.futures import ThreadPoolExecutor
        from mnist_estimators._tensorflow import load_keras

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: load_keras(), range(2)))
        """,
        **FAKES,
    )
    assert result.stdout.splitlines() == ["log level 3", "runtime started"]


def test_another_backend_is_refused_before_it_is_imported(run, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    result = run(LOAD, tensorflow="raise AssertionError", keras="raise AssertionError")
    assert "BackendError: Keras uses the backend 'jax'" in result.stderr
    assert "Set the environment variable KERAS_BACKEND=tensorflow" in result.stderr


def test_another_backend_in_the_configuration_file_of_keras_is_refused(run):
    torch = FAKE_KERAS.replace("tensorflow", "torch")
    result = run(LOAD, tensorflow=FAKE_TENSORFLOW, keras=torch)
    assert "BackendError: Keras uses the backend 'torch'" in result.stderr


FORK = """
    import os
    from mnist_estimators._tensorflow import load_keras

    def in_child(task):
        if os.fork():
            assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
        else:
            try:
                task()
            except RuntimeError as error:
                print(error)
            os._exit(print("the end", flush=True) or 0)
"""
in_forked_processes = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="no process is forked here"
)


@in_forked_processes
def test_a_process_forked_after_the_start_gets_an_error(run):
    lines = run(
        FORK
        + """
    load_keras()
    in_child(load_keras)
    in_child(lambda: in_child(load_keras))
    load_keras()
    """,
        **FAKES,
    ).stdout.splitlines()
    assert lines[:2] == ["log level 3", "runtime started"]
    for message in (lines[2], lines[4]):
        assert "forked after it was started" in message
        assert 'multiprocessing.get_context("spawn")' in message
        assert "loky" in message
    assert lines[3::2] == ["the end", "the end"]
    assert lines[-1] == "the end"


@in_forked_processes
def test_a_process_forked_before_the_start_can_start_it(run):
    lines = run(
        FORK
        + """
    in_child(load_keras)
    load_keras()
    """,
        **FAKES,
    ).stdout.splitlines()
    assert lines == ["log level 3", "runtime started", "the end", *lines[:2]]
