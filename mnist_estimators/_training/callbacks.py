"""The user's Keras callbacks in a training run, and how many steps a call takes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from .._networks.specs import steps_per_call
from .metrics import targets_of
from .plan import TrainingPlan
from .trainer import Trainer

if TYPE_CHECKING:
    import keras

BATCH_METHODS = tuple(
    f"on_{kind}_{end}" for kind in ("batch", "train_batch") for end in ("begin", "end")
)


class Callbacks:
    """The user's Keras callbacks; does nothing without any.

    Where a schedule sets the rate of each step, a callback that changes the learning
    rate scales the rest of the schedule.
    """

    def __init__(self, plan: TrainingPlan, trainer: Trainer, steps_per_epoch: int):
        # An interrupt is answered between calls: soon, if these are short.
        self.steps_per_call: int = steps_per_call(plan.network)
        self._list: Any = None
        self._optimizer = trainer.optimizer
        self._may_set_rate = plan.optimizer.learning_rate is not None
        self._factor, self._planned, self._left = 1.0, plan.learning_rate, 0.0
        if not plan.callbacks:
            return
        import keras

        self._model = trainer.model
        _compile(self._model, trainer, plan)
        if self._may_set_rate:
            trainer.optimizer.learning_rate = plan.learning_rate
            self._left = float(trainer.optimizer.learning_rate)
        self._model.stop_training = False
        self._logs: dict[str, Any] = {}
        record = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: self._logs.update(logs)
        )
        self._list = keras.callbacks.CallbackList(
            [*plan.callbacks, record],
            model=self._model,
            verbose=plan.verbose,
            epochs=plan.epochs,
            steps=steps_per_epoch,
        )
        if any(map(wants_batches, plan.callbacks)):
            self.steps_per_call = 1

    @property
    def stop_training(self) -> bool:
        return self._list is not None and self._model.stop_training

    def learning_rates(self, planned: NDArray[np.float32]) -> NDArray[np.float32]:
        """Apply to the planned rates what callbacks have done to the learning rate."""
        if self._list is None or not self._may_set_rate:
            return planned
        present = float(self._optimizer.learning_rate)
        if present != self._left:
            self._factor = present / self._planned
        rates = planned * np.float32(self._factor)
        # What the last of these steps leaves in the optimizer.
        self._planned, self._left = float(planned[-1]), float(rates[-1])
        return rates

    def notify(self, event: str, *arguments: Any) -> None:
        """Call ``on_<event>`` of each callback."""
        if self._list is not None:
            getattr(self._list, f"on_{event}")(*arguments)

    def end_epoch(self, epoch: int, metrics: dict[str, float]) -> dict[str, float]:
        """Notify of the end of an epoch; return its metrics with those of callbacks."""
        if self._list is None:
            return metrics
        self._logs = {}
        self.notify("epoch_end", epoch, metrics)
        return {
            name: float(value)
            for name, value in self._logs.items()
            if np.ndim(value) == 0 and isinstance(value, SupportsFloat)
        }

    def notify_of_batch(self, event: str, *arguments: Any) -> None:
        """Do the same where a call is a single step, as callbacks of batches need."""
        if self.steps_per_call == 1:
            self.notify(event, *arguments)


def _compile(model: "keras.Model", trainer: Trainer, plan: TrainingPlan) -> None:
    """Compile as Keras' own ``fit`` would, with metrics that callbacks can look up."""
    import tensorflow as tf

    model.compile(
        optimizer=trainer.optimizer,
        loss=plan.loss,
        metrics=["accuracy", *plan.metrics],
    )
    n_classes = model.output_shape[-1]
    target = targets_of(plan.loss, tf.zeros(1, tf.int32), n_classes)
    # Keras makes its metrics at their first update.
    model.compute_metrics(None, target, tf.fill((1, n_classes), 1 / n_classes))
    model.reset_metrics()


@contextmanager
def attached(callbacks: "Sequence[keras.callbacks.Callback]") -> Iterator[None]:
    """Take the model from the user's callbacks afterwards.

    They belong to the classifier's parameters: its clones and pickles would hold it.
    """
    try:
        yield
    finally:
        for callback in callbacks:
            callback._model = None


def wants_batches(callback: "keras.callbacks.Callback") -> bool:
    """Whether a callback does something before or after each step."""
    import keras

    return any(
        getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
        or name in vars(callback)
        for name in BATCH_METHODS
    )
