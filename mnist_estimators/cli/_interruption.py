"""Ctrl-C, noticed even if a fit ends early because of it and returns."""

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """Whether Ctrl-C was pressed.

    Attributes
    ----------
    happened : bool
        Set while ``notice_ctrl_c`` is in effect.
    """

    happened = False


@contextmanager
def notice_ctrl_c() -> Iterator[Interruption]:
    """Remember that Ctrl-C was pressed: a fit may catch it, stop early, and return."""
    interruption = Interruption()

    def note(number: int, frame: FrameType | None) -> None:
        interruption.happened = True
        raise KeyboardInterrupt

    # Only the main thread can handle signals, and a process in the background of a
    # shell ignores this one.
    listens = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if listens:
        signal.signal(signal.SIGINT, note)
    try:
        yield interruption
    finally:
        if listens:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def ctrl_c_ends_all_fits() -> Iterator[Interruption]:
    """Raise KeyboardInterrupt even if Ctrl-C would end only one of many fits."""
    with notice_ctrl_c() as interruption, warnings.catch_warnings():
        # Networks of this package and of scikit-learn warn and return.
        warnings.filterwarnings("error", "Training interrupted by user")
        try:
            yield interruption
        except Exception:
            if not interruption.happened:
                raise
        if interruption.happened:
            raise KeyboardInterrupt
