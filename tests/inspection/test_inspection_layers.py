"""Arrays from within networks: activations, input gradients, Grad-CAM."""

import copy
from functools import cache

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.signal import correlate2d
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    DenseDigitClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators.augmentation import DigitAugmenter
from mnist_estimators.exceptions import PixelRangeWarning
from mnist_estimators.inspection import (
    EmbeddingDisplay,
    activations,
    grad_cam,
    saliency,
)

SMALL = NumpyDigitClassifier(hidden_layer_sizes=(8,), epochs=1, random_state=0)
OTHERS = {  # than those that all tests share
    "normalised cnn": CNNDigitClassifier(
        filters=((4, 4), 8), batch_normalization=True, epochs=1, random_state=0
    ),
    "features": make_pipeline(StandardScaler(), SMALL),
    "components": make_pipeline(PCA(30, random_state=0), SMALL),
    "augmented": AugmentedClassifier(SMALL, DigitAugmenter(), n_copies=1),
    "augmented features": AugmentedClassifier(
        make_pipeline(StandardScaler(), SMALL), DigitAugmenter(), n_copies=1
    ),
}
SHARED = ["dense", "cnn", "numpy", "pipeline", "search"]


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:400], y[:400], X[400:420]


@pytest.fixture(scope="module")
def fitted(digits, fitted_classifier):
    X, y, _ = digits
    fit_other = cache(lambda name: clone(OTHERS[name]).fit(X, y))
    return lambda name: (fit_other if name in OTHERS else fitted_classifier)(name)


@pytest.mark.parametrize("name", [*SHARED, *OTHERS])
def test_the_last_layer_gives_the_probabilities(digits, fitted, name):
    X = digits[2]
    estimator = fitted(name)

    found = activations(estimator, X, -1)

    assert found.dtype == np.float32
    np.testing.assert_allclose(found, estimator.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("name", ["cnn", "dense", "numpy"])
def test_images_come_in_any_form_and_any_number(digits, fitted, name):
    X, _, _ = digits
    estimator = fitted(name)
    rows = np.concatenate([X, X])
    expected = activations(estimator, rows, -2)

    assert expected.shape == (800, 10)
    for images in (
        rows.reshape(-1, 28, 28),
        rows.reshape(-1, 28, 28, 1),
        rows.astype(float),
        pd.DataFrame(rows),
    ):
        np.testing.assert_array_equal(activations(estimator, images, -2), expected)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("cnn", {"conv2d_0": (28, 28, 4), "conv2d_3": (14, 14, 12), "dense_7": (16,)}),
        ("dense", {"flatten_0": (784,), "dense_1": (40,), "activation_5": (12,)}),
        ("numpy", {"flatten_0": (784,), "dense_1": (40,), "activation_4": (12,)}),
    ],
)
def test_a_layer_has_a_name_and_a_number(digits, fitted, name, shapes):
    X = digits[2]
    for layer, shape in shapes.items():
        number = int(layer.split("_")[1])
        by_name = activations(fitted(name), X, layer)

        assert by_name.shape == (20, *shape)
        np.testing.assert_array_equal(activations(fitted(name), X, number), by_name)


def test_a_convolution_gives_what_scipy_computes(digits, fitted):
    X = digits[2]
    kernels, biases = fitted("cnn").weights_[:2]

    maps = activations(fitted("cnn"), X, "conv2d_0")

    image = X[3].reshape(28, 28) / 255
    for number in range(4):
        expected = correlate2d(image, kernels[:, :, 0, number], "same") + biases[number]
        np.testing.assert_allclose(maps[3, :, :, number], expected, atol=1e-5)


def test_the_third_last_layer_is_what_the_output_layer_sees(digits, fitted):
    X = digits[2]
    for name in ("cnn", "dense", "numpy"):
        *_, weights, biases = fitted(name).weights_
        np.testing.assert_allclose(
            activations(fitted(name), X, -3) @ weights + biases,
            activations(fitted(name), X, -2),
            rtol=1e-4,
            atol=1e-4,
        )


@pytest.mark.parametrize("name", ["features", "augmented features"])
def test_stacks_become_rows_for_the_steps_of_a_pipeline(digits, fitted, name):
    _, y, new = digits
    pipeline = fitted(name)
    images = new.reshape(-1, 28, 28)

    np.testing.assert_array_equal(
        activations(pipeline, images, -1), activations(pipeline, new, -1)
    )
    stacked = EmbeddingDisplay.from_estimator(pipeline, images, y[:20])
    rows = EmbeddingDisplay.from_estimator(pipeline, new, y[:20])
    np.testing.assert_array_equal(stacked.embedding, rows.embedding)


def test_an_augmented_classifier_takes_data_frames(digits):
    X, new = (pd.DataFrame(digits[i]).add_prefix("pixel") for i in (0, 2))
    augmented = clone(OTHERS["augmented"]).fit(X, digits[1])

    np.testing.assert_allclose(
        activations(augmented, new, -1), augmented.predict_proba(new), atol=1e-5
    )


def test_a_search_that_kept_no_network_is_refused(digits):
    X, y, new = digits
    search = GridSearchCV(SMALL, {}, cv=2, refit=False).fit(X, y)

    with pytest.raises(ValueError, match="Fit the search with refit=True"):
        activations(search, new, -1)


def test_networks_of_other_packages_have_other_layers(digits):
    X, y, new = digits

    class Wrapper(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.model_, self.n_features_in_ = keras.Sequential(), X.shape[1]
            return self

    with pytest.raises(TypeError, match="holds a Wrapper, which is not a network"):
        activations(Wrapper().fit(X, y), new, -1)


def test_nothing_of_the_estimator_changes(digits, fitted):
    X = digits[2]
    estimator = fitted("cnn")
    before = estimator.predict_proba(X), [w.copy() for w in estimator.weights_]
    model_before = estimator.model_.predict(X.reshape(-1, 28, 28, 1) / 255, verbose=0)

    activations(estimator, X, 0)
    saliency(estimator, X)
    grad_cam(estimator, X)

    np.testing.assert_array_equal(estimator.predict_proba(X), before[0])
    for one, other in zip(estimator.weights_, before[1], strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(
        estimator.model_.predict(X.reshape(-1, 28, 28, 1) / 255, verbose=0),
        model_before,
    )


def test_the_activation_is_that_of_the_last_fit(digits, fitted):
    X = digits[2]
    network = copy.deepcopy(fitted("numpy")).set_params(activation="relu")

    np.testing.assert_allclose(
        activations(network, X, -1), network.predict_proba(X), atol=1e-5
    )
    np.testing.assert_array_equal(saliency(network, X), saliency(fitted("numpy"), X))


def test_other_classifiers_have_no_layers(digits, fitted):
    with pytest.raises(TypeError, match="holds a SVC, which is not a network"):
        activations(fitted("svc"), digits[2], 0)


@pytest.mark.parametrize(
    ("layer", "error", "message"),
    [
        ("conv2d_1", ValueError, r"There is no layer 'conv2d_1'.*'conv2d_0'"),
        (12, ValueError, "from -12 to 11"),
        (-13, ValueError, "There is no layer -13"),
        (1.0, TypeError, "the name or the number"),
        (True, TypeError, "the name or the number"),
    ],
)
def test_a_layer_that_is_not_there_is_refused(digits, fitted, layer, error, message):
    with pytest.raises(error, match=message):
        activations(fitted("cnn"), digits[2], layer)


def test_images_are_checked_as_in_predict(digits, fitted):
    X = digits[2]

    with pytest.raises(ValueError, match="features"):
        activations(fitted("dense"), X[:, :-1], 0)
    with pytest.warns(PixelRangeWarning):
        activations(fitted("dense"), X / 255, 0)
    with pytest.raises(NotFittedError):
        activations(DenseDigitClassifier(), X, 0)


def test_gradients_are_those_of_finite_differences(fitted):
    # Noise, since the maximum over a plain background has no gradient.
    X = np.random.default_rng(0).integers(256, size=(3, 784), dtype=np.uint8)
    model = fitted("cnn").model_
    scores = keras.Model(model.inputs[0], model.layers[-2].output)
    labels = np.array([3, 8, 0])

    gradients = saliency(fitted("cnn"), X, labels=labels)

    assert gradients.shape == (3, 28, 28)
    step = 0.00025  # so small that hardly a pool changes which pixel is its maximum
    for image, label, gradient in zip(X, labels, gradients.reshape(3, -1), strict=True):
        largest = float(np.abs(gradient).max())
        for pixel in np.argsort(np.abs(gradient))[-8:]:
            images = np.stack([image, image]) / np.float32(255)
            images[:, pixel] += [step, -step]
            above, below = scores(images.reshape(2, 28, 28, 1)).numpy()[:, label]
            expected = (above - below) / (2 * step)
            assert gradient[pixel] == pytest.approx(expected, abs=0.05 * largest)


def test_gradients_in_numpy_are_those_of_the_chain_rule_written_out(digits, fitted):
    X = digits[2]
    first, first_bias, second, second_bias, last, _ = fitted("numpy").weights_
    a = np.tanh(X / 255 @ first + first_bias)
    b = np.tanh(a @ second + second_bias)
    expected = [
        first @ np.diag(1 - a[i] ** 2) @ second @ np.diag(1 - b[i] ** 2) @ last[:, 7]
        for i in range(len(X))
    ]

    found = saliency(fitted("numpy"), X, labels=[7] * len(X))

    np.testing.assert_allclose(found.reshape(len(X), -1), expected, atol=1e-4)


@pytest.mark.parametrize("look", [saliency, grad_cam])
def test_the_predicted_class_is_explained_unless_labels_are_given(digits, fitted, look):
    X, y, new = digits
    named = clone(fitted("cnn")).fit(X, np.array(list("abcdefghij"))[y])

    by_default = look(named, new)

    np.testing.assert_array_equal(
        by_default, look(named, new, labels=named.predict(new))
    )
    assert not np.array_equal(by_default, look(named, new, labels=["a"] * 20))
    with pytest.raises(ValueError, match=r"labels names \['zero'\].*\['a', 'b', "):
        look(named, new, labels=["b"] * 19 + ["zero"])
    with pytest.raises(ValueError, match=r"labels has shape \(19,\), but X holds 20"):
        look(named, new, labels=["b"] * 19)


def test_grad_cam_of_a_linear_head_follows_from_its_weights(digits):
    X, y, new = digits
    network = CNNDigitClassifier(
        filters=4, pool_size=1, dense_layer_sizes=(), epochs=1, random_state=0
    ).fit(X, y)
    # The gradient in the maps is the weights themselves; nothing is pooled or resized.
    gradients = network.weights_[-2].reshape(28, 28, 4, 10)
    importance = gradients.mean(axis=(0, 1))
    labels = np.arange(len(new)) % 10
    maps = activations(network, new, "activation_1")
    expected = np.maximum(np.einsum("nijk,kn->nij", maps, importance[:, labels]), 0)

    found = grad_cam(network, new, labels=labels)

    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_grad_cam_takes_the_maps_of_the_layer_named(digits, fitted):
    X = digits[2]
    names = ("activation_2", "activation_5", 5, "conv2d_3")
    first, last, by_number, sums = (
        grad_cam(fitted("cnn"), X, layer=name) for name in names
    )

    np.testing.assert_array_equal(grad_cam(fitted("cnn"), X), last)
    np.testing.assert_array_equal(by_number, last)
    assert last.shape == first.shape == sums.shape == (20, 28, 28)
    assert min(first.min(), last.min(), sums.min()) == 0
    assert not np.allclose(first, last)
    assert not np.allclose(sums, last)


def test_grad_cam_vanishes_where_the_maps_do(digits, fitted):
    X = digits[2]
    blank = copy.deepcopy(fitted("cnn"))
    convolutions = [np.zeros_like(values) for values in blank.weights_[:4]]
    blank.weights_ = [*convolutions, *blank.weights_[4:]]

    assert grad_cam(fitted("cnn"), X).max() > 0
    assert grad_cam(blank, X).max() == 0
    assert np.abs(saliency(blank, X)).max() == 0


@pytest.mark.parametrize(
    ("name", "layer", "message"),
    [
        ("dense", None, "A dense network has no feature maps"),
        ("numpy", 0, "A dense network has no feature maps"),
        ("cnn", "dense_7", "'dense_7' gives no feature maps"),
        ("cnn", "conv2d", "There is no layer 'conv2d'"),
    ],
)
def test_grad_cam_needs_feature_maps(digits, fitted, name, layer, message):
    with pytest.raises(ValueError, match=message):
        grad_cam(fitted(name), digits[2], layer=layer)


def test_gradients_of_other_features_are_no_images(digits, fitted):
    with pytest.raises(ValueError, match="30 features that a step before it makes of"):
        saliency(fitted("components"), digits[2])
    assert saliency(fitted("features"), digits[2]).shape == (20, 28, 28)
