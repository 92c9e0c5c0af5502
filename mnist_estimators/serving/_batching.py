"""Images of requests that arrive together, predicted together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Prediction = TypeVar("Prediction")


class QueueFullError(RuntimeError):
    """More images wait for the classifier than may."""


class _Question(NamedTuple, Generic[Prediction]):
    images: NDArray[np.uint8]
    answer: asyncio.Future[Sequence[Prediction]]


class MicroBatcher(Generic[Prediction]):
    """Give a classifier whatever waits, in one batch, as soon as it is free.

    Nothing is held back to fill a batch: what arrives during one is the next one. So a
    single request is answered at once, and batches grow with the load.

    Parameters
    ----------
    predict : callable
        Takes images, (n, 28, 28), and returns a sequence of n predictions. It is called
        in a thread of its own, and never twice at once.
    batch_images : int
        Images of a batch; a request is not divided, so one that has more is a batch.
    waiting_images : int
        Images that may wait.
    observe : callable
        Told the number of images of each batch.
    """

    def __init__(
        self,
        predict: Callable[[NDArray[np.uint8]], Sequence[Prediction]],
        *,
        batch_images: int,
        waiting_images: int,
        observe: Callable[[int], Any],
    ):
        self._predict = predict
        self._batch_images = batch_images
        self._waiting_images = waiting_images
        self._observe = observe
        self._queue: deque[_Question[Prediction]] = deque()
        self._n_waiting = 0
        self._work: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def n_waiting(self) -> int:
        """Images that wait now."""
        return self._n_waiting

    async def close(self) -> None:
        """Predict what waits, and end; another request begins anew."""
        if self._work is not None and not self._work.done():
            self._closing = True
            self._arrival.set()
            await self._work
            self._closing = False

    async def predict(self, images: NDArray[np.uint8]) -> Sequence[Prediction]:
        """Wait for the predictions of some images.

        Parameters
        ----------
        images : ndarray of shape (n, 28, 28), dtype uint8
            At least one.

        Returns
        -------
        sequence of n predictions

        Raises
        ------
        QueueFullError
            If too many wait.
        Exception
            Whatever the classifier raised.
        """
        if self._closing or self._n_waiting + len(images) > self._waiting_images:
            raise QueueFullError
        if self._work is None or self._work.done():  # with its event loop, that is
            self._arrival = asyncio.Event()
            self._work = asyncio.create_task(self._predict_batches())
        question: _Question[Prediction] = _Question(
            images, asyncio.get_running_loop().create_future()
        )
        self._queue.append(question)
        self._n_waiting += len(images)
        self._arrival.set()
        return await question.answer

    async def _predict_batches(self) -> None:
        with ThreadPoolExecutor(1, "classifier") as thread:
            while True:
                batch = self._next_batch()
                if batch:
                    await self._predict_batch(batch, thread)
                elif self._closing:
                    return
                else:
                    self._arrival.clear()
                    await self._arrival.wait()

    async def _predict_batch(
        self, batch: "list[_Question[Prediction]]", thread: ThreadPoolExecutor
    ) -> None:
        images = np.concatenate([question.images for question in batch])
        self._observe(len(images))
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                thread, self._predict, images
            )
        except Exception as error:
            for question in batch:
                if not question.answer.done():
                    question.answer.set_exception(error)
            return
        start = 0
        for question in batch:
            stop = start + len(question.images)
            if not question.answer.done():
                question.answer.set_result(found[start:stop])
            start = stop

    def _next_batch(self) -> "list[_Question[Prediction]]":
        batch: list[_Question[Prediction]] = []
        n_images = 0
        while self._queue:
            question = self._queue[0]
            n_more = len(question.images)
            if batch and n_images + n_more > self._batch_images:
                break
            self._queue.popleft()
            self._n_waiting -= n_more
            if not question.answer.done():  # whoever asked may have left
                batch.append(question)
                n_images += n_more
        return batch
