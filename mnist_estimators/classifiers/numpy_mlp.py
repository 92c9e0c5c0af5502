"""A multi-layer perceptron in NumPy alone."""

import itertools
from collections.abc import Hashable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._inputs.parameters import positive_integers
from .._inputs.samples import Samples, hold_out
from .._inputs.sklearn_private import Interval, StrOptions
from .._training.early_stopping import EarlyStopping
from .._training.history import curves, extended
from .._training.progress import TrainingProgress, warn_of_interrupt
from ..backpropagation import (
    ACTIVATIONS,
    INITIALIZERS,
    Layer,
    backward,
    cross_entropy,
    forward,
    initialize,
    take_step,
)
from ._base import BaseDigitClassifier

ROWS_PER_FORWARD_PASS = 1024


class NumpyDigitClassifier(BaseDigitClassifier):
    """Classify digits with a network of dense layers, written out in NumPy.

    Forward pass, backpropagation and gradient descent are a page of array code, to be
    read: nothing is left to a framework, and TensorFlow is not loaded. It learns as
    well as other networks of its kind; ``DenseDigitClassifier`` has more to choose
    from, and trains faster.

    Parameters
    ----------
    hidden_layer_sizes : int or tuple of int, default=(256, 128)
        Units of each hidden layer; an empty tuple makes a linear classifier.
    activation : {'relu', 'sigmoid', 'tanh'}, default='relu'
        Activation of the hidden layers.
    kernel_initializer : {'glorot_normal', 'he_normal'}, default='he_normal'
        How the weights are drawn at first: normal numbers, of variance ``2 / (n_inputs
        + n_units)`` after Glorot and Bengio (also named after Xavier), which suits
        'sigmoid' and 'tanh', or ``2 / n_inputs`` after He et al., which suits 'relu'.
    learning_rate : float, default=0.05
        Length of a step of gradient descent, above 0.
    momentum : float, default=0.9
        Share of the last step that the next one keeps, at least 0 and below 1; 0 is
        plain gradient descent.
    epochs : int, default=10
        Times that the training goes over the data, at most.
    batch_size : int, default=128
        Images in each step.
    validation_fraction : float, default=None
        Share of the images held out for validation, at least 0 and below 1, drawn at
        random from each class. None means 0.1 with `early_stopping`, else 0. With
        `warm_start`, an int as `random_state` holds out the same ones each time.
    early_stopping : bool, default=False
        Whether to stop once the validation loss has not improved for `patience`
        epochs, and to keep the weights of the best epoch.
    patience : int, default=5
        Epochs without improvement before an early stop.
    class_weight : dict or 'balanced', default=None
        Weight of each class in the loss; 'balanced' makes them count alike. Weights
        count relative to their mean over the images of a call.
    warm_start : bool, default=False
        Whether another call of ``fit`` goes on from the fitted weights, with the layers
        and the activation that they were fitted with.
    image_shape : tuple (height, width), default=None
        Shape of the images where `X` has one row an image. None takes a square where
        the number of pixels allows, else one row of pixels.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, validation split and order. An int gives the same
        predictions for the same call on the same machine with the same number of
        threads.
    verbose : int, default=0
        0 is silent, 1 shows one progress bar for the whole fit (on a terminal), 2 or
        more prints a line for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    n_features_in_ : int
        Pixels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where `X` was a data frame with text names.
    image_shape_ : tuple (height, width)
        Shape of the images.
    pixel_range_ : tuple (low, high)
        Range of the pixel values. ``high`` is the smallest of 1, 16, 255 and 65535 that
        no training pixel exceeds, or else the largest pixel, and becomes 1 in the
        network: divide images of 10 or 12 bits by 1023 or 4095. Data with negative
        values are taken as features, scaled by their root mean square.
    weights_ : list of ndarray
        Weights (n_inputs, n_units) and biases (n_units,) of one layer after the other:
        float64 where `X` was, else float32.
    history_ : dict of list of float
        Loss and accuracy of each epoch: 'loss', 'accuracy' and, with validation data,
        'val_loss' and 'val_accuracy'.
    history_frame_ : DataFrame
        The same, indexed by epoch.
    loss_curve_ : list of float
        Training loss of each epoch.
    n_iter_ : int
        Number of epochs trained.

    See Also
    --------
    DenseDigitClassifier : The same network in Keras, with more to choose from.
    sklearn.neural_network.MLPClassifier : The one of scikit-learn.

    References
    ----------
    .. [1] D. E. Rumelhart, G. E. Hinton, R. J. Williams, "Learning Representations by
       Back-Propagating Errors", Nature 323, 1986.
    .. [2] X. Glorot, Y. Bengio, "Understanding the Difficulty of Training Deep
       Feedforward Neural Networks", AISTATS 2010.
    .. [3] K. He, X. Zhang, S. Ren, J. Sun, "Delving Deep into Rectifiers: Surpassing
       Human-Level Performance on ImageNet Classification", ICCV 2015.

    Examples
    --------
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits
    >>> X, y = load_small_digits()
    >>> classifier = NumpyDigitClassifier(epochs=20, random_state=0)
    >>> classifier.fit(X[:1500], y[:1500]).score(X[1500:], y[1500:]) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDigitClassifier._parameter_constraints,
        "hidden_layer_sizes": [
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "kernel_initializer": [StrOptions(set(INITIALIZERS))],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "momentum": [Interval(Real, 0, 1, closed="left")],
    }

    _activation: str
    _velocities: list[NDArray[Any]]

    def __init__(
        self,
        *,
        hidden_layer_sizes: int | Sequence[int] = (256, 128),
        activation: str = "relu",
        kernel_initializer: str = "he_normal",
        learning_rate: float = 0.05,
        momentum: float = 0.9,
        epochs: int = 10,
        batch_size: int = 128,
        validation_fraction: float | None = None,
        early_stopping: bool = False,
        patience: int = 5,
        class_weight: Mapping[Hashable, float] | str | None = None,
        warm_start: bool = False,
        image_shape: tuple[int, int] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.kernel_initializer = kernel_initializer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.patience = patience
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.image_shape = image_shape
        self.random_state = random_state
        self.verbose = verbose

    def _train(
        self,
        samples: Samples,
        validation: Samples | None,
        fraction: float,
        *,
        epochs: int,
        partial: bool,
        going_on: bool,
        to_go_on: bool,
    ) -> None:
        seed = self._draw_seed()
        if fraction:
            samples, validation = hold_out(samples, fraction, self._split_seed(seed))
        rng = np.random.default_rng(seed)
        # Weights of mean 1 leave the length of the steps to the learning rate.
        mean_weight = samples.weights.mean(dtype=np.float64)
        n_rows = len(samples.targets)
        if going_on:
            layers = _layers([values.copy() for values in self.weights_])
        else:
            self._activation = self.activation
            sizes = positive_integers("hidden_layer_sizes", self.hidden_layer_sizes)
            layer_sizes = (self.n_features_in_, *sizes, len(self.classes_))
            dtype = self._scaled(samples.images[:1]).dtype
            layers = initialize(layer_sizes, self.kernel_initializer, rng, dtype)
        velocities = [Layer(*map(np.zeros_like, layer)) for layer in layers]
        if going_on and self._velocities:
            velocities = _layers([values.copy() for values in self._velocities])

        patience = self.patience if validation and self.early_stopping else None
        early_stopping = EarlyStopping(patience)
        interrupted = False
        progress = TrainingProgress(
            int(self.verbose), epochs, -(-n_rows // self.batch_size)
        )
        done: list[dict[str, float]] = []
        try:
            with progress, np.errstate(over="ignore", invalid="ignore"):
                while len(done) < epochs and not early_stopping.stops:
                    metrics = self._train_epoch(
                        layers,
                        velocities,
                        samples,
                        rng.permutation(n_rows),
                        mean_weight,
                        progress,
                    )
                    if validation:
                        metrics |= self._evaluate(layers, validation, mean_weight)
                    done.append(metrics)
                    if validation:
                        early_stopping.update(
                            metrics["val_loss"],
                            lambda: [values.copy() for values in _arrays(layers)],
                        )
                    progress.epoch_done(len(done), metrics)
        except KeyboardInterrupt:
            if not progress.n_steps:
                raise
            interrupted = True
        self.weights_ = _arrays(layers)
        if early_stopping.best.weights and (interrupted or patience is not None):
            self.weights_ = early_stopping.best.weights
        self._velocities = _arrays(velocities) if to_go_on else []
        later = curves(done, with_validation=validation is not None)
        self.history_ = extended(self.history_, later)
        if interrupted:
            warn_of_interrupt(len(done), epochs)

    def _train_epoch(
        self,
        layers: Sequence[Layer],
        velocities: Sequence[Layer],
        samples: Samples,
        order: NDArray[np.intp],
        mean_weight: np.floating[Any],
        progress: TrainingProgress,
    ) -> dict[str, float]:
        """Go once over the samples, in the order given; return the metrics."""
        totals = np.zeros(2)
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            batch = Samples(
                samples.images[rows], samples.targets[rows], samples.weights[rows]
            )
            totals += self._step(layers, velocities, batch, mean_weight)
            progress.steps_done(1)
        return self._metrics(*totals / len(order))

    def _metrics(self, loss: float, accuracy: float) -> dict[str, float]:
        if not np.isfinite(loss):
            raise ValueError(
                "Training has diverged: the loss is no longer finite. "
                f"learning_rate={self.learning_rate} is too large; try a tenth of it."
            )
        return {"loss": float(loss), "accuracy": float(accuracy)}

    def _step(
        self,
        layers: Sequence[Layer],
        velocities: Sequence[Layer],
        batch: Samples,
        mean_weight: np.floating[Any],
    ) -> tuple[float, int]:
        """Take one step; return the batch's summed loss and number of right answers."""
        weights = batch.weights / mean_weight
        outputs = forward(layers, self._scaled(batch.images), self._activation)
        loss, gradient = cross_entropy(outputs[-1], batch.targets, weights)
        gradients = backward(layers, outputs, gradient, self._activation)
        take_step(
            layers,
            velocities,
            gradients,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
        )
        right = outputs[-1].argmax(axis=1) == batch.targets
        return loss * len(weights), int(right.sum())

    def _weight_shapes(self) -> list[tuple[int, ...]]:
        if self._activation not in ACTIVATIONS:
            raise ValueError(f"_activation must be one of {ACTIVATIONS}")
        biases = self.weights_[1::2]
        sizes = [self.n_features_in_, *map(len, biases)]
        if sizes[-1] != len(self.classes_) or not biases:
            raise ValueError("weights_ must end in one unit for each of classes_")
        return [
            shape
            for n_inputs, n_units in itertools.pairwise(sizes)
            for shape in ((n_inputs, n_units), (n_units,))
        ]

    def _logits(self, pixels: NDArray[Any]) -> NDArray[np.floating[Any]]:
        return self._run(_layers(self.weights_), self._network_input(pixels))

    def _network_input(self, pixels: NDArray[Any]) -> NDArray[Any]:
        # Numbers of 64 bits stay so, as in scikit-learn's MLPClassifier.
        kept = pixels.dtype in (np.uint8, np.float32, np.float64)
        return pixels if kept else pixels.astype(np.float32)

    def _run(
        self, layers: Sequence[Layer], images: NDArray[Any]
    ) -> NDArray[np.floating[Any]]:
        parts = [
            forward(
                layers,
                self._scaled(images[start : start + ROWS_PER_FORWARD_PASS]),
                self._activation,
            )[-1]
            for start in range(0, len(images), ROWS_PER_FORWARD_PASS)
        ]
        return np.concatenate(parts)

    def _evaluate(
        self,
        layers: Sequence[Layer],
        validation: Samples,
        mean_weight: np.floating[Any],
    ) -> dict[str, float]:
        logits = self._run(layers, validation.images)
        weights = validation.weights / mean_weight
        loss, _ = cross_entropy(logits, validation.targets, weights)
        accuracy = np.mean(logits.argmax(axis=1) == validation.targets)
        return {"val_loss": loss, "val_accuracy": float(accuracy)}

    def _scaled(self, images: NDArray[Any]) -> NDArray[Any]:
        """Bring network input to values from 0 to 1."""
        dtype = np.float32 if images.dtype == np.uint8 else images.dtype
        return images / np.asarray(self.pixel_range_[1], dtype)


def _arrays(layers: Sequence[Layer]) -> list[NDArray[Any]]:
    return [values for layer in layers for values in layer]


def _layers(arrays: Sequence[NDArray[Any]]) -> list[Layer]:
    return [Layer(*pair) for pair in zip(arrays[::2], arrays[1::2], strict=True)]
