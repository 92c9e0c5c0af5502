"""The fast training loop: its cost is arithmetic, not Python.

A `Trainer` is one Keras model with its optimizer and the compiled function that runs
many training steps over data in memory. It serves one fit at a time.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._inputs.samples import Samples
from .._networks.build import build_network, initial_weights, penalized_weights
from .._networks.layers.table import normalizes_batches
from .._networks.optimizers import OptimizerSpec, all_variables, take_plain_adam_step
from .._networks.specs import Network
from .dropout import dropout_bits, dropout_masks
from .metrics import results, update
from .plan import Settings
from .state import MANY_STEPS, TrainingState, Weights
from .step import (
    ROWS_PER_FORWARD_PASS,
    cross_entropy,
    forward,
    n_correct,
    summed,
)

if TYPE_CHECKING:
    import keras

ROWS_PER_CHUNK = 12_800


class Trainer:
    """A Keras model, its optimizer, and compiled training and evaluation over arrays.

    Parameters
    ----------
    network : tuple of LayerSpec
        Only its architecture matters: rates and penalties are inputs of each step.
    image_shape : tuple of two int
        Height and width.
    optimizer : OptimizerSpec
        The optimizer to build.
    precision : {'float32', 'mixed_bfloat16'}
        What the layers compute with.
    xla_batch_size : int or None
        Rows of a batch, if full batches are to run in an XLA-compiled step.
    metrics : sequence of keras.Metric, default=()
        Updated in training and evaluation.
    loss : str, default='categorical_crossentropy'
        Name of the loss, which says what targets metrics get.
    """

    def __init__(
        self,
        network: Network,
        image_shape: tuple[int, int],
        optimizer: OptimizerSpec,
        precision: str,
        xla_batch_size: int | None,
        metrics: "Sequence[keras.Metric]" = (),
        loss: str = "categorical_crossentropy",
    ):
        import tensorflow as tf

        self.network = network
        self.model = build_network(network, image_shape, seed=0, precision=precision)
        self.optimizer = optimizer.build()
        self.optimizer.build(self.model.trainable_variables)
        self._plain_adam = optimizer.is_plain_adam
        self._sets_learning_rate = optimizer.learning_rate is not None
        self._optimizer_variables = all_variables(self.optimizer)
        self._fresh_optimizer = [v.numpy() for v in self._optimizer_variables]
        # Some begin with a copy of the weights.
        self._copies_weights = any(np.ptp(v) for v in self._fresh_optimizer)
        self._optimizer_spec = optimizer
        self._earlier_steps = {
            keras_layer: tf.Variable(0, dtype=tf.int64)
            for keras_layer in self.model.layers
            if normalizes_batches(keras_layer)
        }
        self._kernels = penalized_weights(self.model, network)
        self._xla_batch_size = xla_batch_size
        self.steps_per_chunk = max(1, ROWS_PER_CHUNK // (xla_batch_size or 1))
        self._traced: dict[Any, Any] = {}
        self._metrics, self._loss = metrics, loss
        # Some make variables at their first update, which no graph may do.
        n_classes = self.model.output_shape[-1]
        self._update_metrics(tf.zeros((1, n_classes)), tf.zeros(1, tf.int32))
        self.metric_results()

    def set_state(self, state: TrainingState | None, *, seed: int) -> None:
        """Start from `state`, or from new initial weights drawn with `seed`."""
        weights = state.weights if state else []
        if len(weights) < len(self.model.weights):
            drawn = initial_weights(self.model, self.network, seed=seed)
            weights = [*weights, *drawn[len(weights) :]]
        _assign(self.model.weights, weights)
        saved = state.optimizer if state and state.optimizer else None
        _assign(self._optimizer_variables, saved or self._new_optimizer_values())
        known = state.earlier_steps if state else None
        counted = bool(state and state.optimizer)
        for number, (keras_layer, steps) in enumerate(self._earlier_steps.items()):
            begins = (keras_layer.moving_variance.numpy() == 1).all()
            estimate = 0 if counted or begins else MANY_STEPS
            steps.assign(estimate if known is None else known[number])

    def _new_optimizer_values(self) -> list[NDArray[Any]]:
        if not self._copies_weights:
            return self._fresh_optimizer
        optimizer = self._optimizer_spec.build()
        optimizer.build(self.model.trainable_variables)
        return [v.numpy() for v in all_variables(optimizer)]

    def state(self) -> TrainingState:
        """Copy the weights, the optimizer's variables and the earlier steps."""
        return TrainingState(
            self.weights(),
            [np.array(v.numpy()) for v in self._optimizer_variables],
            [int(steps.numpy()) for steps in self._earlier_steps.values()],
        )

    def weights(self) -> Weights:
        """Copy the weights."""
        return [np.array(v.numpy()) for v in self.model.weights]

    def run(
        self,
        samples: Samples,
        order: NDArray[np.int32],
        batch_size: int,
        learning_rates: NDArray[np.float32],
        settings: Settings,
        seed: tuple[int, int],
    ) -> NDArray[np.float32]:
        """Train on the rows named by `order`, batch by batch.

        Parameters
        ----------
        samples : Samples
            The data, best as tensors that are made once a fit.
        order : ndarray of int32
            Rows in the order of their use.
        batch_size : int
            Rows a step; the last step may have fewer.
        learning_rates : ndarray of float32
            The rate of each step.
        settings : Settings
            Of this fit.
        seed : tuple of two int
            Seed of the dropout masks, and the number of the first step.

        Returns
        -------
        ndarray of shape (2,)
            Loss and number of right answers, summed over the rows.
        """
        import tensorflow as tf

        arrays = tuple(map(tf.convert_to_tensor, samples))
        constants = _as_constants(settings)
        run = self._trace(
            self._run_plain if self._xla_batch_size is None else self._run_xla,
            arrays[0].dtype,
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((), tf.int32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((2,), tf.int32),
        )
        totals = np.zeros(2, np.float32)
        n_rows = batch_size * self.steps_per_chunk
        for start in range(0, len(order), n_rows):
            step = start // batch_size
            done = run(
                arrays,
                constants,
                tf.constant(order[start : start + n_rows]),
                tf.constant(batch_size, tf.int32),
                tf.constant(learning_rates[step : step + self.steps_per_chunk]),
                tf.constant([seed[0], seed[1] + step], tf.int32),
            )
            totals += done.numpy()
        return totals

    def evaluate(self, samples: Samples, settings: Settings) -> tuple[float, float]:
        """Compute the mean loss and the accuracy over `samples`."""
        import tensorflow as tf

        arrays = tuple(map(tf.convert_to_tensor, samples))
        evaluate = self._trace(self._evaluate, arrays[0].dtype)
        loss, accuracy = evaluate(arrays, _as_constants(settings)).numpy()
        return float(loss), float(accuracy)

    def metric_results(self, prefix: str = "") -> dict[str, float]:
        """Read the user's metrics, and start them again."""
        return results(self._metrics, prefix)

    def finish(self) -> None:
        """Put averaged weights in place, where the optimizer keeps an average."""
        self.optimizer.finalize_variable_values(self.model.trainable_variables)

    def _trace(self, function: Any, image_type: Any, *signature: Any) -> Any:
        """Trace a function of samples, settings and more, once for a type of images."""
        import tensorflow as tf

        key = (function.__name__, image_type)
        if key in self._traced:
            return self._traced[key]
        samples = (
            tf.TensorSpec(self.model.input_shape, image_type),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None,), tf.float32),
        )
        scalar = tf.TensorSpec((), tf.float32)
        settings = Settings(tf.TensorSpec((None,), tf.float32), *[scalar] * 3)
        # A new tf.function each time: an interrupt may leave one half-built.
        self._traced[key] = tf.function(
            function, autograph=False
        ).get_concrete_function(samples, settings, *signature)
        return self._traced[key]

    def _update_metrics(self, logits: Any, targets: Any) -> None:
        update(self._metrics, self._loss, logits, targets)

    def _penalty(self, l2: Any) -> Any:
        import tensorflow as tf

        squares = [tf.reduce_sum(tf.square(kernel)) for kernel in self._kernels]
        return l2 * tf.add_n(squares) if squares else tf.constant(0.0)

    def _step(
        self,
        batch: Any,
        batch_size: Any,
        learning_rate: Any,
        masks: Any,
        settings: Any,
    ) -> Any:
        """Take one step; return the batch's summed loss and number of right answers.

        A last batch may have fewer rows than `batch_size`.
        """
        import tensorflow as tf

        images, targets, weights = batch
        variables = self.model.trainable_variables
        n_rows = tf.cast(tf.shape(targets)[0], tf.float32)
        if self._sets_learning_rate:
            self.optimizer.learning_rate = learning_rate
        # Counted in batches of as many rows as this one, so that it weighs no more.
        unit = n_rows / tf.cast(batch_size, tf.float32)
        # Of batches: `iterations` itself counts the updates of accumulated gradients.
        n_done = self.optimizer._iterations.value
        n_steps = {
            keras_layer: tf.cast(n + n_done, tf.float32) / unit
            for keras_layer, n in self._earlier_steps.items()
        }
        with tf.GradientTape() as tape:
            logits = forward(self.model, images, settings.pixel_scale, masks, n_steps)
            losses = weights * cross_entropy(logits, targets, settings.smoothing)
            loss = tf.reduce_sum(losses) / n_rows + self._penalty(settings.l2)
            scaled_loss = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled_loss, [v.value for v in variables])
        if self._plain_adam:
            take_plain_adam_step(self.optimizer, gradients)
        else:
            self.optimizer.apply(gradients, variables)
        self._update_metrics(logits, targets)
        return tf.stack([loss * n_rows, n_correct(logits, targets)])

    def _run_plain(
        self,
        samples: Any,
        settings: Any,
        order: Any,
        batch_size: Any,
        learning_rates: Any,
        seed: Any,
    ) -> Any:
        """Train on the rows named by `order`; return summed loss and right answers."""
        import tensorflow as tf

        n_steps = (tf.shape(order)[0] + batch_size - 1) // batch_size

        def take(step: Any) -> Any:
            rows = order[step * batch_size : (step + 1) * batch_size]
            batch = tuple(tf.gather(array, rows) for array in samples)
            step_seed = seed + tf.stack([0, step])
            bits = dropout_bits(self.model, tf.shape(rows)[0], step_seed)
            masks = dropout_masks(bits, settings.rates)
            return self._step(batch, batch_size, learning_rates[step], masks, settings)

        return summed(n_steps, take)

    def _run_xla(
        self,
        samples: Any,
        settings: Any,
        order: Any,
        batch_size: Any,
        learning_rates: Any,
        seed: Any,
    ) -> Any:
        """Do what `_run_plain` does, with all full batches in one XLA computation.

        It has fixed shapes: room for `steps_per_chunk` batches, of which the first
        `n_steps` are used. The rest of the rows, which is smaller than a batch, takes
        an ordinary step. Random bits are drawn outside: XLA would fuse them into the
        matrix products and compute them many times over.
        """
        import tensorflow as tf

        assert self._xla_batch_size is not None
        chunk_shape = (self.steps_per_chunk, self._xla_batch_size)
        n_rows = self.steps_per_chunk * self._xla_batch_size
        n_steps = tf.shape(order)[0] // batch_size
        n_full = n_steps * batch_size

        def stacked(array: Any) -> Any:
            return tf.reshape(array, (*chunk_shape, *array.shape[1:]))

        rows = tf.pad(order[:n_full], [[0, n_rows - n_full]])
        batches = [stacked(tf.gather(array, rows)) for array in samples]
        bits = [stacked(drawn) for drawn in dropout_bits(self.model, n_rows, seed)]
        room = self.steps_per_chunk - n_steps
        padded_rates = tf.pad(learning_rates[:n_steps], [[0, room]])

        full_batches = tf.function(
            self._full_batches, jit_compile=True, autograph=False
        )
        totals = full_batches(
            batches,
            bits,
            tf.ensure_shape(padded_rates, (self.steps_per_chunk,)),
            n_steps,
            settings,
        )
        with tf.control_dependencies([totals]):
            rest = order[n_full:]
        return totals + self._run_plain(
            samples,
            settings,
            rest,
            batch_size,
            learning_rates[n_steps:],
            seed + tf.stack([0, n_steps]),
        )

    def _full_batches(
        self, batches: Any, bits: Any, learning_rates: Any, n_steps: Any, settings: Any
    ) -> Any:
        """Train on the first `n_steps` of the batches."""

        def take(step: Any) -> Any:
            batch = tuple(array[step] for array in batches)
            masks = dropout_masks([drawn[step] for drawn in bits], settings.rates)
            return self._step(
                batch, self._xla_batch_size, learning_rates[step], masks, settings
            )

        return summed(n_steps, take)

    def _evaluate(self, samples: Any, settings: Any) -> Any:
        import tensorflow as tf

        images, targets, weights = samples
        n_rows = tf.shape(targets)[0]

        def evaluate(number: Any) -> Any:
            start = number * ROWS_PER_FORWARD_PASS
            rows = slice(start, start + ROWS_PER_FORWARD_PASS)
            logits = forward(self.model, images[rows], settings.pixel_scale)
            losses = cross_entropy(logits, targets[rows], settings.smoothing)
            right = n_correct(logits, targets[rows])
            self._update_metrics(logits, targets[rows])
            return tf.stack([tf.reduce_sum(weights[rows] * losses), right])

        totals = summed(-(-n_rows // ROWS_PER_FORWARD_PASS), evaluate)
        penalty = self._penalty(settings.l2)
        return totals / tf.cast(n_rows, tf.float32) + tf.stack([penalty, 0.0])


def _assign(variables: Any, values: Any) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.value.assign(value, read_value=False)


def _as_constants(settings: Settings) -> Any:
    import tensorflow as tf

    values = (tf.constant(np.asarray(value, np.float32)) for value in settings)
    return Settings(*values)
