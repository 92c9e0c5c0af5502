"""One training run: epochs, validation, early stopping and callbacks."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from time import monotonic
from typing import Any

import numpy as np

from .._inputs.samples import Samples
from .._networks.specs import convolves
from .callbacks import Callbacks, attached, wants_batches
from .checkpoint import Checkpoint, RunState
from .early_stopping import EarlyStopping
from .fit_tasks import FitTasks
from .history import curves
from .interrupts import follows_closely, warn_of_interrupt
from .plan import TrainingPlan
from .progress import TrainingProgress
from .schedules import learning_rates
from .state import TrainingState
from .trainer import Trainer
from .trainer_pool import borrow_trainer, new_trainer

# XLA takes a second to compile; with fewer steps than this it does not pay.
XLA_MIN_STEPS = 1000


def train(
    plan: TrainingPlan,
    samples: Samples,
    *,
    validation: Samples | None = None,
    state: TrainingState | None = None,
    checkpoint: Checkpoint | None = None,
    saved: RunState | None = None,
    tasks: FitTasks | None = None,
) -> tuple[TrainingState, dict[str, list[float]]]:
    """Train a network over data in memory.

    Parameters
    ----------
    plan : TrainingPlan
        What to train and how.
    samples, validation : Samples
        Training data, and data to evaluate after each epoch.
    state : TrainingState or None
        Where to continue from; None starts from random weights.
    checkpoint : Checkpoint or None
        Written after each epoch.
    saved : RunState or None
        What a checkpoint of this training run holds: the run resumes after its last
        epoch instead of starting from `state`, and ends like an uninterrupted one.
    tasks : FitTasks or None
        Reports the epochs to callbacks of scikit-learn.

    Returns
    -------
    state : TrainingState
        After the last step, or after the epoch of least validation loss where
        ``plan.patience`` is not None or the user interrupts the training.
    history : dict of list of float
        Loss and accuracy of each whole epoch, for training and validation data.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts the training before the first steps are done, or within
        two seconds of interrupting another one. Else the training ends.
    RuntimeError
        In the scope of a strategy that distributes the training over devices.

    Warns
    -----
    UserWarning
        If the user interrupts the training.
    """
    _check_one_device()
    seeds = np.random.SeedSequence(plan.seed).generate_state(4) >> 1
    weights_seed, order_seed, dropout_seed, variants_seed = map(int, seeds)
    n_rows = len(samples.targets)
    plan = plan._replace(batch_size=min(plan.batch_size, n_rows))
    steps_per_epoch = -(-n_rows // plan.batch_size)
    interrupted = False
    with _trainer_for(plan, steps_per_epoch) as trainer, attached(plan.callbacks):
        trainer.set_state(saved.training if saved else state, seed=weights_seed)
        run = _Run(plan, trainer, steps_per_epoch, order_seed, dropout_seed)
        if saved:
            run.resume(saved)
        run.callbacks.notify("train_begin")
        progress = TrainingProgress(plan.verbose, plan.epochs, steps_per_epoch)
        variants = _each_epoch(samples, plan.augmenter, run.epochs_left, variants_seed)
        try:
            with progress, variants as epochs:
                run.train(epochs, validation, checkpoint, progress, tasks)
        except KeyboardInterrupt:
            if not run.n_steps or follows_closely(run.step_began):
                raise
            interrupted = True
        trainer.finish()
        run.callbacks.notify("train_end", run.epochs[-1] if run.epochs else {})
        final = trainer.state()
    if interrupted:
        warn_of_interrupt(len(run.epochs), plan.epochs)
    best = run.early_stopping.best.state
    if best is not None and (interrupted or plan.patience is not None):
        final = best
    return final, curves(run.epochs, with_validation=validation is not None)


class _Run:
    """One training run, and what it has come to: its steps, and the metrics of epochs.

    ``n_steps`` counts the steps done. It seeds the dropout of the next one, and says
    which learning rate of the schedule it gets. ``step_began`` is when the last call
    that takes steps began.
    """

    def __init__(
        self,
        plan: TrainingPlan,
        trainer: Trainer,
        steps_per_epoch: int,
        order_seed: int,
        dropout_seed: int,
    ):
        self.n_steps = 0
        self.step_began = monotonic()
        self.epochs: list[dict[str, float]] = []
        self.callbacks = Callbacks(plan, trainer, steps_per_epoch)
        self.early_stopping = EarlyStopping(plan.patience)
        self._plan = plan
        self._trainer = trainer
        self._steps_per_epoch = steps_per_epoch
        self._order_rng = np.random.default_rng(order_seed)
        self._dropout_seed = dropout_seed
        self._rates = learning_rates(
            plan.learning_rate_schedule,
            plan.learning_rate,
            plan.epochs * steps_per_epoch,
        )

    @property
    def epochs_left(self) -> range:
        """Numbers of the epochs to come, from 0; early stopping may leave some out."""
        done = self._plan.epochs if self.early_stopping.stops else len(self.epochs)
        return range(done, self._plan.epochs)

    def resume(self, saved: RunState) -> None:
        """Restore what a run had come to; the trainer has its weights already."""
        self.epochs = list(saved.epochs)
        self.n_steps = len(self.epochs) * self._steps_per_epoch
        self.early_stopping.best = saved.best
        self._order_rng.bit_generator.state = saved.order

    def train(
        self,
        epochs: Iterator[Samples],
        validation: Samples | None,
        checkpoint: Checkpoint | None,
        progress: TrainingProgress,
        tasks: FitTasks | None,
    ) -> None:
        """Train until the epochs end, patience does, or a callback says so."""
        held_out = _as_tensors(validation) if validation else None
        if self.epochs:
            progress.steps_done(self.n_steps)
            progress.epoch_done(len(self.epochs), self.epochs[-1])
        for epoch, samples in enumerate(epochs, start=len(self.epochs)):
            if tasks:
                tasks.epoch_begins()
            self.callbacks.notify("epoch_begin", epoch)
            metrics = self._train_epoch(samples, progress)
            if held_out:
                metrics |= self._evaluate(held_out)
            self.epochs.append(metrics)
            if held_out:
                self.early_stopping.update(metrics["val_loss"], self._trainer.state)
            if checkpoint:
                checkpoint.write(self._state())
            progress.epoch_done(epoch + 1, metrics)
            self.epochs[-1] = self.callbacks.end_epoch(epoch, metrics)
            stopped = tasks and tasks.epoch_ends(self._trainer.weights, self.epochs)
            if stopped or self.early_stopping.stops or self.callbacks.stop_training:
                break

    def _state(self) -> RunState:
        return RunState(
            training=self._trainer.state(),
            epochs=self.epochs,
            order=dict(self._order_rng.bit_generator.state),
            best=self.early_stopping.best,
        )

    def _evaluate(self, held_out: Samples) -> dict[str, float]:
        self.callbacks.notify("test_begin")
        loss, accuracy = self._trainer.evaluate(held_out, self._plan.settings)
        self.callbacks.notify("test_end", {"loss": loss, "accuracy": accuracy})
        further = self._trainer.metric_results("val_")
        return {"val_loss": loss, "val_accuracy": accuracy, **further}

    def _train_epoch(
        self, samples: Samples, progress: TrainingProgress
    ) -> dict[str, float]:
        """Go over the samples once, unless a callback stops it; return the metrics."""
        batch_size, n_rows = self._plan.batch_size, len(samples.targets)
        order = self._order_rng.permutation(n_rows).astype(np.int32)
        totals = np.zeros(2)
        for start in range(0, self._steps_per_epoch, self.callbacks.steps_per_call):
            stop = min(start + self.callbacks.steps_per_call, self._steps_per_epoch)
            self.callbacks.notify_of_batch("train_batch_begin", start)
            self.step_began = monotonic()
            planned = self._rates[self.n_steps : self.n_steps + stop - start]
            totals += self._trainer.run(
                samples,
                order[start * batch_size : stop * batch_size],
                batch_size,
                self.callbacks.learning_rates(planned),
                self._plan.settings,
                (self._dropout_seed, self.n_steps),
            )
            self.n_steps += stop - start
            progress.steps_done(stop - start)
            loss, accuracy = totals / min(stop * batch_size, n_rows)
            metrics = {"loss": float(loss), "accuracy": float(accuracy)}
            self.callbacks.notify_of_batch("train_batch_end", start, dict(metrics))
            if self.callbacks.stop_training:
                break
        return metrics | self._trainer.metric_results()


def _check_one_device() -> None:
    import tensorflow as tf

    strategy = tf.distribute.get_strategy()
    one_device = isinstance(strategy, tf.distribute.OneDeviceStrategy)
    if tf.distribute.has_strategy() and not one_device:
        raise RuntimeError(
            f"fit was called in the scope of {type(strategy).__name__}, but a fit "
            "trains on one device. Call fit outside of strategy.scope(). To use "
            "several devices, run several fits at once, such as those of a search with "
            "n_jobs or on a Dask cluster."
        )


@contextmanager
def _trainer_for(plan: TrainingPlan, steps_per_epoch: int) -> Iterator[Trainer]:
    """Find a trainer; callbacks and metrics get one of their own, to be changed."""
    n_steps = plan.epochs * steps_per_epoch
    # Nor with one step a call: XLA computations have room for a whole chunk of them.
    stepwise = any(map(wants_batches, plan.callbacks))
    plain = not (convolves(plan.network) or stepwise or plan.metrics)
    pays = plain and n_steps >= XLA_MIN_STEPS
    arguments = (
        plan.network,
        plan.image_shape,
        plan.optimizer,
        plan.precision,
        plan.batch_size if pays else None,
    )
    if plan.callbacks or plan.metrics:
        yield new_trainer(*arguments, plan.metrics, plan.loss)
    else:
        with borrow_trainer(*arguments) as trainer:
            yield trainer


@contextmanager
def _each_epoch(
    samples: Samples, augmenter: Any, numbers: Sequence[int], seed: int
) -> Iterator[Iterator[Samples]]:
    """Give the samples of one epoch after the other, by the numbers of the epochs.

    With an augmenter they are new variants, which a thread makes while the network
    trains on those before.
    """
    if augmenter is None or not numbers:
        yield repeat(_as_tensors(samples), len(numbers))
        return

    def variants(epoch: int) -> Samples:
        images = augmenter.augment(samples.images, random_state=seed + epoch)
        return _as_tensors(samples._replace(images=images))

    def in_turn() -> Iterator[Samples]:
        upcoming = pool.submit(variants, numbers[0])
        for epoch in numbers[1:]:
            present, upcoming = upcoming.result(), pool.submit(variants, epoch)
            yield present
        yield upcoming.result()

    pool = ThreadPoolExecutor(1)
    try:
        yield in_turn()
    finally:
        # After an early end nobody waits for the variants of an epoch that won't come.
        pool.shutdown(wait=False, cancel_futures=True)


def _as_tensors(samples: Samples) -> Samples:
    import tensorflow as tf

    return Samples(*map(tf.convert_to_tensor, samples))
