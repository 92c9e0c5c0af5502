"""Loading TensorFlow: late, with few messages, and only once."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from threading import Lock
from types import ModuleType

from .exceptions import BackendError

_lock = Lock()
_forked = False


def load_keras() -> ModuleType:
    """Import Keras on TensorFlow, with TensorFlow's log silenced.

    TensorFlow uses ``OMP_NUM_THREADS`` threads where that environment variable is set,
    unless it was started before.

    Until its log level takes effect, TensorFlow writes a few lines about oneDNN and
    CUDA. They stay visible: only a redirection of file descriptor 2 would hide them,
    and with them what other threads write and the message of an abort.

    Returns
    -------
    module
        The ``keras`` module.

    Raises
    ------
    BackendError
        If Keras uses another backend.
    RuntimeError
        If this process was forked from one that has started TensorFlow: its threads
        are missing here, and TensorFlow would wait for them without end.
    """
    if _forked:
        raise RuntimeError(
            "TensorFlow does not work in a process that was forked after it was "
            "started: this process has no copy of its threads. Start processes with "
            'multiprocessing.get_context("spawn"), or with joblib\'s default backend, '
            "loky. NumpyDigitClassifier and OnnxDigitClassifier work in any process."
        )
    if "keras" not in sys.modules:
        # Before the import, which would ask for the other backend's library.
        _check_backend(os.environ.get("KERAS_BACKEND") or "tensorflow")
    with _lock:
        _start_tensorflow()
        import keras

    _check_backend(keras.config.backend())
    return keras


def free_kernels() -> None:
    """Free what TensorFlow keeps of operations that ran, also of networks long gone.

    It has no public function for that, and never frees any. The operations that
    are still in use are prepared again, within milliseconds; other threads may compute.
    """
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()


@cache
def _start_tensorflow() -> None:
    if sys.platform != "win32":  # which forks no process
        os.register_at_fork(after_in_child=_note_fork)
    with _log_level("3"):
        import tensorflow as tf

        _limit_threads()
        # Starts the runtime, which reads the log level only once.
        tf.config.list_logical_devices()


def _note_fork() -> None:
    global _forked
    _forked = True


def _limit_threads() -> None:
    """Let TensorFlow use the number of threads that other libraries use.

    joblib and Dask set ``OMP_NUM_THREADS`` in their worker processes, so that together
    they use each core once; TensorFlow ignores it. A worker may have imported
    TensorFlow before, to unpickle a Keras callback of an estimator.
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
            "you import Keras."
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
