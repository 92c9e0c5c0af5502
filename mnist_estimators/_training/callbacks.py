"""The user's Keras callbacks in a training run, and how many steps a call takes."""

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._networks.specs import steps_per_call
from .plan import TrainingPlan
from .trainer import Trainer

if TYPE_CHECKING:
    import keras

BATCH_METHODS = tuple(
    f"on_{kind}_{end}" for kind in ("batch", "train_batch") for end in ("begin", "end")
)


class Callbacks:
    """The user's Keras callbacks, copied for this run; does nothing without any."""

    def __init__(self, plan: TrainingPlan, trainer: Trainer, steps_per_epoch: int):
        # An interrupt is answered between calls: soon, if these are short.
        self.steps_per_call: int = steps_per_call(plan.network)
        self._list: Any = None
        self._optimizer = trainer.optimizer
        # A schedule sets the rate of each step; without one, callbacks may set it.
        self._owns_rate = (
            plan.learning_rate_schedule is None
            and plan.optimizer.learning_rate is not None
        )
        if not plan.callbacks:
            return
        import keras

        copies = [copy.deepcopy(callback) for callback in plan.callbacks]
        self._model = trainer.model
        self._model.compile(
            optimizer=trainer.optimizer, loss=plan.loss, metrics=["accuracy"]
        )
        if plan.optimizer.learning_rate is not None:
            trainer.optimizer.learning_rate = plan.learning_rate
        self._model.stop_training = False
        self._list = keras.callbacks.CallbackList(
            copies,
            model=self._model,
            verbose=plan.verbose,
            epochs=plan.epochs,
            steps=steps_per_epoch,
        )
        if any(map(wants_batches, copies)):
            self.steps_per_call = 1

    @property
    def stop_training(self) -> bool:
        return self._list is not None and self._model.stop_training

    def learning_rates(self, planned: NDArray[np.float32]) -> NDArray[np.float32]:
        """Replace the planned rates by what callbacks have made of them."""
        if self._list is None or not self._owns_rate:
            return planned
        return np.full_like(planned, float(self._optimizer.learning_rate))

    def notify(self, event: str, *arguments: Any) -> None:
        """Call ``on_<event>`` of each callback."""
        if self._list is not None:
            getattr(self._list, f"on_{event}")(*arguments)

    def notify_of_batch(self, event: str, *arguments: Any) -> None:
        """Do the same where a call is a single step, as callbacks of batches need."""
        if self.steps_per_call == 1:
            self.notify(event, *arguments)


def wants_batches(callback: "keras.callbacks.Callback") -> bool:
    """Whether a callback does something before or after each step."""
    import keras

    return any(
        getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
        or name in vars(callback)
        for name in BATCH_METHODS
    )
