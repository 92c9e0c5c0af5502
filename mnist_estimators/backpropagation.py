"""A multi-layer perceptron written out in NumPy: forward, backward, and a step.

The functions follow one batch of `n` images on its way. With the weights ``W``, the
biases ``b`` and the activation ``g`` of each layer, the forward pass computes

    Z = A @ W + b        the weighted sums of a layer, from the outputs A before it
    A = g(Z)             its outputs
    P = softmax(Z)       in the last layer: probabilities

and the backward pass walks the same way in reverse, with the chain rule. For the mean
cross-entropy L over the batch,

    dL/dZ = (P - Y) / n              in the last layer, Y being one-hot labels
    dL/dA_before = dL/dZ @ W.T       for each layer, and from it
    dL/dZ_before = dL/dA_before * g'(Z_before)
    dL/dW = A_before.T @ dL/dZ
    dL/db = the sum of dL/dZ over the rows
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


class Layer(NamedTuple):
    """Weights (n_inputs, n_units) and biases (n_units,) of one layer."""

    weights: Array
    biases: Array


class Activation(NamedTuple):
    """A function of the weighted sums, and its slope from its own value."""

    function: Callable[[Array], Array]
    slope: Callable[[Array], NDArray[Any]]


def _sigmoid(sums: Array) -> Array:
    # By way of tanh, which does not overflow.
    return 0.5 * (1 + np.tanh(0.5 * sums))


ACTIVATIONS = {
    "relu": Activation(lambda sums: np.maximum(sums, 0), lambda outputs: outputs > 0),
    "sigmoid": Activation(_sigmoid, lambda outputs: outputs * (1 - outputs)),
    "identity": Activation(lambda sums: sums, np.ones_like),
    "tanh": Activation(np.tanh, lambda outputs: 1 - outputs * outputs),
}

# Variance of the initial weights of a layer, from its numbers of inputs and units.
INITIALIZERS: dict[str, Callable[[int, int], float]] = {
    "glorot_normal": lambda n_inputs, n_units: 2 / (n_inputs + n_units),
    "he_normal": lambda n_inputs, n_units: 2 / n_inputs,
}


def initialize(
    layer_sizes: Sequence[int],
    initializer: str,
    rng: np.random.Generator,
    dtype: Any = np.float32,
) -> list[Layer]:
    """Draw initial weights; biases start at 0.

    Parameters
    ----------
    layer_sizes : sequence of int
        Pixels, units of each hidden layer, classes.
    initializer : {'glorot_normal', 'he_normal'}
        Which variance the normal numbers have.
    rng : numpy.random.Generator
        Source of the numbers.
    dtype : data type
        Of weights and biases.

    Returns
    -------
    list of Layer
    """
    layers = []
    for n_inputs, n_units in pairwise(layer_sizes):
        deviation = np.sqrt(INITIALIZERS[initializer](n_inputs, n_units))
        weights = deviation * rng.standard_normal((n_inputs, n_units))
        layers.append(Layer(weights.astype(dtype), np.zeros(n_units, dtype)))
    return layers


def forward(layers: Sequence[Layer], images: Array, activation: str) -> list[Array]:
    """Run images through all layers.

    Parameters
    ----------
    layers : sequence of Layer
        Of ``initialize`` or later.
    images : ndarray of shape (n, n_pixels)
        Values about 0 to 1.
    activation : {'relu', 'sigmoid', 'tanh', 'identity'}
        Activation of the hidden layers.

    Returns
    -------
    list of ndarray
        The images, the outputs of each hidden layer, and the weighted sums of the last
        layer, of shape (n, n_classes): the logits.
    """
    outputs = [images]
    for weights, biases in layers[:-1]:
        sums = outputs[-1] @ weights + biases
        outputs.append(ACTIVATIONS[activation].function(sums))
    weights, biases = layers[-1]
    return [*outputs, outputs[-1] @ weights + biases]


def cross_entropy(
    logits: Array, targets: NDArray[np.integer[Any]], sample_weights: Array
) -> tuple[float, Array]:
    """Compute the loss of a batch, and its gradient in the logits.

    Parameters
    ----------
    logits : ndarray of shape (n, n_classes)
        From ``forward``.
    targets : ndarray of shape (n,)
        Index of each label.
    sample_weights : ndarray of shape (n,)
        Weight of each image.

    Returns
    -------
    loss : float
        Weighted cross-entropy, divided by n.
    gradient : ndarray of shape (n, n_classes)
    """
    rows = np.arange(len(targets))
    # The softmax stays the same; the exponentials can't overflow.
    shifted = logits - logits.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)
    losses = np.log(sums[:, 0]) - shifted[rows, targets]
    gradient = exponentials / sums
    gradient[rows, targets] -= 1
    gradient *= (sample_weights / len(targets))[:, np.newaxis]
    return float(sample_weights @ losses) / len(targets), gradient


def gradients_of_sums(
    layers: Sequence[Layer],
    outputs: Sequence[Array],
    gradient: Array,
    activation: str,
) -> list[Array]:
    """Walk back through the layers, from the logits to the first weighted sums.

    Parameters
    ----------
    layers : sequence of Layer
        As given to ``forward``.
    outputs : sequence of ndarray
        What ``forward`` returned.
    gradient : ndarray of shape (n, n_classes)
        Of what is derived, such as the loss, in the logits.
    activation : {'relu', 'sigmoid', 'tanh', 'identity'}
        As given to ``forward``.

    Returns
    -------
    list of ndarray
        Gradients in the weighted sums of each layer, of shape (n, n_units). The last
        one is `gradient` itself.
    """
    gradients = [gradient]
    for depth in reversed(range(1, len(layers))):
        slope = ACTIVATIONS[activation].slope(outputs[depth])
        gradients.append((gradients[-1] @ layers[depth].weights.T) * slope)
    return gradients[::-1]


def backward(
    layers: Sequence[Layer],
    outputs: Sequence[Array],
    gradient: Array,
    activation: str,
) -> list[Layer]:
    """Compute the gradients of the loss in all weights and biases.

    Parameters
    ----------
    layers : sequence of Layer
        As given to ``forward``.
    outputs : sequence of ndarray
        What ``forward`` returned.
    gradient : ndarray of shape (n, n_classes)
        Of the loss in the logits, from ``cross_entropy``.
    activation : {'relu', 'sigmoid', 'tanh', 'identity'}
        As given to ``forward``.

    Returns
    -------
    list of Layer
        Gradients in the weights and biases of each layer.
    """
    of_sums = gradients_of_sums(layers, outputs, gradient, activation)
    return [
        Layer(inputs.T @ sums, sums.sum(axis=0))
        for inputs, sums in zip(outputs[:-1], of_sums, strict=True)
    ]


def take_step(
    layers: Sequence[Layer],
    velocities: Sequence[Layer],
    gradients: Sequence[Layer],
    *,
    learning_rate: float,
    momentum: float,
) -> None:
    """Change all weights and biases, in place, by gradient descent with momentum.

    Parameters
    ----------
    layers : sequence of Layer
        What is learned.
    velocities : sequence of Layer
        A running sum of the steps, 0 at first; each step keeps the share `momentum` of
        it. With ``momentum=0`` this is plain gradient descent.
    gradients : sequence of Layer
        From ``backward``.
    learning_rate : float
        Length of a step, in gradients.
    momentum : float
        At least 0 and below 1.
    """
    for layer, velocity, gradient in zip(layers, velocities, gradients, strict=True):
        for values, speed, slope in zip(layer, velocity, gradient, strict=True):
            speed *= momentum
            speed -= learning_rate * slope
            values += speed
