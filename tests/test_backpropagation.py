"""Backpropagation: its gradients against differences, and against Keras' own."""

import numpy as np
import pytest

from mnist_estimators.backpropagation import (
    ACTIVATIONS,
    Layer,
    backward,
    cross_entropy,
    forward,
    gradients_of_sums,
    initialize,
    take_step,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.random((7, 12))
TARGETS = RNG.integers(3, size=7)
WEIGHTS = RNG.random(7) + 0.5


def network(initializer="glorot_normal"):
    layers = initialize((12, 8, 6, 3), initializer, np.random.default_rng(1), float)
    # Biases of 0 would hide mistakes in their gradients.
    return [Layer(weights, RNG.normal(size=biases.shape)) for weights, biases in layers]


def loss_of(layers, activation):
    logits = forward(layers, IMAGES, activation)[-1]
    return cross_entropy(logits, TARGETS, WEIGHTS)[0]


def gradients_of(layers, activation):
    outputs = forward(layers, IMAGES, activation)
    _, gradient = cross_entropy(outputs[-1], TARGETS, WEIGHTS)
    return backward(layers, outputs, gradient, activation)


@pytest.mark.parametrize("activation", ACTIVATIONS)
class TestGradients:
    def test_are_those_of_finite_differences(self, activation):
        layers = network()
        step = 1e-6
        for layer, gradient in zip(
            layers, gradients_of(layers, activation), strict=True
        ):
            for values, slopes in zip(layer, gradient, strict=True):
                for index in np.ndindex(values.shape):
                    original = values[index]
                    values[index] = original + step
                    above = loss_of(layers, activation)
                    values[index] = original - step
                    below = loss_of(layers, activation)
                    values[index] = original
                    difference = (above - below) / (2 * step)
                    assert slopes[index] == pytest.approx(difference, abs=1e-7)

    def test_of_the_sums_lead_to_those_of_pixels(self, activation):
        layers = network()
        outputs = forward(layers, IMAGES, activation)
        _, gradient = cross_entropy(outputs[-1], TARGETS, WEIGHTS)
        of_sums = gradients_of_sums(layers, outputs, gradient, activation)
        assert [one.shape for one in of_sums] == [(7, 8), (7, 6), (7, 3)]
        found = of_sums[0] @ layers[0].weights.T
        step = 1e-6
        for index in np.ndindex(IMAGES.shape):
            losses = []
            for change in (step, -step):
                images = IMAGES.copy()
                images[index] += change
                logits = forward(layers, images, activation)[-1]
                losses.append(cross_entropy(logits, TARGETS, WEIGHTS)[0])
            difference = (losses[0] - losses[1]) / (2 * step)
            assert found[index] == pytest.approx(difference, abs=1e-7)

    def test_are_those_of_keras(self, activation):
        names = {"identity": "linear"}
        keras = pytest.importorskip("keras")
        import tensorflow as tf

        layers = network()
        inputs = keras.Input((12,), dtype="float64")
        outputs = inputs
        for depth, layer in enumerate(layers):
            outputs = keras.layers.Dense(
                len(layer.biases),
                activation=None if depth == 2 else names.get(activation, activation),
                dtype="float64",
                kernel_initializer="zeros",
            )(outputs)
        model = keras.Model(inputs, outputs)
        model.set_weights([values for layer in layers for values in layer])
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
                TARGETS, model(IMAGES)
            )
            loss = tf.reduce_mean(WEIGHTS * losses)
        expected = tape.gradient(loss, [v.value for v in model.trainable_variables])
        found = [
            values for layer in gradients_of(layers, activation) for values in layer
        ]
        assert loss_of(layers, activation) == pytest.approx(float(loss), rel=1e-9)
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-9)

    def test_extreme_sums_do_not_overflow(self, activation):
        layers = [Layer(1e4 * weights, biases) for weights, biases in network()]
        loss = loss_of(layers, activation)
        assert np.isfinite(loss)
        for gradient in gradients_of(layers, activation):
            assert all(np.isfinite(values).all() for values in gradient)


@pytest.mark.parametrize(
    ("initializer", "variance"), [("glorot_normal", 2 / 500), ("he_normal", 2 / 300)]
)
def test_initial_weights_have_the_variance_of_their_method(initializer, variance):
    rng = np.random.default_rng(0)
    ((weights, biases),) = initialize((300, 200), initializer, rng)
    assert weights.dtype == biases.dtype == np.float32
    assert weights.mean() == pytest.approx(0, abs=0.001)
    assert weights.var() == pytest.approx(variance, rel=0.03)
    assert not biases.any()


def test_steps_of_plain_gradient_descent_and_with_momentum():
    layers = [Layer(np.ones((1, 1)), np.zeros(1))]
    gradients = [Layer(np.full((1, 1), 2.0), np.full(1, 1.0))]
    for momentum, expected in [(0.0, [0.8, 0.6, 0.4]), (0.5, [0.8, 0.5, 0.15])]:
        moved = [Layer(*map(np.copy, layers[0]))]
        velocities = [Layer(*map(np.zeros_like, layers[0]))]
        found = []
        for _ in range(3):
            take_step(
                moved, velocities, gradients, learning_rate=0.1, momentum=momentum
            )
            found.append(moved[0].weights.item())
        assert found == pytest.approx(expected)
