"""Loading TensorFlow: late, quietly, and only once."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from threading import Lock
from types import ModuleType

from .exceptions import BackendError

_lock = Lock()


def load_keras() -> ModuleType:
    """Import Keras on TensorFlow without TensorFlow's start-up messages.

    TensorFlow, if it was not started before, keeps to ``OMP_NUM_THREADS`` threads
    where that environment variable is set.

    Returns
    -------
    module
        The ``keras`` module.

    Raises
    ------
    BackendError
        If Keras is set to another backend.
    """
    if "keras" not in sys.modules:
        # Before the import, which would ask for the other backend's library.
        _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow")
    with _lock:
        _start_tensorflow()
        import keras

    _check_backend(keras.config.backend())
    return keras


@cache
def _start_tensorflow() -> None:
    with _log_level("3"), _standard_error_held_back():
        import tensorflow as tf

        _keep_to_given_threads()
        # Starts the runtime, which reads the log level now and writes no more.
        tf.config.list_logical_devices()


def _keep_to_given_threads() -> None:
    """Let TensorFlow use the number of threads that other libraries use.

    joblib and Dask set ``OMP_NUM_THREADS`` in their worker processes so that together
    they use each core once; TensorFlow by itself does not look at it. A worker may have
    imported TensorFlow before, to unpickle a Keras callback of an estimator.
    """
    import tensorflow as tf

    threading = tf.config.threading
    given = os.environ.get("OMP_NUM_THREADS", "")
    chosen = (
        threading.get_intra_op_parallelism_threads()
        or threading.get_inter_op_parallelism_threads()
    )
    if given.isdecimal() and int(given) > 0 and not chosen:
        with suppress(RuntimeError):  # the user has started TensorFlow
            threading.set_intra_op_parallelism_threads(int(given))
            threading.set_inter_op_parallelism_threads(int(given))


def _check_backend(backend: str) -> None:
    if backend != "tensorflow":
        raise BackendError(
            f"Keras uses the backend {backend!r}, but mnist_estimators trains with "
            "TensorFlow. Set the environment variable KERAS_BACKEND=tensorflow before "
            "Keras is imported."
        )


@contextmanager
def _log_level(level: str) -> Iterator[None]:
    name = "TF_CPP_MIN_LOG_LEVEL"
    given = name in os.environ
    os.environ.setdefault(name, level)
    try:
        yield
    finally:
        if not given:
            del os.environ[name]


@contextmanager
def _standard_error_held_back() -> Iterator[None]:
    """Hold back what is written to file descriptor 2, and show it after an error.

    TensorFlow writes some messages before its log level has any effect.
    """
    try:
        terminal = os.dup(2)
    except OSError:  # the process has no standard error
        yield
        return
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            held_back.seek(0)
            os.write(terminal, held_back.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
