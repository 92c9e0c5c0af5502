"""Displays of what networks learned, by what is on them."""

import random

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import trustworthiness
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators.inspection import (
    ActivationMapDisplay,
    EmbeddingDisplay,
    FilterDisplay,
    SaliencyDisplay,
    activations,
    grad_cam,
    saliency,
)


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:300], y[:300], X[300:340], y[300:340]


@pytest.fixture
def cnn(fitted_classifier):
    return fitted_classifier("cnn")


@pytest.fixture
def dense(fitted_classifier):
    return fitted_classifier("dense")


@pytest.fixture
def numpy_network(fitted_classifier):
    return fitted_classifier("numpy")


@pytest.fixture
def search(fitted_classifier):
    return fitted_classifier("search")


@pytest.fixture(scope="module")
def components(digits):
    network = NumpyDigitClassifier(hidden_layer_sizes=(8,), epochs=1, random_state=0)
    return make_pipeline(PCA(36, random_state=0), network).fit(*digits[:2])


def pixels(ax, number=0):
    return np.asarray(ax.images[number].get_array())


def texts(display):
    """List all text on a figure, row titles of its parts included."""
    from matplotlib.text import Text

    return [text.get_text() for text in display.figure_.findobj(Text)]


def test_maps_of_each_convolution_stand_beside_the_image(draw, digits, cnn):
    X = digits[2]

    display = draw(ActivationMapDisplay.from_estimator(cnn, X[5:]))

    image, *maps = display.axes_
    assert image.get_title() == f"image\npredicted: {cnn.predict(X[5:6])[0]}"
    np.testing.assert_allclose(pixels(image), X[5].reshape(28, 28) / 255, atol=1e-6)
    assert len(maps) == 4 + 10
    for name, axes in (("conv2d_0", maps[:4]), ("conv2d_3", maps[4:])):
        expected = activations(cnn, X[5:6], name)[0]
        for number, ax in enumerate(axes):
            assert ax.get_title() == f"{number}"
            np.testing.assert_array_equal(pixels(ax), expected[:, :, number])
        high = np.abs(expected[..., :10]).max()
        assert {ax.images[0].get_clim() for ax in axes} == {(-high, high)}
    assert "conv2d_0: 4 maps of 28 x 28" in texts(display)
    assert "conv2d_3: 10 of 12 maps of 14 x 14" in texts(display)


def test_layers_and_the_number_of_maps_can_be_chosen(draw, digits, cnn):
    display = ActivationMapDisplay.from_estimator(
        cnn, digits[2], layers=["activation_2", 7, -1], n_maps=3
    )

    assert list(draw(display).maps) == ["activation_2", "dense_7", "activation_11"]
    assert len(display.axes_) == 1 + 3 + 1 + 1
    assert "activation_2: 3 of 4 maps of 14 x 14" in texts(display)
    assert "dense_7: 16 units, no maps" in texts(display)
    *_, probabilities = display.axes_  # are never negative
    assert probabilities.images[0].get_cmap().name == "viridis"
    assert probabilities.images[0].get_clim()[0] == 0


@pytest.fixture
def of_keras_layers():
    """Wrap untrained layers; Keras takes their seeds from Python's random state."""

    def wrap(cls, *layers):
        start = [keras.Input((28, 28, 1)), keras.layers.Rescaling(1 / 255)]
        end = [keras.layers.Flatten(), keras.layers.BatchNormalization()]
        output = keras.layers.Dense(10)
        return cls.from_keras(keras.Sequential([*start, *layers, *end, output]))

    state = random.getstate()
    yield wrap
    random.setstate(state)


def test_a_convolution_need_not_come_first_nor_have_an_activation(
    draw, digits, of_keras_layers
):
    network = of_keras_layers(
        CNNDigitClassifier,
        keras.layers.MaxPooling2D(4),
        keras.layers.BatchNormalization(),
        keras.layers.Conv2D(3, 2),
    )
    X = digits[2][:2]

    filters = draw(FilterDisplay.from_estimator(network))
    maps = draw(ActivationMapDisplay.from_estimator(network, X))
    explained = draw(SaliencyDisplay.from_estimator(network, X))

    assert filters.title == "conv2d_2: kernels"
    np.testing.assert_array_equal(filters.kernels[1, 0], network.weights_[4][..., 0, 1])
    assert [(name, found.shape) for name, found in maps.maps.items()] == [
        ("conv2d_2", (6, 6, 3))
    ]
    expected = grad_cam(network, X, layer="conv2d_2")
    np.testing.assert_array_equal(explained.grad_cams, expected)


@pytest.mark.parametrize(
    ("layers", "names", "kernels"),
    [
        (
            lambda: [keras.layers.SeparableConv2D(3, 5, strides=3)],
            ["separableconv2d_0"],
            (1, 1, 5, 5),
        ),
        (
            lambda: [
                keras.layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
                keras.layers.AveragePooling2D(2),
                keras.layers.Conv2D(4, (2, 3)),
                keras.layers.LayerNormalization(),
                keras.layers.GlobalAveragePooling2D(),
            ],
            ["depthwiseconv2d_0", "conv2d_3"],
            (2, 1, 3, 3),
        ),
    ],
    ids=["separable", "depthwise and global average"],
)
def test_all_kinds_of_convolutions_are_drawn(
    draw, digits, of_keras_layers, layers, names, kernels
):
    network = of_keras_layers(CNNDigitClassifier, *layers())
    X = digits[2][:2]

    filters = draw(FilterDisplay.from_estimator(network))
    maps = draw(ActivationMapDisplay.from_estimator(network, X))
    explained = draw(SaliencyDisplay.from_estimator(network, X))

    assert filters.title == f"{names[0]}: kernels"
    assert filters.kernels.shape == kernels
    assert list(maps.maps) == names
    assert explained.grad_cams.shape == (2, 28, 28)


def test_a_dense_network_of_averages_has_weights_of_no_image(
    draw, digits, of_keras_layers
):
    network = of_keras_layers(
        DenseDigitClassifier, keras.layers.GlobalAveragePooling2D()
    )
    filters = draw(FilterDisplay.from_estimator(network))
    assert filters.kernels.shape == (10, 1, 1, 1)


def test_a_dense_network_may_pool_and_normalize_first(draw, digits, of_keras_layers):
    network = of_keras_layers(
        DenseDigitClassifier, keras.layers.MaxPooling2D(4), keras.layers.Dropout(0.5)
    )
    X = digits[2][:2]

    filters = draw(FilterDisplay.from_estimator(network))
    explained = draw(SaliencyDisplay.from_estimator(network, X))

    kernel = network.weights_[-2]
    assert filters.kernels.shape == (10, 1, 7, 7)
    np.testing.assert_array_equal(filters.kernels.reshape(10, 49), kernel.T)
    assert explained.grad_cams is None
    assert explained.gradients.any()


@pytest.mark.parametrize("layer", ["conv2d_3", 3])
def test_a_single_layer_needs_no_list(digits, cnn, layer):
    display = ActivationMapDisplay.from_estimator(cnn, digits[2], layers=layer)

    assert list(display.maps) == ["conv2d_3"]


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("dense", ("activation_2", "activation_5")),
        ("numpy_network", ("activation_2", "activation_4")),
        ("search", ("activation_2", "activation_4")),
    ],
)
def test_a_dense_network_has_strips(digits, request, draw, name, layers):
    estimator = request.getfixturevalue(name)

    display = draw(ActivationMapDisplay.from_estimator(estimator, digits[2]))

    assert [text for text in texts(display) if "units" in text] == [
        f"{layers[0]}: 40 units, no maps",
        f"{layers[1]}: 12 units, no maps",
    ]
    for ax, name in zip(display.axes_[1:], display.maps, strict=True):
        assert ax.get_xlabel() == "unit"
        expected = activations(estimator, digits[2][:1], name)
        np.testing.assert_array_equal(pixels(ax), expected)


def test_a_display_takes_a_figure_and_draws_again(digits, cnn):
    figure = Figure()

    display = ActivationMapDisplay.from_estimator(cnn, digits[2], figure=figure)

    assert display.figure_ is figure
    assert display.plot().figure_ is not figure


def test_maps_that_are_not_there_are_refused(digits, cnn, fitted_classifier):
    X, y, new, _ = digits
    linear = NumpyDigitClassifier(hidden_layer_sizes=(), epochs=1).fit(X, y)

    with pytest.raises(ValueError, match="no hidden layer"):
        ActivationMapDisplay.from_estimator(linear, new)
    with pytest.raises(ValueError, match="There is no layer 'conv2d_9'"):
        ActivationMapDisplay.from_estimator(cnn, new, layers=["conv2d_9"])
    with pytest.raises(ValueError, match=r"layers must name at least one of \['conv2d"):
        ActivationMapDisplay.from_estimator(cnn, new, layers=[])
    with pytest.raises(TypeError, match=r"the name or the number of a layer. Got 1.5"):
        ActivationMapDisplay.from_estimator(cnn, new, layers=1.5)
    with pytest.raises(ValueError, match="n_maps must be an integer, at least 1"):
        ActivationMapDisplay.from_estimator(cnn, new, n_maps=0)
    with pytest.raises(TypeError, match="holds a SVC"):
        ActivationMapDisplay.from_estimator(fitted_classifier("svc"), new)


def test_kernels_of_the_first_convolution(draw, cnn):
    display = draw(FilterDisplay.from_estimator(cnn))

    weights = cnn.weights_[0]
    assert [ax.get_title() for ax in display.axes_] == [f"filter {i}" for i in range(4)]
    for number, ax in enumerate(display.axes_):
        np.testing.assert_array_equal(pixels(ax), weights[:, :, 0, number])
        high = ax.images[0].get_clim()[1]
        assert ax.images[0].get_clim() == (-high, high)
        assert high == pytest.approx(np.abs(weights).max())
    assert {"conv2d_0: kernels", "weight"} < set(texts(display))


def test_kernels_of_a_later_convolution_have_a_row_for_each_filter(draw, cnn):
    display = draw(FilterDisplay.from_estimator(cnn, layer="conv2d_3", n_kernels=12))

    weights = cnn.weights_[2]
    assert len(display.axes_) == 12
    assert [ax.get_title() for ax in display.axes_[:4]] == [
        f"map {i}" for i in range(4)
    ]
    assert [ax.get_ylabel() for ax in display.axes_[::4]] == [
        f"filter {i}" for i in range(3)
    ]
    np.testing.assert_array_equal(pixels(display.axes_[6]), weights[:, :, 2, 1])
    assert "conv2d_3: kernels, 3 of 12, for 4 of 4 maps" in texts(display)


@pytest.mark.parametrize("name", ["dense", "numpy_network"])
def test_weights_of_a_dense_network_are_images(draw, request, name):
    network = request.getfixturevalue(name)

    display = draw(FilterDisplay.from_estimator(network))

    assert len(display.axes_) == 32
    assert display.axes_[31].get_title() == "unit 31"
    np.testing.assert_array_equal(
        pixels(display.axes_[31]), network.weights_[0][:, 31].reshape(28, 28)
    )
    assert "dense_1: weights of each unit, 32 of 40" in texts(display)


@pytest.mark.parametrize(
    "estimator",
    [
        NumpyDigitClassifier(hidden_layer_sizes=(), epochs=1, random_state=0),
        make_pipeline(MinMaxScaler(), LogisticRegression(tol=0.1)),
    ],
)
def test_weights_of_a_linear_classifier_belong_to_classes(draw, digits, estimator):
    X, y, *_ = digits
    names = np.array([f"digit {label}" for label in y])

    display = draw(FilterDisplay.from_estimator(estimator.fit(X, names)))

    assert [ax.get_title() for ax in display.axes_] == [f"digit {i}" for i in range(10)]
    assert display.kernels.shape == (10, 1, 28, 28)


def test_weights_have_the_shape_of_the_images(digits):
    X, y, *_ = digits
    model = make_pipeline(MinMaxScaler(), LogisticRegression(tol=0.1)).fit(X, y)

    display = FilterDisplay.from_estimator(model, image_shape=(14, 56))

    np.testing.assert_array_equal(
        pixels(display.axes_[3]), model[-1].coef_[3].reshape(14, 56)
    )
    with pytest.raises(ValueError, match=r"image_shape=\(9, 9\) means 81 pixels"):
        FilterDisplay.from_estimator(model, image_shape=(9, 9))
    with pytest.raises(ValueError, match=r"as LogisticRegression has no layers. Got 0"):
        FilterDisplay.from_estimator(model, layer=0)


def test_two_classes_share_their_coefficients(draw, digits):
    X, y, *_ = digits
    model = make_pipeline(MinMaxScaler(), LogisticRegression(tol=0.1)).fit(X, y > 4)

    display = draw(FilterDisplay.from_estimator(model))

    assert [ax.get_title() for ax in display.axes_] == ["True"]
    np.testing.assert_array_equal(
        pixels(display.axes_[0]), model[-1].coef_.reshape(28, 28)
    )


def test_other_classifiers_have_no_filters(digits, fitted_classifier):
    linear = SVC(kernel="linear", random_state=0).fit(*digits[:2])

    for other in (linear, fitted_classifier("forest")):
        with pytest.raises(TypeError, match="is not a network of this package"):
            FilterDisplay.from_estimator(other)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "cnn",
            {"layer": "dense_7"},
            r"those that have are \['conv2d_0', 'conv2d_3'\]",
        ),
        ("dense", {"layer": 3}, r"those that have are \['dense_1'\]"),
        ("cnn", {"layer": "kernel"}, "There is no layer 'kernel'"),
        ("cnn", {"image_shape": (28, 28)}, "a convolution have their own shape"),
        ("cnn", {"n_kernels": 0}, "n_kernels must be an integer, at least 1. Got 0"),
        ("components", {}, "takes 36 features that a step before it makes of the 784"),
    ],
)
def test_weights_that_are_no_images_are_refused(request, name, options, message):
    with pytest.raises(ValueError, match=f"(?i){message}"):
        FilterDisplay.from_estimator(request.getfixturevalue(name), **options)


def test_saliency_has_a_row_for_each_image(draw, digits, cnn):
    X = digits[2]

    display = draw(SaliencyDisplay.from_estimator(cnn, X, n_images=3))

    assert display.axes_.shape == (3, 3)
    titles = [ax.get_title() for ax in display.axes_[0]]
    assert titles == ["image", "gradient", "Grad-CAM"]
    rows = zip(
        display.axes_,
        cnn.predict(X),
        X.reshape(-1, 28, 28) / 255,
        saliency(cnn, X[:3]),
        grad_cam(cnn, X[:3]),
        strict=False,
    )
    for axes, label, *expected in rows:
        assert axes[0].get_ylabel() == f"class {label}"
        for ax, values in zip(axes, expected, strict=True):
            np.testing.assert_allclose(pixels(ax, -1), values, atol=1e-5)
        low, high = axes[1].images[0].get_clim()
        assert -low == high > 0
    assert {"score, with more ink", "speaks for the class"} < set(texts(display))


@pytest.mark.parametrize("name", ["dense", "numpy_network", "search"])
def test_dense_networks_have_gradients_alone(draw, digits, request, name):
    estimator = request.getfixturevalue(name)
    X, y = digits[2:]

    display = draw(SaliencyDisplay.from_estimator(estimator, X, labels=y))

    assert display.axes_.shape == (5, 2)
    assert [ax.get_title() for ax in display.axes_[0]] == ["image", "gradient"]
    assert [ax.get_ylabel() for ax in display.axes_[:, 0]] == [
        f"class {label}" for label in y[:5]
    ]
    expected = saliency(estimator, X[:5], labels=y[:5])
    np.testing.assert_allclose(display.gradients, expected, atol=1e-6)


def test_what_saliency_can_not_show_is_refused(
    digits, cnn, components, fitted_classifier
):
    new = digits[2]
    with pytest.raises(ValueError, match="n_images must be an integer, at least 1"):
        SaliencyDisplay.from_estimator(cnn, new, n_images=0)
    with pytest.raises(ValueError, match="are not images"):
        SaliencyDisplay.from_estimator(components, new)
    for labels in (3, [3] * 5):
        with pytest.raises(ValueError, match=r"labels has shape .*, but X holds 40 im"):
            SaliencyDisplay.from_estimator(cnn, new, labels=labels)
    with pytest.raises(TypeError, match="holds a SVC"):
        SaliencyDisplay.from_estimator(fitted_classifier("svc"), new)


@pytest.mark.parametrize("name", ["cnn", "dense", "numpy_network", "components"])
def test_principal_components_of_what_the_output_layer_sees(
    draw, digits, request, name
):
    estimator = request.getfixturevalue(name)
    X, y = digits[2:]

    display = draw(EmbeddingDisplay.from_estimator(estimator, X, y))

    outputs = activations(estimator, X, -3).astype(float)
    _, variances, directions = np.linalg.svd(outputs - outputs.mean(axis=0))
    expected = (outputs - outputs.mean(axis=0)) @ directions[:2].T
    np.testing.assert_allclose(
        np.abs(display.embedding), np.abs(expected), rtol=1e-3, atol=1e-3
    )
    share = 100 * variances[0] ** 2 / (variances**2).sum()
    assert display.ax_.get_xlabel() == (
        f"first principal component ({share:.0f} % of the variance)"
    )
    assert display.ax_.get_title() == "What the output layer sees of 40 images"


def test_digits_stand_at_the_median_and_mistakes_are_circled(
    draw, digits, numpy_network
):
    X, y = digits[2:]
    wrong = y.copy()
    wrong[:3] = (wrong[:3] + 1) % 10
    n_wrong = np.sum(numpy_network.predict(X) != wrong)

    display = draw(EmbeddingDisplay.from_estimator(numpy_network, X, wrong))

    *groups, circles = display.ax_.collections
    assert len(circles.get_offsets()) == n_wrong > 0
    assert len({tuple(group.get_facecolor()[0]) for group in groups}) == 10
    for label, (group, text) in enumerate(zip(groups, display.ax_.texts, strict=True)):
        points = display.embedding[wrong == label]
        assert text.get_text() == f"{label}"
        np.testing.assert_allclose(text.get_position(), np.median(points, axis=0))
        np.testing.assert_allclose(group.get_offsets(), points)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == [f"{label}" for label in range(10)] + [f"wrong ({n_wrong})"]


def test_neighbours_stay_together_with_tsne(draw, digits, search):
    X, y = digits[2:]
    ax = Figure().subplots()

    display = draw(EmbeddingDisplay.from_estimator(search, X, y, method="tsne", ax=ax))

    assert display.ax_ is ax
    assert ax.get_ylabel() == "t-SNE, second dimension"
    assert display.embedding.shape == (40, 2)
    assert trustworthiness(activations(search, X, -3), display.embedding) > 0.9


def test_what_an_embedding_can_not_show_is_refused(digits, dense, fitted_classifier):
    new, labels = digits[2:]
    with pytest.raises(ValueError, match=r"method must be one of \('pca', 'tsne'\)"):
        EmbeddingDisplay.from_estimator(dense, new, labels, method="umap")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        EmbeddingDisplay.from_estimator(dense, new, labels[1:])
    with pytest.raises(ValueError, match="X holds 1 images"):
        EmbeddingDisplay.from_estimator(dense, new[:1], labels[:1])
    with pytest.raises(TypeError, match="holds a RandomForestClassifier"):
        EmbeddingDisplay.from_estimator(fitted_classifier("forest"), new, labels)
