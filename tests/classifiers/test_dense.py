"""DenseDigitClassifier: its network, and its accuracy on MNIST."""

import numpy as np
import pytest

from mnist_estimators import DenseDigitClassifier


def layer_names(classifier):
    return [type(layer).__name__ for layer in classifier.model_.layers]


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return rng.random((60, 36)), np.arange(60) % 3


def test_the_default_network(images):
    classifier = DenseDigitClassifier(epochs=1).fit(*images)
    assert layer_names(classifier) == [
        "Flatten",
        *("Dense", "Activation", "Dropout"),
        *("Dense", "Activation", "Dropout"),
        *("Dense", "Activation"),
    ]
    units = [weights.shape for weights in classifier.weights_]
    assert units == [(36, 128), (128,), (128, 64), (64,), (64, 3), (3,)]


def test_normalisation_and_dropout_can_differ_by_layer(images):
    classifier = DenseDigitClassifier(
        hidden_layer_sizes=(8, 7, 6),
        batch_normalization=(True, False, True),
        dropout=(0.0, 0.4, 0.0),
        epochs=1,
    ).fit(*images)
    assert layer_names(classifier) == [
        "Flatten",
        *("Dense", "BatchNormalization", "Activation"),
        *("Dense", "Activation", "Dropout"),
        *("Dense", "BatchNormalization", "Activation"),
        *("Dense", "Activation"),
    ]
    assert classifier.model_.layers[6].rate == 0.4


def test_no_hidden_layer_makes_a_linear_classifier(images):
    classifier = DenseDigitClassifier(hidden_layer_sizes=(), epochs=1).fit(*images)
    assert layer_names(classifier) == ["Flatten", "Dense", "Activation"]


def test_one_size_makes_one_hidden_layer(images):
    classifier = DenseDigitClassifier(hidden_layer_sizes=5, epochs=1).fit(*images)
    assert classifier.weights_[0].shape == (36, 5)


@pytest.mark.parametrize(
    "activation", ["relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu"]
)
def test_activations_learn(small_digits, activation):
    X, y = small_digits
    classifier = DenseDigitClassifier(
        hidden_layer_sizes=(32,),
        activation=activation,
        learning_rate=0.01,
        batch_size=32,
        random_state=0,
    )
    classifier.fit(X[:600], y[:600])
    assert classifier.model_.layers[2].activation.__name__ == activation
    assert classifier.score(X[600:900], y[600:900]) > 0.8


def test_the_initializer_draws_the_first_weights(images):
    X, y = images

    def spread(name):
        classifier = DenseDigitClassifier(
            hidden_layer_sizes=(512,),
            kernel_initializer=name,
            epochs=1,
            learning_rate=1e-9,
            random_state=0,
        )
        return classifier.fit(X, y).weights_[0].std()

    assert spread("he_normal") == pytest.approx(np.sqrt(2 / 36), rel=0.03)
    assert spread("glorot_normal") == pytest.approx(np.sqrt(2 / (36 + 512)), rel=0.03)
    assert spread("lecun_uniform") == pytest.approx(np.sqrt(1 / 36), rel=0.03)


def test_l2_shrinks_the_weights(images):
    def norm(l2):
        classifier = DenseDigitClassifier(l2=l2, epochs=20, random_state=0)
        return np.linalg.norm(classifier.fit(*images).weights_[0])

    assert norm(0.1) < norm(0.001) < norm(0.0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hidden_layer_sizes": (8, -1)}, "hidden_layer_sizes must be positive"),
        ({"hidden_layer_sizes": (8, 2.5)}, "hidden_layer_sizes must be positive"),
        ({"dropout": (0.1,)}, r"dropout=\(0.1,\) has 1 values for 2 hidden layers"),
        ({"dropout": (0.1, 1.0)}, "dropout must be at least 0 and below 1"),
        ({"batch_normalization": (True,)}, "batch_normalization=.* has 1 values"),
        ({"kernel_initializer": "zeros"}, "'kernel_initializer' .* Got 'zeros'"),
    ],
)
def test_mistakes_in_the_network(images, parameters, message):
    with pytest.raises(ValueError, match=message):
        DenseDigitClassifier(**parameters).fit(*images)


def test_accuracy_on_mnist(mnist):
    classifier = DenseDigitClassifier(random_state=0)
    classifier.fit(mnist.X_train, mnist.y_train)
    assert classifier.score(mnist.X_test, mnist.y_test) >= 0.978
