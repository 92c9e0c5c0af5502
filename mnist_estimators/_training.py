"""One training run: epochs, validation, early stopping and callbacks."""

import copy
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._early_stopping import EarlyStopping
from ._engine import Settings, Trainer, TrainingState, borrow_trainer
from ._networks import Network, dropout_rates, l2_penalty
from ._optimizers import OptimizerSpec
from ._progress import TrainingProgress
from ._samples import Samples
from ._schedules import learning_rates

if TYPE_CHECKING:
    import keras

STEPS_PER_CALL = 100
# XLA takes a second to compile; with fewer steps than this it does not pay.
XLA_MIN_STEPS = 1000
BATCH_METHODS = tuple(
    f"on_{kind}_{end}" for kind in ("batch", "train_batch") for end in ("begin", "end")
)


class TrainingPlan(NamedTuple):
    """How to train; the names are those of the classifiers' parameters."""

    network: Network
    image_shape: tuple[int, int]
    precision: str
    pixel_scale: float
    optimizer: OptimizerSpec
    learning_rate: float
    learning_rate_schedule: str | None
    loss: str
    label_smoothing: float
    epochs: int
    batch_size: int
    patience: int | None
    callbacks: Sequence["keras.callbacks.Callback"]
    augmenter: Any
    seed: int
    verbose: int


def train(
    plan: TrainingPlan,
    samples: Samples,
    *,
    validation: Samples | None = None,
    state: TrainingState | None = None,
) -> tuple[TrainingState, dict[str, list[float]]]:
    """Train a network over data in memory.

    Parameters
    ----------
    plan : TrainingPlan
        What to train and how.
    samples, validation : Samples
        Training data, and data to evaluate after each epoch.
    state : TrainingState or None
        Where to go on from; None starts anew.

    Returns
    -------
    state : TrainingState
        After the last epoch, or with the weights of the epoch of least validation loss
        where ``plan.patience`` is not None.
    history : dict of list of float
        Loss and accuracy of each epoch, for training and validation data.
    """
    n_rows = len(samples.targets)
    batch_size = min(plan.batch_size, n_rows)
    steps_per_epoch = -(-n_rows // batch_size)
    seeds = np.random.SeedSequence(plan.seed).generate_state(4) >> 1
    weights_seed, order_seed, dropout_seed, variants_seed = map(int, seeds)
    order_rng = np.random.default_rng(order_seed)
    rates = learning_rates(
        plan.learning_rate_schedule, plan.learning_rate, plan.epochs * steps_per_epoch
    )
    settings = Settings(
        dropout_rates(plan.network),
        l2_penalty(plan.network),
        plan.label_smoothing,
        plan.pixel_scale,
    )
    history: dict[str, list[float]] = {}
    early_stopping = EarlyStopping(plan.patience)

    with (
        _trainer_for(plan, batch_size, plan.epochs * steps_per_epoch) as trainer,
        TrainingProgress(plan.verbose, plan.epochs, steps_per_epoch) as progress,
        _each_epoch(samples, plan.augmenter, plan.epochs, variants_seed) as epochs,
    ):
        trainer.set_state(state, seed=weights_seed)
        validation = _as_tensors(validation) if validation else None
        callbacks = _Callbacks(plan, trainer, steps_per_epoch)
        callbacks.notify("train_begin")
        for epoch, samples in enumerate(epochs):
            callbacks.notify("epoch_begin", epoch)
            order = order_rng.permutation(n_rows).astype(np.int32)
            totals = np.zeros(2)
            for start in range(0, steps_per_epoch, callbacks.steps_per_call):
                steps = slice(start, start + callbacks.steps_per_call)
                first_step = epoch * steps_per_epoch + start
                callbacks.notify_of_batch("train_batch_begin", start)
                step_rates = rates[first_step : first_step + callbacks.steps_per_call]
                rows = order[steps.start * batch_size : steps.stop * batch_size]
                totals += trainer.run(
                    samples,
                    rows,
                    batch_size,
                    callbacks.learning_rates(step_rates),
                    settings,
                    (dropout_seed, first_step),
                )
                n_done = min(steps.stop * batch_size, n_rows)
                callbacks.notify_of_batch(
                    "train_batch_end", start, _metrics(totals / n_done)
                )
                progress.steps_done(min(steps.stop, steps_per_epoch) - start)
                if callbacks.stop_training:
                    break
            metrics = _metrics(totals / n_done)
            if validation:
                callbacks.notify("test_begin")
                loss, accuracy = trainer.evaluate(validation, settings)
                callbacks.notify("test_end", {"loss": loss, "accuracy": accuracy})
                metrics |= {"val_loss": loss, "val_accuracy": accuracy}
            for name, value in metrics.items():
                history.setdefault(name, []).append(value)
            progress.epoch_done(epoch + 1, metrics)
            callbacks.notify("epoch_end", epoch, dict(metrics))
            if validation:
                early_stopping.update(metrics["val_loss"], trainer.weights)
            if early_stopping.stops or callbacks.stop_training:
                break
        trainer.finish()
        callbacks.notify("train_end", metrics)
        final = trainer.state()
    if early_stopping.best_weights is not None:
        final = final._replace(weights=early_stopping.best_weights)
    return final, history


@contextmanager
def _trainer_for(
    plan: TrainingPlan, batch_size: int, n_steps: int
) -> Iterator[Trainer]:
    """Find a trainer; callbacks get one of their own, which they may do anything to."""
    convolutional = any(spec.kind in ("Conv2D", "Backbone") for spec in plan.network)
    # Nor with one step a call: XLA computations have room for a whole chunk of them.
    stepwise = any(map(_wants_batches, plan.callbacks))
    pays = not (convolutional or stepwise) and n_steps >= XLA_MIN_STEPS
    arguments = (
        plan.network,
        plan.image_shape,
        plan.optimizer,
        plan.precision,
        batch_size if pays else None,
    )
    if plan.callbacks:
        yield Trainer(*arguments)
    else:
        with borrow_trainer(*arguments) as trainer:
            yield trainer


@contextmanager
def _each_epoch(
    samples: Samples, augmenter: Any, n_epochs: int, seed: int
) -> Iterator[Iterator[Samples]]:
    """Give the samples of one epoch after the other.

    With an augmenter they are new variants, which a thread makes while the network
    trains on those before.
    """
    if augmenter is None:
        yield repeat(_as_tensors(samples), n_epochs)
        return

    def variants(epoch: int) -> Samples:
        images = augmenter.augment(samples.images, random_state=seed + epoch)
        return _as_tensors(samples._replace(images=images))

    def in_turn() -> Iterator[Samples]:
        upcoming = pool.submit(variants, 0)
        for epoch in range(1, n_epochs):
            present, upcoming = upcoming.result(), pool.submit(variants, epoch)
            yield present
        yield upcoming.result()

    with ThreadPoolExecutor(1) as pool:
        yield in_turn()


def _as_tensors(samples: Samples) -> Samples:
    import tensorflow as tf

    return Samples(*map(tf.convert_to_tensor, samples))


def _metrics(means: NDArray[np.float64]) -> dict[str, float]:
    return {"loss": float(means[0]), "accuracy": float(means[1])}


class _Callbacks:
    """The user's Keras callbacks, copied for this run; does nothing without any."""

    def __init__(self, plan: TrainingPlan, trainer: Trainer, steps_per_epoch: int):
        self.steps_per_call = STEPS_PER_CALL
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
        if any(map(_wants_batches, copies)):
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


def _wants_batches(callback: "keras.callbacks.Callback") -> bool:
    import keras

    return any(
        getattr(type(callback), name) is not getattr(keras.callbacks.Callback, name)
        or name in vars(callback)
        for name in BATCH_METHODS
    )
