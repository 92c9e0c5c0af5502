"""From pictures to an answer, with no more at once than the limits allow."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from ._answers import make_answer
from ._batching import MicroBatcher, QueueFullError
from ._bodies import Received
from ._limits import Limits
from ._metrics import Metrics
from ._model import Prediction, ServedModel
from ._pictures import ReadPicture
from ._refusal import come_again

# Each may hold a picture of the largest size while it decodes.
MOST_THREADS = 4


class Service:
    """Reads pictures, and names the digits in them.

    Parameters
    ----------
    model : ServedModel
        The classifier.
    limits : Limits
        Bounds.
    metrics : Metrics
        Told what happens.
    """

    def __init__(self, model: ServedModel, limits: Limits, metrics: Metrics):
        self.limits = limits
        self._n_requests = 0
        self._batcher: MicroBatcher[Prediction] = MicroBatcher(
            model.predict,
            batch_images=limits.batch_images,
            waiting_images=limits.waiting_images,
            observe=metrics.batches.observe,
        )
        n_threads = min(os.cpu_count() or 1, MOST_THREADS)
        self._threads = ThreadPoolExecutor(n_threads, "pictures")
        metrics.watch(lambda: self._batcher.n_waiting, lambda: self._n_requests)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a request in hand.

        Raises
        ------
        Refusal
            If there are as many as may be.
        """
        if self._n_requests >= self.limits.requests:
            raise come_again("Too many others ask at the moment.")
        self._n_requests += 1
        try:
            yield
        finally:
            self._n_requests -= 1

    async def answer(self, received: Received) -> dict[str, Any]:
        """Find digits, and name them.

        Parameters
        ----------
        received : Received
            What was sent.

        Returns
        -------
        dict
            An ``Answer``.

        Raises
        ------
        Refusal
            If the pictures are refused, the queue is full, or time is up.
        """
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.limits.seconds):
                pictures = await self._read(received)
                images = [
                    found.image for picture in pictures for found in picture.digits
                ]
                predictions = await self._batcher.predict(np.stack(images))
        except QueueFullError:
            raise come_again("Too many pictures wait at the moment.") from None
        except TimeoutError:
            raise come_again(
                f"There was no answer within {self.limits.seconds:g} seconds."
            ) from None
        milliseconds = 1000.0 * (time.perf_counter() - began)
        return make_answer(pictures, predictions, milliseconds)

    async def _read(self, received: Received) -> list[ReadPicture]:
        picture = received.read_at_once()
        if picture is not None:
            return [picture]
        # A thread can't be stopped from outside.
        deadline = time.monotonic() + self.limits.seconds
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, received.read, deadline
        )

    async def close(self) -> None:
        """Finish what was taken in hand."""
        await self._batcher.close()
