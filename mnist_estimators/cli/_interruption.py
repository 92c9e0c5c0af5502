"""Ctrl-C, noticed also where a fit ends early because of it."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self


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
        # Python lets no other thread handle signals.
        self._listens = threading.current_thread() is threading.main_thread()
        if self._listens:
            self._before: Any = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._listens:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.happened = True
        raise KeyboardInterrupt
