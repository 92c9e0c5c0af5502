"""CNNDigitClassifier: its network, images of odd sizes, and accuracy on MNIST."""

import numpy as np
import pytest

from mnist_estimators import CNNDigitClassifier


def outputs(classifier, kind):
    return [
        layer.output.shape[1:]
        for layer in classifier.model_.layers
        if type(layer).__name__ == kind
    ]


def random_images(*shape):
    return np.random.default_rng(0).random((30, *shape)), np.arange(30) % 3


def test_the_default_network():
    classifier = CNNDigitClassifier(epochs=1).fit(*random_images(28, 28))
    assert outputs(classifier, "Conv2D") == [(28, 28, 32), (14, 14, 64)]
    assert outputs(classifier, "MaxPooling2D") == [(14, 14, 32), (7, 7, 64)]
    assert outputs(classifier, "Flatten") == [(7 * 7 * 64,)]
    assert outputs(classifier, "Dense") == [(128,), (3,)]
    assert len(outputs(classifier, "Dropout")) == 1


def test_the_network_of_the_tutorials():
    classifier = CNNDigitClassifier(padding="valid", epochs=1)
    classifier.fit(*random_images(28, 28))
    assert outputs(classifier, "Conv2D") == [(26, 26, 32), (11, 11, 64)]
    assert outputs(classifier, "MaxPooling2D") == [(13, 13, 32), (5, 5, 64)]


def test_kernel_and_pool_size():
    classifier = CNNDigitClassifier(
        filters=(4,), kernel_size=5, pool_size=3, dense_layer_sizes=(), epochs=1
    ).fit(*random_images(12, 12))
    assert classifier.weights_[0].shape == (5, 5, 1, 4)
    assert outputs(classifier, "MaxPooling2D") == [(4, 4, 4)]
    assert outputs(classifier, "Dense") == [(3,)]


def test_regularization():
    classifier = CNNDigitClassifier(
        filters=(4, 4),
        dense_layer_sizes=(8,),
        batch_normalization=True,
        spatial_dropout=0.1,
        l2=1e-4,
        epochs=1,
    ).fit(*random_images(8, 8))
    assert len(outputs(classifier, "BatchNormalization")) == 3
    assert outputs(classifier, "SpatialDropout2D") == [(4, 4, 4), (2, 2, 4)]
    assert len(classifier.model_.losses) == 4


@pytest.mark.parametrize("shape", [(1, 2), (1, 9), (3, 1), (2, 2), (5, 7)])
def test_images_smaller_than_the_windows_are_pooled_as_a_whole(shape):
    X, y = random_images(*shape)
    classifier = CNNDigitClassifier(filters=(3, 3, 3), epochs=1).fit(X, y)
    assert classifier.predict(X).shape == (30,)


def test_dropout_can_differ_by_dense_layer():
    classifier = CNNDigitClassifier(
        filters=(2,), dense_layer_sizes=(8, 7, 6), dropout=(0.0, 0.4, 0.3), epochs=1
    ).fit(*random_images(8, 8))
    layers = classifier.model_.layers
    assert outputs(classifier, "Dropout") == [(7,), (6,)]
    assert [la.rate for la in layers if hasattr(la, "rate")] == [0.4, 0.3]


def test_the_initializer_draws_the_first_weights():
    def spread(name, layer):
        classifier = CNNDigitClassifier(
            filters=(64,),
            dense_layer_sizes=(32,),
            kernel_initializer=name,
            epochs=1,
            learning_rate=1e-9,
            random_state=0,
        )
        weights = classifier.fit(*random_images(8, 8)).weights_
        return weights[2 * layer].std()

    # 9 pixels of a window, and 4 x 4 x 64 values of the pooled maps.
    assert spread("he_normal", 0) == pytest.approx(np.sqrt(2 / 9), rel=0.1)
    assert spread("he_normal", 1) == pytest.approx(np.sqrt(2 / 1024), rel=0.03)
    glorot = np.sqrt(2 / (9 + 9 * 64))
    assert spread("glorot_uniform", 0) == pytest.approx(glorot, rel=0.1)


def test_several_convolutions_before_one_pooling():
    X, y = random_images(12, 12)
    classifier = CNNDigitClassifier(
        filters=(2, (3, 4)), kernel_size=(5, 3), batch_normalization=True, epochs=1
    ).fit(X, y)
    kinds = [
        type(la).__name__ for la in classifier.model_.layers if la.name != "images"
    ]
    stage = ["Conv2D", "MaxPooling2D", "BatchNormalization", "Activation"]
    first = ["Conv2D", "BatchNormalization", "Activation"]
    assert kinds[:11] == [*stage, *first, *stage]
    shapes = [w.shape for w in classifier.weights_ if w.ndim == 4]
    assert shapes == [(5, 5, 1, 2), (3, 3, 2, 3), (3, 3, 3, 4)]


def test_no_pooling():
    classifier = CNNDigitClassifier(filters=(3,), pool_size=1, epochs=1)
    assert outputs(classifier.fit(*random_images(6, 6)), "MaxPooling2D") == []


def test_whole_windows_alone_need_images_that_are_large_enough():
    message = r"padding='valid' with kernel_size=3 .* 8 x 8 have become 1 x 1 before"
    with pytest.raises(ValueError, match=message):
        CNNDigitClassifier(filters=(4, 4, 4), padding="valid").fit(*random_images(8, 8))


@pytest.mark.parametrize("activation", ["leaky_relu", "gelu"])
def test_activations_learn(small_digits, activation):
    X, y = small_digits
    classifier = CNNDigitClassifier(
        filters=(8,), activation=activation, batch_size=32, random_state=0
    )
    classifier.fit(X[:600], y[:600])
    assert classifier.score(X[600:900], y[600:900]) > 0.8


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid", "tanh", "elu"])
def test_pooling_before_the_activation_changes_nothing(activation):
    import keras

    X, y = random_images(8, 8)
    classifier = CNNDigitClassifier(filters=(4,), activation=activation, epochs=1)
    classifier.fit(X, y)
    convolution, pooling, act, *rest = classifier.model_.layers
    assert [type(one).__name__ for one in (pooling, act)] == [
        "MaxPooling2D",
        "Activation",
    ]
    swapped = keras.Sequential([convolution, act, pooling, *rest])
    np.testing.assert_allclose(
        swapped.predict(X[..., np.newaxis].astype(np.float32), verbose=0),
        classifier.predict_proba(X),
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"filters": (8, 0)}, "filters must be positive integers"),
        ({"filters": (8, (4, "5"))}, r"filters .* Got \(8, \(4, '5'\)\)"),
        ({"filters": (8, ())}, r"filters .* Got \(8, \(\)\)"),
        ({"kernel_size": (3, 3, 3)}, "has 3 values for 2 stages"),
        ({"kernel_size": (3, 0)}, "kernel_size must be positive integers"),
        ({"dense_layer_sizes": (0,)}, "dense_layer_sizes must be positive integers"),
        ({"kernel_size": 0}, "'kernel_size' .* Got 0"),
        ({"dropout": 1.0}, "'dropout' .* Got 1.0"),
        ({"dropout": (0.1, 0.2)}, r"dropout=.* has 2 values for 1 hidden layers"),
        ({"dropout": (1.0,)}, "dropout must be at least 0 and below 1"),
        ({"kernel_initializer": "zeros"}, "'kernel_initializer' .* Got 'zeros'"),
        ({"pool_size": 2.5}, "'pool_size' .* Got 2.5"),
        ({"padding": "full"}, "'padding' .* Got 'full'"),
        ({"spatial_dropout": 1.0}, "'spatial_dropout' .* Got 1.0"),
    ],
)
def test_mistakes_in_the_network(parameters, message):
    with pytest.raises(ValueError, match=message):
        CNNDigitClassifier(**parameters).fit(*random_images(8, 8))


def test_accuracy_on_mnist(mnist):
    # Few images and epochs, which spare the tests minutes. Other seeds: 0.947 and more.
    classifier = CNNDigitClassifier(epochs=2, batch_size=32, random_state=0)
    classifier.fit(mnist.X_train[:5000], mnist.y_train[:5000])
    assert classifier.score(mnist.X_test[:5000], mnist.y_test[:5000]) >= 0.94
