"""Ctrl-C, noticed also where a fit takes it as its own end, and returns."""

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self


class Interruption:
    """Remembers whether Ctrl-C was pressed meanwhile, used as a context manager.

    A ``fit`` may take ``KeyboardInterrupt`` as the wish to stop, and return.

    Attributes
    ----------
    happened : bool
        Whether it was.
    """

    def __init__(self) -> None:
        self.happened = False

    def __enter__(self) -> Self:
        # Python lets no other thread handle signals; and what runs in the background
        # of a shell ignores this one.
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
    """Raise KeyboardInterrupt also where Ctrl-C would end one of many fits alone."""
    with Interruption() as interruption, warnings.catch_warnings():
        # With this warning the networks of this package and of scikit-learn return.
        warnings.filterwarnings("error", "Training interrupted by user")
        try:
            yield
        except Exception:
            if not interruption.happened:
                raise
        if interruption.happened:
            raise KeyboardInterrupt
