"""Ctrl-C, pressed by a test."""

import signal
from contextlib import contextmanager
from unittest import mock


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
