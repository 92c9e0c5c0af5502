"""Ctrl-C, pressed by a test."""

import signal
from contextlib import AbstractContextManager, contextmanager
from unittest import mock

from mnist_estimators.classifiers import _numpy_training


@contextmanager
def ctrl_c_at(number, owner, method):
    """Press Ctrl-C as a method begins the call of this number, counted from 1.

    Parameters
    ----------
    number : int
        The call.
    owner : type
        Has the method.
    method : str
        Its name.

    Yields
    ------
    list
        A member for each call of the method.
    """
    calls = []
    real = getattr(owner, method)

    def interrupted(*arguments):
        calls.append(method)
        if len(calls) == number:
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


def ctrl_c_at_step(number: int) -> AbstractContextManager[list[str]]:
    """Press Ctrl-C as a NumpyDigitClassifier begins this training step."""
    return ctrl_c_at(number, _numpy_training._Run, "_step")
