import random

import keras
import numpy as np
import pytest

from mnist_estimators._networks.architectures import (
    convolutional_network,
    dense_network,
)
from mnist_estimators._networks.build import build_network, initial_weights
from mnist_estimators._networks.layers.reading import ACTIVATIONS
from mnist_estimators._networks.layers.settings import INITIALIZERS
from mnist_estimators._networks.specs import (
    as_network,
    as_plain,
    dropout_rates,
    l2_penalty,
    layer,
    without_rates,
)


def dense(**settings):
    """A dense network of one hidden layer; settings differ from the plainest."""
    plain = {
        "hidden_layer_sizes": (8,),
        "activation": "relu",
        "dropout": (0.0,),
        "batch_normalization": (False,),
        "kernel_initializer": "glorot_uniform",
        "l2": 0.0,
    }
    return dense_network(3, **{**plain, **settings})


def convolutional(**settings):
    """A network of two convolutions; settings differ from the plainest."""
    plain = {
        "image_shape": (8, 8),
        "filters": ((4,), (6,)),
        "kernel_size": (3, 3),
        "pool_size": 2,
        "padding": "same",
        "dense_layer_sizes": (5,),
        "activation": "relu",
        "dropout": (0.0,),
        "spatial_dropout": 0.0,
        "batch_normalization": False,
        "kernel_initializer": "glorot_uniform",
        "l2": 0.0,
    }
    return convolutional_network(3, **{**plain, **settings})


FULL_DENSE = dense(
    hidden_layer_sizes=(8, 4),
    dropout=(0.5, 0.0),
    batch_normalization=(True, False),
    l2=0.01,
)
FULL_CONVOLUTIONAL = convolutional(
    dropout=(0.5,), spatial_dropout=0.2, batch_normalization=True, l2=0.01
)


def layers_of(network, image_shape=(8, 8)):
    """The class and the output shape of each layer of the Keras model."""
    model = build_network(network, image_shape, seed=0)
    return [(type(la).__name__, la.output.shape[1:]) for la in model.layers]


class TestDenseNetwork:
    def test_normalises_activates_and_drops_after_each_hidden_layer(self):
        assert layers_of(FULL_DENSE) == [
            ("Flatten", (64,)),
            ("Dense", (8,)),
            ("BatchNormalization", (8,)),
            ("Activation", (8,)),
            ("Dropout", (8,)),
            ("Dense", (4,)),
            ("Activation", (4,)),
            ("Dense", (3,)),
            ("Activation", (3,)),
        ]

    def test_is_linear_without_hidden_layers(self):
        linear = dense(hidden_layer_sizes=(), dropout=(), batch_normalization=())
        assert layers_of(linear, (1, 10)) == [
            ("Flatten", (10,)),
            ("Dense", (3,)),
            ("Activation", (3,)),
        ]


class TestConvolutionalNetwork:
    def test_pools_before_normalisation_and_activation(self):
        assert layers_of(FULL_CONVOLUTIONAL) == [
            ("Conv2D", (8, 8, 4)),
            ("MaxPooling2D", (4, 4, 4)),
            ("BatchNormalization", (4, 4, 4)),
            ("Activation", (4, 4, 4)),
            ("SpatialDropout2D", (4, 4, 4)),
            ("Conv2D", (4, 4, 6)),
            ("MaxPooling2D", (2, 2, 6)),
            ("BatchNormalization", (2, 2, 6)),
            ("Activation", (2, 2, 6)),
            ("SpatialDropout2D", (2, 2, 6)),
            ("Flatten", (24,)),
            ("Dense", (5,)),
            ("BatchNormalization", (5,)),
            ("Activation", (5,)),
            ("Dropout", (5,)),
            ("Dense", (3,)),
            ("Activation", (3,)),
        ]

    def test_pools_after_an_activation_that_can_decrease(self):
        kinds = [kind for kind, _ in layers_of(convolutional(activation="gelu"))]
        assert kinds[:3] == ["Conv2D", "Activation", "MaxPooling2D"]

    @pytest.mark.parametrize("activation", sorted({*ACTIVATIONS} - {"gelu"}))
    def test_pooling_first_changes_nothing(self, activation):
        images = np.random.default_rng(0).normal(size=(2, 4, 4, 1))
        activate, pool = keras.activations.get(activation), keras.layers.MaxPooling2D()
        np.testing.assert_allclose(
            activate(pool(images)), pool(activate(images)), rtol=1e-6
        )

    def test_valid_padding_trims_the_image(self):
        shapes = dict(
            layers_of(convolutional(filters=((4,),), kernel_size=(3,), padding="valid"))
        )
        assert shapes["Conv2D"] == (6, 6, 4)
        assert shapes["MaxPooling2D"] == (3, 3, 4)

    @pytest.mark.parametrize(
        ("image_shape", "pooled"),
        [((8, 8), [(4, 4), (2, 2)]), ((1, 10), [(1, 5), (1, 2)]), ((2, 2), [(1, 1)])],
    )
    def test_small_images_are_pooled_as_far_as_they_go(self, image_shape, pooled):
        layers = layers_of(convolutional(image_shape=image_shape), image_shape)
        shapes = [shape[:2] for kind, shape in layers if kind == "MaxPooling2D"]
        assert shapes == pooled

    @pytest.mark.parametrize(
        ("image_shape", "message"),
        [
            ((2, 8), "images of 2 x 8 have become 2 x 8 before a convolution of 4 "),
            ((5, 5), "images of 5 x 5 have become 1 x 1 before a convolution of 6 "),
        ],
    )
    def test_images_too_small_for_valid_padding_are_refused(self, image_shape, message):
        with pytest.raises(ValueError, match=f"3 x 3 pixels, but {message}.*'same'"):
            convolutional(image_shape=image_shape, padding="valid")

    def test_needs_no_dense_layers(self):
        kinds = [
            kind
            for kind, _ in layers_of(convolutional(dense_layer_sizes=(), dropout=()))
        ]
        assert kinds[-3:] == ["Flatten", "Dense", "Activation"]


class TestDescription:
    def test_networks_are_equal_if_their_settings_are(self):
        assert dense() == dense()
        assert hash(dense()) == hash(dense())
        assert len({dense(), dense(), dense(activation="tanh"), dense(l2=0.1)}) == 3

    def test_lists_its_rates(self):
        assert dropout_rates(FULL_DENSE) == (0.5,)
        assert dropout_rates(FULL_CONVOLUTIONAL) == (0.2, 0.2, 0.5)
        assert dropout_rates(dense()) == ()

    def test_knows_its_penalty(self):
        assert l2_penalty(FULL_DENSE) == 0.01
        assert l2_penalty(dense()) == 0
        assert l2_penalty((layer("Flatten"),)) == 0

    @pytest.mark.parametrize("describe", [dense, convolutional])
    def test_rates_above_zero_do_not_matter_to_the_architecture(self, describe):
        def architecture(rate, l2):
            return without_rates(describe(dropout=(rate,), l2=l2))

        assert architecture(0.1, 0.001) == architecture(0.6, 0.1)
        assert len({architecture(r, l2) for r in (0, 0.1) for l2 in (0, 0.1)}) == 4

    def test_the_architecture_keeps_everything_else(self):
        assert without_rates(dense()) == dense()
        assert without_rates(without_rates(FULL_DENSE)) == without_rates(FULL_DENSE)


class TestPlainNetwork:
    @pytest.mark.parametrize("network", [FULL_DENSE, FULL_CONVOLUTIONAL])
    def test_makes_the_same_network(self, network):
        plain = as_plain(network)
        assert {type(one) for one in plain} == {tuple}
        for read in (as_network(plain), as_network(network)):
            assert read == network
            assert {type(one) for one in read} == {type(network[0])}

    @pytest.mark.parametrize(
        "plain",
        [None, "Dense", [("Flatten", ())], ("Dense",), (("Dense", {}),), ((1, ()),)]
        + [(("Dense", (value,)),) for value in ("ab", ("units",), (1, 2))],
    )
    def test_refuses_anything_else(self, plain):
        with pytest.raises(ValueError, match="layers"):
            as_network(plain, "layers")


class TestInitialWeights:
    @pytest.mark.parametrize("network", [FULL_DENSE, FULL_CONVOLUTIONAL])
    def test_are_those_of_a_model_built_with_this_seed(self, network):
        model = build_network(network, (8, 8), seed=0)
        before = model.get_weights()
        drawn = initial_weights(model, network, seed=7)
        built = build_network(network, (8, 8), seed=7).get_weights()
        for mine, theirs, old, untouched in zip(
            drawn, built, before, model.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
            np.testing.assert_array_equal(untouched, old)

    @pytest.mark.parametrize("name", INITIALIZERS)
    def test_every_initializer_is_drawn_anew_for_each_layer_and_seed(self, name):
        network = dense(
            hidden_layer_sizes=(64,), kernel_initializer=name, batch_normalization=(0,)
        )
        model = build_network(network, (8, 8), seed=0)
        first, *_ = initial_weights(model, network, seed=0)
        other, *_ = initial_weights(model, network, seed=5)
        assert np.unique([first, other]).size > 8000  # of 2 x 64 x 64 numbers
        assert 0.01 < first.std() < 0.3

    def test_neither_building_nor_drawing_touches_random_states(self):
        before = random.getstate()
        model = build_network(FULL_CONVOLUTIONAL, (8, 8), seed=0)
        initial_weights(model, FULL_CONVOLUTIONAL, seed=0)
        assert random.getstate() == before


IMAGES = np.random.default_rng(0).random((4, 8, 8, 1), np.float32)


@pytest.fixture(scope="module")
def default_result():
    """Weights and probabilities of a network with Keras' own configuration."""
    model = build_network(FULL_CONVOLUTIONAL, (8, 8), seed=3)
    return model.get_weights(), np.asarray(model(IMAGES))


def keras_configuration():
    config = keras.config
    return config.floatx(), config.image_data_format(), config.dtype_policy().name


@pytest.fixture(params=["float16", "float64"])
def users_configuration(request):
    """Global settings of Keras that would spoil the networks if they mattered."""

    def configure(floatx, image_data_format, dtype_policy):
        keras.config.set_floatx(floatx)
        keras.config.set_image_data_format(image_data_format)
        keras.config.set_dtype_policy(dtype_policy)

    before = keras_configuration()
    configure(request.param, "channels_first", "mixed_float16")
    yield keras_configuration()
    configure(*before)


def test_keras_configuration_neither_matters_nor_changes(
    default_result, users_configuration
):
    model = build_network(FULL_CONVOLUTIONAL, (8, 8), seed=3)
    drawn = initial_weights(model, FULL_CONVOLUTIONAL, seed=3)
    probabilities = np.asarray(model(IMAGES))
    weights, expected_probabilities = default_result
    for expected, built, drawn_weight in zip(
        weights, model.get_weights(), drawn, strict=True
    ):
        assert built.dtype == drawn_weight.dtype == np.float32
        np.testing.assert_array_equal(built, expected)
        np.testing.assert_array_equal(drawn_weight, expected)
    np.testing.assert_array_equal(probabilities, expected_probabilities)
    assert keras_configuration() == users_configuration
