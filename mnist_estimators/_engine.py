"""The fast loops: training and prediction whose cost is arithmetic, not Python.

A `Trainer` is one Keras model with its optimizer and the compiled function that runs
many training steps over data in memory. Tracing it costs more than a small fit, so idle
trainers are kept and lent to the next fit of the same architecture, which sets weights
and optimizer state anew. A trainer serves one fit at a time.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._networks import (
    DROPOUT_LAYERS,
    Network,
    build_network,
    initial_weights,
    without_rates,
)
from ._tensorflow import load_keras

if TYPE_CHECKING:
    import keras

MAX_IDLE_TRAINERS = 8
MAX_PREDICTORS = 16
ROWS_PER_FORWARD_PASS = 512

Weights = list[NDArray[np.float32]]


class Samples(NamedTuple):
    """Images (n, h, w, 1), class indices (n,) and sample weights (n,)."""

    images: NDArray[np.float32]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]


class OptimizerSpec(NamedTuple):
    """A Keras optimizer as its class and a JSON text of its configuration."""

    cls: type
    config: str

    @property
    def learning_rate(self) -> float | None:
        """The rate it was made with; None if it brings a schedule of its own."""
        rate = json.loads(self.config)["learning_rate"]
        return rate if isinstance(rate, float) else None

    def build(self) -> "keras.optimizers.Optimizer":
        """Make a new optimizer."""
        return self.cls.from_config(json.loads(self.config))  # type: ignore[attr-defined]


def optimizer_spec(optimizer: Any) -> OptimizerSpec:
    """Describe an optimizer given as name or instance; the instance is not touched.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        As in the constructor of the classifiers.

    Returns
    -------
    OptimizerSpec

    Raises
    ------
    ValueError
        If Keras knows no optimizer of that name.
    TypeError
        If it is neither a name nor an optimizer.
    """
    keras = load_keras()
    if isinstance(optimizer, str):
        try:
            optimizer = keras.optimizers.get(optimizer)
        except ValueError:
            raise ValueError(
                f"optimizer={optimizer!r} is not known to Keras. Use a name such as "
                "'adam', 'adamw', 'sgd' or 'rmsprop', or a keras.optimizers.Optimizer."
            ) from None
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "optimizer must be a name or a keras.optimizers.Optimizer. Got "
            f"{optimizer!r} instead."
        )
    config = optimizer.get_config()
    del config["name"]  # Keras numbers the names
    return OptimizerSpec(type(optimizer), json.dumps(config))


class TrainingState(NamedTuple):
    """All that a later fit needs to go on: weights, and the optimizer's variables."""

    weights: Weights
    optimizer: list[NDArray[Any]]


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
    xla_batch_size : int or None
        Rows of a batch, if full batches are to run in an XLA-compiled step.
    """

    def __init__(
        self,
        network: Network,
        image_shape: tuple[int, int],
        optimizer: OptimizerSpec,
        xla_batch_size: int | None,
    ):
        import tensorflow as tf

        self.network = network
        self.model = build_network(network, image_shape, seed=0)
        self.optimizer = optimizer.build()
        self.optimizer.build(self.model.trainable_variables)
        self._sets_learning_rate = optimizer.learning_rate is not None
        self._fresh_optimizer = [v.numpy() for v in self.optimizer.variables]
        self._kernels = [
            keras_layer.kernel
            for spec, keras_layer in zip(network, self.model.layers, strict=True)
            if dict(spec.settings).get("l2")
        ]
        self._xla_batch_size = xla_batch_size
        floats, ints = tf.float32, tf.int32
        samples = (
            tf.TensorSpec((None, *image_shape, 1), floats),
            tf.TensorSpec((None,), ints),
            tf.TensorSpec((None,), floats),
        )
        scalars = [tf.TensorSpec((), floats)] * 2
        self._run = tf.function(
            self._run_steps,
            input_signature=[
                samples,
                tf.TensorSpec((None,), ints),
                tf.TensorSpec((), ints),
                tf.TensorSpec((None,), floats),
                tf.TensorSpec((None,), floats),
                *scalars,
                tf.TensorSpec((2,), ints),
            ],
            autograph=False,
        ).get_concrete_function()
        self._evaluate = tf.function(
            self._evaluate_all,
            input_signature=[samples, *scalars],
            autograph=False,
        )

    def set_state(self, state: TrainingState | None, *, seed: int) -> None:
        """Start from `state`, or from new initial weights drawn with `seed`."""
        weights = state.weights if state else None
        if weights is None:
            weights = initial_weights(self.model, self.network, seed=seed)
        for variable, value in zip(self.model.weights, weights, strict=True):
            variable.assign(value)
        saved = state.optimizer if state and state.optimizer else self._fresh_optimizer
        for variable, value in zip(self.optimizer.variables, saved, strict=True):
            variable.assign(value)

    def state(self) -> TrainingState:
        """Copy the weights and the optimizer's variables."""
        return TrainingState(
            self.weights(), [v.numpy() for v in self.optimizer.variables]
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
        rates: Sequence[float],
        l2: float,
        smoothing: float,
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
        rates : sequence of float
            The rate of each dropout layer.
        l2, smoothing : float
            Penalty on the squared weights, and label smoothing.
        seed : tuple of two int
            Seed of the dropout masks, and the number of the first step.

        Returns
        -------
        ndarray of shape (2,)
            Loss and number of right answers, summed over the rows.
        """
        import tensorflow as tf

        arguments = (
            tuple(samples),
            order,
            np.int32(batch_size),
            learning_rates,
            np.asarray(rates, np.float32),
            np.float32(l2),
            np.float32(smoothing),
            np.asarray(seed, np.int32),
        )
        return self._run(*tf.nest.map_structure(tf.convert_to_tensor, arguments)).numpy()

    def evaluate(
        self, samples: Samples, l2: float, smoothing: float
    ) -> tuple[float, float]:
        """Compute the mean loss and the accuracy over `samples`."""
        loss, accuracy = self._evaluate(
            tuple(samples), np.float32(l2), np.float32(smoothing)
        ).numpy()
        return float(loss), float(accuracy)

    def finish(self) -> None:
        """Put averaged weights in place, where the optimizer keeps an average."""
        self.optimizer.finalize_variable_values(self.model.trainable_variables)

    def _penalty(self, l2: Any) -> Any:
        import tensorflow as tf

        squares = [tf.reduce_sum(tf.square(kernel)) for kernel in self._kernels]
        return l2 * tf.add_n(squares) if squares else tf.constant(0.0)

    def _step(
        self, batch: Any, learning_rate: Any, masks: Any, l2: Any, smoothing: Any
    ) -> Any:
        """Take one step; return the batch's summed loss and number of right answers."""
        import tensorflow as tf

        images, targets, weights = batch
        variables = self.model.trainable_variables
        n_rows = tf.cast(tf.shape(targets)[0], tf.float32)
        if self._sets_learning_rate:
            self.optimizer.learning_rate = learning_rate
        with tf.GradientTape() as tape:
            logits = _logits(self.model, images, masks=masks)
            losses = weights * _cross_entropy(logits, targets, smoothing)
            loss = tf.reduce_sum(losses) / n_rows + self._penalty(l2)
        gradients = tape.gradient(loss, [v.value for v in variables])
        self.optimizer.apply(gradients, variables)
        return tf.stack([loss * n_rows, _n_correct(logits, targets)])

    def _run_steps(
        self,
        samples: Any,
        order: Any,
        batch_size: Any,
        learning_rates: Any,
        rates: Any,
        l2: Any,
        smoothing: Any,
        seed: Any,
    ) -> Any:
        """Train on the rows named by `order`; return summed loss and right answers.

        Dropout masks are drawn outside the step: XLA would fuse their random numbers
        into the matrix products and compute them many times over.
        """
        import tensorflow as tf

        def batch_at(rows: Any) -> Any:
            return tuple(tf.gather(array, rows) for array in samples)

        def masks_at(step: Any, n_rows: Any) -> Any:
            step_seed = seed + tf.stack([0, step])
            return _dropout_masks(self.model, n_rows, rates, step_seed)

        def run(step: Any, rows: Any, function: Callable[..., Any]) -> Any:
            masks = masks_at(step, tf.shape(rows)[0])
            rate = learning_rates[step]
            return function(batch_at(rows), rate, masks, l2, smoothing)

        n_rows = tf.shape(order)[0]
        totals = tf.zeros(2)
        if self._xla_batch_size is None:
            n_steps = (n_rows + batch_size - 1) // batch_size

            def rows_at(step: Any) -> Any:
                return order[step * batch_size : (step + 1) * batch_size]

            step_function: Callable[..., Any] = self._step
        else:
            n_steps = n_rows // batch_size

            def rows_at(step: Any) -> Any:
                rows = order[step * batch_size : (step + 1) * batch_size]
                return tf.ensure_shape(rows, (self._xla_batch_size,))

            step_function = tf.function(self._step, jit_compile=True, autograph=False)

        _, totals = tf.while_loop(
            lambda step, _: step < n_steps,
            lambda step, totals: (
                step + 1,
                totals + run(step, rows_at(step), step_function),
            ),
            [0, totals],
            parallel_iterations=1,
        )
        if self._xla_batch_size is not None:
            # An XLA-compiled step has one batch size: the rest of the rows, which is
            # smaller, takes the same step as an ordinary graph.
            with tf.control_dependencies([totals]):
                rest = order[n_steps * batch_size :]
            totals += tf.cond(
                tf.shape(rest)[0] > 0,
                lambda: run(n_steps, rest, self._step),
                lambda: tf.zeros(2),
            )
        return totals

    def _evaluate_all(self, samples: Any, l2: Any, smoothing: Any) -> Any:
        import tensorflow as tf

        images, targets, weights = samples
        n_rows = tf.shape(targets)[0]

        def add(start: Any, totals: Any) -> Any:
            rows = slice(start, start + ROWS_PER_FORWARD_PASS)
            logits = _logits(self.model, images[rows])
            losses = weights[rows] * _cross_entropy(logits, targets[rows], smoothing)
            right = _n_correct(logits, targets[rows])
            totals += tf.stack([tf.reduce_sum(losses), right])
            return start + ROWS_PER_FORWARD_PASS, totals

        _, totals = tf.while_loop(
            lambda start, _: start < n_rows, add, [0, tf.zeros(2)], parallel_iterations=1
        )
        return totals / tf.cast(n_rows, tf.float32) + tf.stack([self._penalty(l2), 0.0])


def _logits(model: "keras.Sequential", images: Any, masks: Any = None) -> Any:
    """Run all layers but the final softmax; with masks, as in training."""
    outputs = images
    remaining = iter(masks or ())
    for keras_layer in model.layers[:-1]:
        if type(keras_layer).__name__ not in DROPOUT_LAYERS:
            outputs = keras_layer(outputs, training=masks is not None)
        elif masks is not None:
            outputs = outputs * next(remaining)
    return outputs


def _dropout_masks(
    model: "keras.Sequential", n_rows: Any, rates: Any, seed: Any
) -> list[Any]:
    """Draw a mask for each dropout layer: 0, or what keeps the mean of the rest."""
    import tensorflow as tf

    masks = []
    layers = [la for la in model.layers if type(la).__name__ in DROPOUT_LAYERS]
    for index, keras_layer in enumerate(layers):
        shape = list(keras_layer.input.shape[1:])
        if type(keras_layer).__name__ == "SpatialDropout2D":
            shape[:2] = 1, 1
        draws = tf.random.stateless_uniform(
            tf.stack([n_rows, *shape]), seed + [index, 0]
        )
        keep = 1.0 - rates[index]
        masks.append(tf.cast(draws < keep, tf.float32) / keep)
    return masks


def _cross_entropy(logits: Any, targets: Any, smoothing: Any) -> Any:
    """Cross-entropy of each row, with `smoothing` spread evenly over the classes."""
    import tensorflow as tf

    log_probabilities = tf.nn.log_softmax(logits)
    chosen = tf.gather(log_probabilities, targets, batch_dims=1)
    evenly = tf.reduce_mean(log_probabilities, axis=1)
    return -(1.0 - smoothing) * chosen - smoothing * evenly


def _n_correct(logits: Any, targets: Any) -> Any:
    import tensorflow as tf

    right = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), targets)
    return tf.reduce_sum(tf.cast(right, tf.float32))


_lock = Lock()
_idle_trainers: OrderedDict[Any, list[Trainer]] = OrderedDict()
_predictors: OrderedDict[Any, Callable[..., Any]] = OrderedDict()


@contextmanager
def borrow_trainer(
    network: Network,
    image_shape: tuple[int, int],
    optimizer: OptimizerSpec,
    xla_batch_size: int | None,
) -> Iterator[Trainer]:
    """Lend a trainer that nobody else uses meanwhile: an idle one, else a new one.

    Parameters
    ----------
    network : tuple of LayerSpec
        The layers; their rates of dropout and l2 may differ from those of the trainer.
    image_shape : tuple of two int
        Height and width.
    optimizer : OptimizerSpec
        Optimizer; a trainer is found whatever its learning rate.
    xla_batch_size : int or None
        As in `Trainer`.

    Yields
    ------
    Trainer
        Its weights and optimizer state are those of an earlier fit: set them.
    """
    config = json.loads(optimizer.config)
    if optimizer.learning_rate is not None:
        del config["learning_rate"]
    key = (
        without_rates(network),
        image_shape,
        optimizer.cls,
        json.dumps(config),
        xla_batch_size,
    )
    with _lock:
        idle = _idle_trainers.get(key)
        trainer = idle.pop() if idle else None
    if trainer is None:
        trainer = Trainer(network, image_shape, optimizer, xla_batch_size)
    try:
        yield trainer
    finally:
        with _lock:
            _idle_trainers.setdefault(key, []).append(trainer)
            _idle_trainers.move_to_end(key)
            while sum(map(len, _idle_trainers.values())) > MAX_IDLE_TRAINERS:
                oldest = next(iter(_idle_trainers))
                if _idle_trainers[oldest]:
                    _idle_trainers[oldest].pop()
                if not _idle_trainers[oldest]:
                    del _idle_trainers[oldest]


def predict_logits(
    network: Network, image_shape: tuple[int, int], weights: Any, images: NDArray[Any]
) -> NDArray[np.float32]:
    """Run the network forward over `images`.

    Parameters
    ----------
    network : tuple of LayerSpec
        The layers.
    image_shape : tuple of two int
        Height and width.
    weights : sequence of arrays or tensors
        In the order of ``model.weights``.
    images : ndarray of shape (n, height, width, 1), dtype float32
        Network input.

    Returns
    -------
    ndarray of shape (n, n_classes), dtype float32
        Scores before the softmax.
    """
    forward = _predictor(without_rates(network), image_shape)
    return np.concatenate(
        [
            forward(tuple(weights), images[start : start + ROWS_PER_FORWARD_PASS])
            for start in range(0, len(images), ROWS_PER_FORWARD_PASS)
        ]
    )


def _predictor(network: Network, image_shape: tuple[int, int]) -> Callable[..., Any]:
    import tensorflow as tf

    key = (network, image_shape)
    with _lock:
        if key in _predictors:
            _predictors.move_to_end(key)
            return _predictors[key]
    keras = load_keras()
    model = build_network(network, image_shape, seed=0)

    def forward(weights: Any, images: Any) -> Any:
        values = list(zip(model.weights, weights, strict=True))
        with keras.StatelessScope(state_mapping=values):
            return _logits(model, images)

    signature = (
        tuple(tf.TensorSpec(variable.shape, tf.float32) for variable in model.weights),
        tf.TensorSpec((None, *image_shape, 1), tf.float32),
    )
    compiled = tf.function(forward, input_signature=signature, autograph=False)
    with _lock:
        _predictors[key] = compiled
        while len(_predictors) > MAX_PREDICTORS:
            _predictors.popitem(last=False)
    return compiled
