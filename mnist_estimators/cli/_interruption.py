"""Ctrl-C, noticed even if a fit ends early because of it and returns."""

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self


class Interruption:
    """Context manager that remembers whether Ctrl-C was pressed.

    A ``fit`` may catch ``KeyboardInterrupt``, stop early, and return.

    Attributes
    ----------
    happened : bool
        Whether Ctrl-C was pressed.
    """

    def __init__(self) -> None:
        self.happened = False

    def __enter__(self) -> Self:
        # Only the main thread can handle signals, and a process in the background of a
        # shell ignores this one.
        self._listens = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._listens:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._listens:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.happened = True
        raise KeyboardInterrupt


@contextmanager
def ctrl_c_ends_all_fits() -> Iterator[None]:
    """Raise KeyboardInterrupt even if Ctrl-C would end only one of many fits."""
    with Interruption() as interruption, warnings.catch_warnings():
        # Networks of this package and of scikit-learn warn and return.
        warnings.filterwarnings("error", "Training interrupted by user")
        try:
            yield
        except Exception:
            if not interruption.happened:
                raise
        if interruption.happened:
            raise KeyboardInterrupt
