"""Predict the images of simultaneous requests together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Prediction = TypeVar("Prediction")


class QueueFullError(RuntimeError):
    """Too many images wait for the classifier."""


class _Request(NamedTuple, Generic[Prediction]):
    images: NDArray[np.uint8]
    predictions: Future[Sequence[Prediction]]


class MicroBatcher(Generic[Prediction]):
    """Predict all waiting images in one batch, as soon as the classifier is free.

    The batcher never waits to fill a batch: what arrives during one batch becomes the
    next. So a single request is answered at once, and batches grow with the load.

    Parameters
    ----------
    predict : callable
        Takes images, (n, 28, 28), and returns a sequence of n predictions. All calls
        come from one thread.
    batch_images : int
        Maximum number of images in a batch. A request is never divided, so a larger one
        is a batch of its own.
    waiting_images : int
        Maximum number of images that wait.
    observe : callable
        Called with the number of images of each batch.

    Attributes
    ----------
    n_waiting : int
        Number of images that wait now.
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
        self._thread = ThreadPoolExecutor(1, "classifier")
        self._requests: deque[_Request[Prediction]] = deque()
        self._lock = Lock()
        self.n_waiting = 0

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
        request: _Request[Prediction] = _Request(images, Future())
        with self._lock:
            if self.n_waiting + len(images) > self._waiting_images:
                raise QueueFullError
            self.n_waiting += len(images)
            self._requests.append(request)
            # While others wait, the thread looks for more anyway.
            is_first = len(self._requests) == 1
        if is_first:
            self._thread.submit(self._predict_waiting)
        return await asyncio.wrap_future(request.predictions)

    def _predict_waiting(self) -> None:
        while batch := self._next_batch():
            self._predict_batch(batch)

    def _next_batch(self) -> list[_Request[Prediction]]:
        batch: list[_Request[Prediction]] = []
        n_images = 0
        with self._lock:
            while self._requests:
                n_more = len(self._requests[0].images)
                if batch and n_images + n_more > self._batch_images:
                    break
                request = self._requests.popleft()
                self.n_waiting -= n_more
                # False if the client has left.
                if request.predictions.set_running_or_notify_cancel():
                    batch.append(request)
                    n_images += n_more
        return batch

    def _predict_batch(self, batch: list[_Request[Prediction]]) -> None:
        try:
            images = np.concatenate([request.images for request in batch])
            self._observe(len(images))
            predictions = self._predict(images)
        except Exception as error:
            for request in batch:
                request.predictions.set_exception(error)
            return
        start = 0
        for request in batch:
            stop = start + len(request.images)
            request.predictions.set_result(predictions[start:stop])
            start = stop
