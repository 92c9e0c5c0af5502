"""NumpyDigitClassifier: what it has of its own."""

import subprocess
import sys

import numpy as np
import pytest

from mnist_estimators import NumpyDigitClassifier


@pytest.fixture(scope="module")
def data(small_digits):
    X, y = small_digits
    return X[:1200], y[:1200], X[1200:], y[1200:]


@pytest.mark.parametrize(
    ("activation", "initializer", "learning_rate"),
    [
        ("relu", "he_normal", 0.05),
        ("tanh", "glorot_normal", 0.05),
        ("sigmoid", "glorot_normal", 0.2),
    ],
)
def test_every_activation_learns(data, activation, initializer, learning_rate):
    X, y, X_new, y_new = data
    classifier = NumpyDigitClassifier(
        activation=activation,
        kernel_initializer=initializer,
        learning_rate=learning_rate,
        epochs=20,
        batch_size=32,
        random_state=0,
    )
    assert classifier.fit(X, y).score(X_new, y_new) > 0.9


@pytest.mark.parametrize("sizes", [(), 20, (20, 10, 5)])
def test_layers(data, sizes):
    X, y, X_new, _ = data
    classifier = NumpyDigitClassifier(hidden_layer_sizes=sizes, epochs=1)
    classifier.fit(X, y)
    between = [*np.atleast_1d(np.array(sizes, int))]
    shapes = [weights.shape for weights in classifier.weights_[::2]]
    assert shapes == list(zip([784, *between], [*between, 10], strict=True))
    assert classifier.predict_proba(X_new).shape == (597, 10)


def test_momentum_speeds_learning_up(data):
    X, y, _, _ = data
    plain, fast = (
        NumpyDigitClassifier(momentum=momentum, random_state=0, epochs=5).fit(X, y)
        for momentum in (0.0, 0.9)
    )
    assert fast.loss_curve_[-1] < plain.loss_curve_[-1]


def test_numbers_of_64_bits_stay_so(data):
    X, y, _, _ = data
    for images, dtype in [(X, np.float32), (X / 255, np.float64)]:
        classifier = NumpyDigitClassifier(epochs=1).fit(images, y)
        assert {weights.dtype for weights in classifier.weights_} == {np.dtype(dtype)}


def test_weights_count_relative_to_each_other(data):
    X, y, X_new, _ = data
    classifier = NumpyDigitClassifier(epochs=2, random_state=0)
    weights = np.random.default_rng(0).random(len(y))
    one, ten = (
        classifier.fit(X, y, sample_weight=scale * weights).predict_proba(X_new)
        for scale in (1, 10)
    )
    np.testing.assert_allclose(one, ten, atol=1e-4)


def test_predictions_keep_the_fitted_activation(data):
    X, y, X_new, _ = data
    classifier = NumpyDigitClassifier(epochs=1, random_state=0).fit(X, y)
    expected = classifier.predict_proba(X_new)
    classifier.set_params(activation="tanh")
    np.testing.assert_array_equal(classifier.predict_proba(X_new), expected)


def test_training_and_validation_loss_are_on_one_scale(data):
    X, y, _, _ = data
    curves = [
        NumpyDigitClassifier(epochs=2, validation_fraction=0.2, random_state=0)
        .fit(X, y, sample_weight=np.full(len(y), weight))
        .history_["val_loss"]
        for weight in (1.0, 100.0)
    ]
    np.testing.assert_allclose(*curves, rtol=1e-4)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_divergence_is_an_error(data, early_stopping):
    X, y, _, _ = data
    classifier = NumpyDigitClassifier(
        learning_rate=1e4, early_stopping=early_stopping, random_state=0
    )
    with pytest.raises(ValueError, match=r"learning_rate=10000.0 is too large"):
        classifier.fit(X, y)


def test_it_does_without_tensorflow():
    code = (
        "import sys\n"
        "from mnist_estimators import NumpyDigitClassifier, load_small_digits\n"
        "X, y = load_small_digits()\n"
        "NumpyDigitClassifier(epochs=1).fit(X, y).predict(X)\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_mnist(mnist):
    """Half of the default's epochs suffice for 97.5 % of the test images."""
    classifier = NumpyDigitClassifier(epochs=5, random_state=0)
    classifier.fit(mnist.X_train, mnist.y_train)
    assert classifier.score(mnist.X_test, mnist.y_test) >= 0.975
