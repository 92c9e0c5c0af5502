"""Images of requests that arrive together, predicted together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
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
        in threads of its own, and never twice at once.
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
        self._one_at_a_time = Lock()
        self._batch_images = batch_images
        self._waiting_images = waiting_images
        self._observe = observe
        # A server has one event loop; tests may have several.
        self._queues: dict[asyncio.AbstractEventLoop, _Queue[Prediction]] = {}

    @property
    def n_waiting(self) -> int:
        """Images that wait now."""
        return sum(queue.n_images for queue in self._queues.values())

    async def close(self) -> None:
        """Predict what waits, and end; another request begins anew."""
        queue = self._queues.get(asyncio.get_running_loop())
        if queue is not None and not queue.work.done():
            queue.closing = True
            queue.arrival.set()
            await queue.work

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
            If too many wait, or this is closed just now.
        Exception
            Whatever the classifier raised.
        """
        queue = self._queue_of_this_loop()
        if queue.closing or self.n_waiting + len(images) > self._waiting_images:
            raise QueueFullError
        return await queue.ask(images)

    def _queue_of_this_loop(self) -> "_Queue[Prediction]":
        loop = asyncio.get_running_loop()
        queue = self._queues.get(loop)
        if queue is None or queue.work.done():
            queue = _Queue()
            queue.work = loop.create_task(self._predict_batches(queue))
            alive = [pair for pair in self._queues.items() if not pair[0].is_closed()]
            self._queues = {**dict(alive), loop: queue}
        return queue

    async def _predict_batches(self, queue: "_Queue[Prediction]") -> None:
        with ThreadPoolExecutor(1, "classifier") as thread:
            while True:
                batch = queue.next_batch(self._batch_images)
                if batch:
                    await self._predict_batch(batch, thread)
                elif queue.closing:
                    return
                else:
                    queue.arrival.clear()
                    await queue.arrival.wait()

    async def _predict_batch(
        self, batch: "list[_Question[Prediction]]", thread: ThreadPoolExecutor
    ) -> None:
        images = np.concatenate([question.images for question in batch])
        self._observe(len(images))
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                thread, self._predict_alone, images
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

    def _predict_alone(self, images: NDArray[np.uint8]) -> Sequence[Prediction]:
        with self._one_at_a_time:
            return self._predict(images)


class _Queue(Generic[Prediction]):
    """What waits in one event loop, and the task that predicts it."""

    work: asyncio.Task[None]

    def __init__(self) -> None:
        self._questions: deque[_Question[Prediction]] = deque()
        self.n_images = 0
        self.arrival = asyncio.Event()
        self.closing = False

    async def ask(self, images: NDArray[np.uint8]) -> Sequence[Prediction]:
        question: _Question[Prediction] = _Question(
            images, asyncio.get_running_loop().create_future()
        )
        self._questions.append(question)
        self.n_images += len(images)
        self.arrival.set()
        return await question.answer

    def next_batch(self, most_images: int) -> "list[_Question[Prediction]]":
        batch: list[_Question[Prediction]] = []
        n_images = 0
        while self._questions:
            question = self._questions[0]
            n_more = len(question.images)
            if batch and n_images + n_more > most_images:
                break
            self._questions.popleft()
            self.n_images -= n_more
            if not question.answer.done():  # whoever asked may have left
                batch.append(question)
                n_images += n_more
        return batch
