"""A multi-layer perceptron that needs only NumPy."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._inputs.parameters import COUNT, FRACTION, positive_integers
from .._inputs.seen import SeenData
from .._inputs.sklearn_private import Interval, StrOptions
from .._training.history import extended
from ..backpropagation import ACTIVATIONS, INITIALIZERS, Layer, initialize
from ._base import BaseDigitClassifier
from ._numpy_state import NumpyState
from ._numpy_training import (
    NumpyPlan,
    as_layers,
    logits_of,
    scaled,
    train,
)
from ._training_data import TrainingData, split


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
    activation : {'relu', 'sigmoid', 'tanh', 'identity'}, default='relu'
        Activation of the hidden layers; 'identity' is none.
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
        Share of the images held out for validation, at least 0 and below 1, drawn from
        each class; of few images, one of each class with two or more. None means 0.1
        with `early_stopping`, else 0. With `warm_start`, an int as `random_state` holds
        out the same ones each time.
    early_stopping : bool, default=False
        Whether to stop once the validation loss has not improved for `patience`
        epochs, and to keep the weights of the best epoch.
    patience : int, default=5
        Epochs without improvement before an early stop.
    class_weight : dict or 'balanced', default=None
        Weight of each class in the loss, 1 where a dict lacks it; 'balanced' makes
        them count alike. In ``fit`` only the ratios of weights matter.
    warm_start : bool, default=False
        Whether another call of ``fit`` continues from the fitted weights. Layers and
        activation must be the same then; all other parameters may change.
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
    weights_ : tuple of ndarray
        Weights (n_inputs, n_units) and biases (n_units,) of one layer after the other:
        float64 where `X` was, else float32. The arrays are read-only. Assign others of
        the same shapes to replace them.
    history_ : dict of list of float
        Loss and accuracy of each epoch: 'loss', 'accuracy' and, with validation data,
        'val_loss' and 'val_accuracy'.
    history_frame_ : DataFrame
        The same, indexed by epoch.
    loss_curve_ : list of float
        Training loss of each epoch.
    best_loss_ : float or None
        Least of them; None with validation data, as in ``MLPClassifier``.
    validation_scores_ : list of float or None
        Accuracy on the validation data after each epoch; None without any.
    best_validation_score_ : float or None
        Largest of them.
    n_iter_ : int
        Epochs trained: with `warm_start` and ``partial_fit`` by all calls.

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

    _state_class = NumpyState

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDigitClassifier._parameter_constraints,
        "hidden_layer_sizes": ["array-like", COUNT],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "kernel_initializer": [StrOptions(set(INITIALIZERS))],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "momentum": [FRACTION],
    }

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

    @property
    def _activation(self) -> str:
        return self._fitted_as("_activation").activation

    def _train(self, data: TrainingData, previous: NumpyState | None) -> NumpyState:
        return self._run(data, previous, int(self.epochs), self.warm_start)

    def _train_once(
        self, data: TrainingData, previous: NumpyState | None
    ) -> NumpyState:
        return self._run(data, previous, 1, keeps_velocities=True)

    def _run(
        self,
        data: TrainingData,
        previous: NumpyState | None,
        epochs: int,
        keeps_velocities: bool,
    ) -> NumpyState:
        """Train, and return all that the classifier keeps of it."""
        seed = self._draw_seed(previous)
        samples, validation = split(data, seed, self.random_state)
        plan = NumpyPlan(
            activation=self.activation,
            white=data.seen.pixel_range[1],
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            epochs=epochs,
            batch_size=int(self.batch_size),
            patience=int(self.patience) if validation and self.early_stopping else None,
            verbose=int(self.verbose),
        )
        rng = np.random.default_rng(seed)
        layers, velocities = self._start(data, previous, rng)
        state = NumpyState(
            seen=data.seen,
            weights=(),
            history=previous.history if previous else {},
            activation=plan.activation,
        )
        if data.tasks:
            data.tasks.before = state
        weights, final_velocities, history = train(
            plan, layers, velocities, samples, validation, rng, data.tasks
        )
        return replace(
            state,
            weights=tuple(weights),
            history=extended(state.history, history),
            velocities=tuple(final_velocities) if keeps_velocities else (),
        )

    def _start(
        self,
        data: TrainingData,
        previous: NumpyState | None,
        rng: np.random.Generator,
    ) -> tuple[list[Layer], list[Layer]]:
        """Return layers, and their velocities, for the training to change in place."""
        sizes = positive_integers("hidden_layer_sizes", self.hidden_layer_sizes)
        if previous:
            self._check_same_layers(sizes, previous)
            layers = as_layers([*map(np.array, previous.weights)])
        else:
            seen = data.seen
            layer_sizes = (seen.n_features_in, *sizes, len(seen.classes))
            dtype = scaled(data.samples.images[:1], seen.pixel_range[1]).dtype
            layers = initialize(layer_sizes, self.kernel_initializer, rng, dtype)
        if previous and previous.velocities:
            return layers, as_layers([*map(np.array, previous.velocities)])
        return layers, [Layer(*map(np.zeros_like, layer)) for layer in layers]

    def _check_same_layers(self, sizes: tuple[int, ...], previous: NumpyState) -> None:
        present = {"hidden_layer_sizes": sizes, "activation": self.activation}
        former = {
            "hidden_layer_sizes": tuple(map(len, previous.weights[1:-1:2])),
            "activation": previous.activation,
        }
        for name, value in present.items():
            if value != former[name]:
                raise ValueError(
                    f"{name}={value!r} describes other layers than those of the fit "
                    "that training continues from. Set it to "
                    f"{former[name]!r} again, or fit a new classifier."
                )

    def _network_input(self, pixels: NDArray[Any], seen: SeenData) -> NDArray[Any]:
        # Numbers of 64 bits stay so, as in scikit-learn's MLPClassifier.
        kept = pixels.dtype in (np.uint8, np.float32, np.float64)
        return pixels if kept else pixels.astype(np.float32)

    def _logits(
        self, fitted: NumpyState, pixels: NDArray[Any]
    ) -> NDArray[np.floating[Any]]:
        layers = as_layers(fitted.weights)
        images = self._network_input(pixels, fitted.seen)
        return logits_of(layers, images, fitted.activation, fitted.seen.pixel_range[1])
