"""Training the NumPy network: epochs, validation, and early stopping."""

from collections.abc import Sequence
from time import monotonic
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._inputs.samples import Samples
from .._training.early_stopping import EarlyStopping
from .._training.fit_tasks import FitTasks
from .._training.history import History, curves
from .._training.interrupts import follows_closely, warn_of_interrupt
from .._training.progress import TrainingProgress
from ..backpropagation import (
    Array,
    Layer,
    backward,
    cross_entropy,
    forward,
    take_step,
)

ROWS_PER_FORWARD_PASS = 1024


class NumpyPlan(NamedTuple):
    """How to train; the names are those of the classifier's parameters.

    ``white`` is the pixel value that becomes 1.
    """

    activation: str
    white: float
    learning_rate: float
    momentum: float
    epochs: int
    batch_size: int
    patience: int | None
    verbose: int


def train(
    plan: NumpyPlan,
    layers: Sequence[Layer],
    velocities: Sequence[Layer],
    samples: Samples,
    validation: Samples | None,
    rng: np.random.Generator,
    tasks: FitTasks | None = None,
) -> tuple[list[Array], list[Array], History]:
    """Train a network over data in memory.

    Parameters
    ----------
    plan : NumpyPlan
        How to train.
    layers, velocities : sequence of Layer
        Where the training starts; changed in place.
    samples, validation : Samples
        Training data, and data to evaluate after each epoch.
    rng : Generator
        Draws the order of the images.
    tasks : FitTasks or None
        Reports the epochs to callbacks of scikit-learn.

    Returns
    -------
    weights, velocities : list of ndarray
        After the last step, or of the epoch of least validation loss if
        ``plan.patience`` is not None or the user interrupts the training.
    history : dict of list of float
        Loss and accuracy of each whole epoch.

    Raises
    ------
    KeyboardInterrupt
        If the user interrupts the training before its first step is done, or within two
        seconds of interrupting another one. Else the training ends.
    ValueError
        If the loss is no longer finite.

    Warns
    -----
    UserWarning
        If the user interrupts the training.
    """
    run = _Run(plan, layers, velocities, samples)
    early_stopping = EarlyStopping(plan.patience)
    interrupted = False
    epochs: list[dict[str, float]] = []
    n_steps = -(-len(samples.targets) // plan.batch_size)
    progress = TrainingProgress(plan.verbose, plan.epochs, n_steps)
    try:
        with progress, np.errstate(over="ignore", invalid="ignore"):
            stopped = False
            while len(epochs) < plan.epochs and not (stopped or early_stopping.stops):
                if tasks:
                    tasks.epoch_begins()
                metrics = run.train_epoch(rng, progress)
                if validation:
                    metrics |= run.evaluate(validation)
                epochs.append(metrics)
                if validation:
                    early_stopping.update(metrics["val_loss"], run.state)
                progress.epoch_done(len(epochs), metrics)
                if tasks:
                    stopped = tasks.epoch_ends(lambda: run.state()[0], epochs)
    except KeyboardInterrupt:
        if not run.n_steps or follows_closely(run.step_began):
            raise
        interrupted = True
        warn_of_interrupt(len(epochs), plan.epochs)
    weights, final_velocities = run.state()
    if early_stopping.best.state and (interrupted or plan.patience is not None):
        weights, final_velocities = early_stopping.best.state
    history = curves(epochs, with_validation=validation is not None)
    return weights, final_velocities, history


class _Run:
    """One training run: its network, its data, and the steps that it has taken.

    ``step_began`` is when the last step began.
    """

    def __init__(
        self,
        plan: NumpyPlan,
        layers: Sequence[Layer],
        velocities: Sequence[Layer],
        samples: Samples,
    ):
        self.n_steps = 0
        self.step_began = monotonic()
        self._plan = plan
        self._layers = layers
        self._velocities = velocities
        self._samples = samples

    def state(self) -> tuple[list[Array], list[Array]]:
        """Copy the weights and the velocities."""
        weights, velocities = map(as_arrays, (self._layers, self._velocities))
        return [one.copy() for one in weights], [one.copy() for one in velocities]

    def train_epoch(
        self, rng: np.random.Generator, progress: TrainingProgress
    ) -> dict[str, float]:
        """Go over the samples once, in random order; return the metrics."""
        totals = np.zeros(2)
        n_rows = len(self._samples.targets)
        order = rng.permutation(n_rows)
        for start in range(0, n_rows, self._plan.batch_size):
            self.step_began = monotonic()
            rows = order[start : start + self._plan.batch_size]
            images, targets, weights = self._samples
            totals += self._step(Samples(images[rows], targets[rows], weights[rows]))
            self.n_steps += 1
            progress.steps_done(1)
        loss, accuracy = totals / n_rows
        if not np.isfinite(loss):
            raise ValueError(
                "Training has diverged: the loss is no longer finite. "
                f"learning_rate={self._plan.learning_rate} is too large; try a tenth "
                "of it."
            )
        return {"loss": float(loss), "accuracy": float(accuracy)}

    def _step(self, batch: Samples) -> tuple[float, int]:
        """Take one step; return the batch's summed loss and number of right answers."""
        plan = self._plan
        images = scaled(batch.images, plan.white)
        outputs = forward(self._layers, images, plan.activation)
        loss, gradient = cross_entropy(outputs[-1], batch.targets, batch.weights)
        gradients = backward(self._layers, outputs, gradient, plan.activation)
        take_step(
            self._layers,
            self._velocities,
            gradients,
            learning_rate=plan.learning_rate,
            momentum=plan.momentum,
        )
        right = outputs[-1].argmax(axis=1) == batch.targets
        return loss * len(batch.targets), int(right.sum())

    def evaluate(self, validation: Samples) -> dict[str, float]:
        """Compute loss and accuracy of the validation data."""
        plan = self._plan
        logits = logits_of(self._layers, validation.images, plan.activation, plan.white)
        loss, _ = cross_entropy(logits, validation.targets, validation.weights)
        accuracy = np.mean(logits.argmax(axis=1) == validation.targets)
        return {"val_loss": loss, "val_accuracy": float(accuracy)}


def logits_of(
    layers: Sequence[Layer], images: NDArray[np.generic], activation: str, white: float
) -> Array:
    """Run the network forward, some rows at a time.

    Parameters
    ----------
    layers : sequence of Layer
        The network.
    images : ndarray of shape (n, pixels)
        Network input, not scaled yet.
    activation : {'relu', 'sigmoid', 'tanh', 'identity'}
        Activation of the hidden layers.
    white : float
        The pixel value that becomes 1.

    Returns
    -------
    ndarray of shape (n, n_classes)
    """
    parts = [
        forward(
            layers,
            scaled(images[start : start + ROWS_PER_FORWARD_PASS], white),
            activation,
        )[-1]
        for start in range(0, len(images), ROWS_PER_FORWARD_PASS)
    ]
    return np.concatenate(parts)


def scaled(images: NDArray[np.generic], white: float) -> Array:
    """Divide network input by `white`; bytes become float32."""
    dtype = np.float32 if images.dtype == np.uint8 else images.dtype
    return images / np.asarray(white, dtype)


def as_arrays(layers: Sequence[Layer]) -> list[Array]:
    """List weights and biases of one layer after the other."""
    return [values for layer in layers for values in layer]


def as_layers(arrays: Sequence[Array]) -> list[Layer]:
    """Make layers of such a list; they share its arrays."""
    return [Layer(*pair) for pair in zip(arrays[::2], arrays[1::2], strict=True)]
