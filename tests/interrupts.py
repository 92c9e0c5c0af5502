"""Ctrl-C, pressed by a test."""

import signal
from contextlib import AbstractContextManager, contextmanager
from unittest import mock

from mnist_estimators._training.trainer import Trainer
from mnist_estimators.classifiers import _numpy_training


@contextmanager
def ctrl_c_at(numbers, owner, method):
    """Press Ctrl-C as a method begins the calls of these numbers, counted from 1.

    Parameters
    ----------
    numbers : int or collection of int
        The calls.
    owner : type
        Has the method.
    method : str
        Its name.

    Yields
    ------
    list
        A member for each call of the method.
    """
    pressed = {numbers} if isinstance(numbers, int) else set(numbers)
    calls = []
    real = getattr(owner, method)

    def interrupted(*arguments):
        calls.append(method)
        if len(calls) in pressed:
            signal.raise_signal(signal.SIGINT)
        return real(*arguments)

    # A process in the background may ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with mock.patch.object(owner, method, interrupted):
            yield calls
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def ctrl_c_at_step(*numbers: int) -> AbstractContextManager[list[str]]:
    """Press Ctrl-C as a NumpyDigitClassifier begins these training steps."""
    return ctrl_c_at(numbers, _numpy_training._Run, "_step")


def ctrl_c_at_keras_step(*numbers: int) -> AbstractContextManager[list[str]]:
    """Press Ctrl-C as a Keras classifier begins these chunks of training steps."""
    return ctrl_c_at(numbers, Trainer, "run")
