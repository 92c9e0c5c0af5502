"""The shapes of weights, found without building a network."""

import pytest

from mnist_estimators._networks.architectures import (
    convolutional_network,
    dense_network,
)
from mnist_estimators._networks.build import build_network
from mnist_estimators._networks.shapes import check_network, weight_shapes
from mnist_estimators._networks.specs import layer

DENSE = dense_network(
    3,
    hidden_layer_sizes=(7, 5),
    activation="relu",
    dropout=(0.5, 0.0),
    batch_normalization=(True, False),
    kernel_initializer="he_normal",
    l2=0.01,
)


def convolutional(**settings):
    plain = {
        "image_shape": (13, 11),
        "filters": ((4, 2), (6,)),
        "kernel_size": (3, 2),
        "pool_size": 2,
        "padding": "same",
        "dense_layer_sizes": (5,),
        "activation": "relu",
        "dropout": (0.5,),
        "spatial_dropout": 0.2,
        "batch_normalization": False,
        "kernel_initializer": "glorot_uniform",
        "l2": 0.0,
    }
    return convolutional_network(3, **{**plain, **settings})


@pytest.mark.parametrize(
    "network",
    [
        DENSE,
        convolutional(),
        convolutional(padding="valid", batch_normalization=True, activation="gelu"),
    ],
    ids=["dense", "same", "valid"],
)
def test_they_are_those_of_keras(network):
    check_network(network, 3)
    model = build_network(network, (13, 11), seed=0)
    expected = [tuple(variable.shape) for variable in model.weights]
    assert weight_shapes(network, (13, 11)) == expected


def test_no_network_is_too_large_for_them():
    plain = {"kernel_initializer": "he_normal", "l2": 0.0}
    network = (
        layer("Flatten"),
        layer("Dense", units=10**8, **plain),
        layer("Dense", units=10**300, **plain),
    )
    shapes = [(10**9, 10**8), (10**8,), (10**8, 10**300), (10**300,)]
    assert weight_shapes(network, (10**9, 1)) == shapes


def test_images_that_are_too_small():
    with pytest.raises(ValueError, match=r"\(2, 4\) pixels are too small"):
        weight_shapes(convolutional(padding="valid"), (2, 4))
