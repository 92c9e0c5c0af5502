"""From pictures to predictions, within the limits."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from ._batching import MicroBatcher, QueueFullError
from ._errors import service_unavailable
from ._limits import Limits
from ._metrics import Metrics
from ._model import Prediction, ServedModel
from ._pictures import ReadPicture
from ._request_body import Received
from ._schemas import make_answer

# Each thread may hold a picture of the maximum size while it decodes.
MOST_THREADS = 4


class Service:
    """Reads pictures and predicts their digits.

    Parameters
    ----------
    model : ServedModel
        The classifier.
    limits : Limits
        The limits.
    metrics : Metrics
        Records batches and what waits.
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
        """Count a request as long as it is handled.

        Raises
        ------
        HTTPException
            If too many are handled already.
        """
        if self._n_requests >= self.limits.requests:
            raise service_unavailable("There are too many requests.")
        self._n_requests += 1
        try:
            yield
        finally:
            self._n_requests -= 1

    async def answer(self, received: Received) -> dict[str, Any]:
        """Find digits and predict them.

        Parameters
        ----------
        received : Received
            The pictures of a request.

        Returns
        -------
        dict
            An ``Answer``.

        Raises
        ------
        HTTPException
            If a picture is invalid, the queue is full, or the time is up.
        """
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self.limits.seconds):
                pictures = await self._read(received)
                # Numbers from JSON take 35 times the memory of the image.
                del received
                images = [
                    found.image for picture in pictures for found in picture.digits
                ]
                predictions = await self._batcher.predict(np.stack(images))
        except QueueFullError:
            raise service_unavailable("Too many pictures are waiting.") from None
        except TimeoutError:
            raise service_unavailable(
                f"There was no answer within {self.limits.seconds:g} seconds."
            ) from None
        milliseconds = 1000.0 * (time.perf_counter() - began)
        return make_answer(pictures, predictions, milliseconds)

    async def _read(self, received: Received) -> list[ReadPicture]:
        # A thread can't be stopped from outside, so it watches the time itself.
        deadline = time.monotonic() + self.limits.seconds
        if received.is_small:
            return received.read(deadline)
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, received.read, deadline
        )
