"""Predict the images of simultaneous requests together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

Prediction = TypeVar("Prediction")


class QueueFullError(RuntimeError):
    """Too many images wait for the classifier."""


class _Request(NamedTuple, Generic[Prediction]):
    images: NDArray[np.uint8]
    predictions: asyncio.Future[Sequence[Prediction]]


@dataclass(eq=False)
class MicroBatcher(Generic[Prediction]):
    """Predict all waiting images in one batch, as soon as the classifier is free.

    The batcher never waits to fill a batch: what arrives during one batch becomes the
    next. So a single request is answered at once, and batches grow with the load.

    Parameters
    ----------
    predict_batch : callable
        Takes images, (n, 28, 28), and returns a sequence of n predictions. All calls
        come from one thread.
    batch_images : int
        Maximum number of images in a batch. A request is never divided, so a larger one
        is a batch of its own.
    waiting_images : int
        Maximum number of images that wait.
    observe : callable
        Called with the number of images of each batch.
    """

    predict_batch: Callable[[NDArray[np.uint8]], Sequence[Prediction]]
    _: KW_ONLY
    batch_images: int
    waiting_images: int
    observe: Callable[[int], Any]

    def __post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "classifier")
        # A server has one event loop, but a test client may make one for each request.
        self._queues: WeakKeyDictionary[
            asyncio.AbstractEventLoop, _Queue[Prediction]
        ] = WeakKeyDictionary()

    @property
    def n_waiting(self) -> int:
        """Number of images that wait now."""
        return sum(queue.n_images for queue in list(self._queues.values()))

    async def predict(self, images: NDArray[np.uint8]) -> Sequence[Prediction]:
        """Wait for the predictions of some images.

        Parameters
        ----------
        images : ndarray of shape (n, 28, 28), dtype uint8
            At least one image.

        Returns
        -------
        sequence of n predictions

        Raises
        ------
        QueueFullError
            If too many images wait.
        Exception
            If the classifier raised it.
        """
        if self.n_waiting + len(images) > self.waiting_images:
            raise QueueFullError
        loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(loop, _Queue())
        request: _Request[Prediction] = _Request(images, loop.create_future())
        queue.add(request)
        if queue.work is None or queue.work.done():
            queue.work = loop.create_task(self._predict_waiting(queue))
        return await request.predictions

    # The event loop starts each batch, not the thread: before that it receives further
    # requests. If the thread did, batches would be an eighth of the size.
    async def _predict_waiting(self, queue: "_Queue[Prediction]") -> None:
        while batch := queue.next_batch(self.batch_images):
            await self._predict_batch(batch)

    async def _predict_batch(self, batch: list[_Request[Prediction]]) -> None:
        try:
            images = np.concatenate([request.images for request in batch])
            self.observe(len(images))
            predictions = await asyncio.get_running_loop().run_in_executor(
                self._thread, self.predict_batch, images
            )
        except Exception as error:
            for request in batch:
                if not request.predictions.done():
                    request.predictions.set_exception(error)
            return
        start = 0
        for request in batch:
            stop = start + len(request.images)
            if not request.predictions.done():
                request.predictions.set_result(predictions[start:stop])
            start = stop


class _Queue(Generic[Prediction]):
    """The waiting requests of one event loop, and the task that predicts them."""

    def __init__(self) -> None:
        self._requests: deque[_Request[Prediction]] = deque()
        self.n_images = 0
        self.work: asyncio.Task[None] | None = None

    def add(self, request: _Request[Prediction]) -> None:
        self._requests.append(request)
        self.n_images += len(request.images)

    def next_batch(self, most_images: int) -> list[_Request[Prediction]]:
        batch: list[_Request[Prediction]] = []
        n_images = 0
        while self._requests:
            n_more = len(self._requests[0].images)
            if batch and n_images + n_more > most_images:
                break
            request = self._requests.popleft()
            self.n_images -= n_more
            if not request.predictions.done():  # the client may have left
                batch.append(request)
                n_images += n_more
        return batch
