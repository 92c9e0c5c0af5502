from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from rounding import assert_same_up_to_rounding
from scipy.special import softmax

from mnist_estimators._networks.architectures import (
    convolutional_network,
    dense_network,
)
from mnist_estimators._networks.build import build_network, initial_weights
from mnist_estimators._training import prediction
from mnist_estimators._training.prediction import predict_logits

SHAPE = (4, 4)
IMAGES = np.random.default_rng(0).random((7, *SHAPE, 1), np.float32)


def dense(units=5, dropout=0.5, l2=0.01):
    return dense_network(
        3,
        hidden_layer_sizes=(units,),
        activation="relu",
        dropout=(dropout,),
        batch_normalization=(True,),
        kernel_initializer="he_normal",
        l2=l2,
    )


CONVOLUTIONAL = convolutional_network(
    3,
    image_shape=SHAPE,
    filters=((2,),),
    kernel_size=(3,),
    pool_size=2,
    padding="same",
    dense_layer_sizes=(),
    activation="gelu",
    dropout=(),
    spatial_dropout=0.5,
    batch_normalization=True,
    kernel_initializer="glorot_uniform",
    l2=0.0,
)


def random_weights(network, seed):
    """Weights as a fit leaves them: no statistic is 0 or 1 any more."""
    model = build_network(network, SHAPE, seed=seed)
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        variable.assign(rng.uniform(0.1, 1, variable.shape))
    return model, model.get_weights()


@pytest.fixture(autouse=True)
def _no_predictors():
    prediction._predictor.cache_clear()


@pytest.mark.parametrize("network", [dense(), CONVOLUTIONAL])
def test_logits_are_those_of_the_keras_model(network):
    model, weights = random_weights(network, seed=1)
    logits = predict_logits(network, SHAPE, weights, IMAGES)
    assert logits.shape == (7, 3)
    assert logits.dtype == np.float32
    assert_same_up_to_rounding(softmax(logits, axis=1), model(IMAGES))


@pytest.mark.parametrize("network", [dense(), CONVOLUTIONAL])
def test_bytes_are_scaled(network):
    _, weights = random_weights(network, seed=1)
    pixels = np.random.default_rng(0).integers(256, size=IMAGES.shape)
    scaled = (pixels / 255).astype(np.float32)
    expected = predict_logits(network, SHAPE, weights, scaled)
    found = predict_logits(
        network, SHAPE, weights, pixels.astype(np.uint8), pixel_scale=1 / 255
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("network", [dense(), CONVOLUTIONAL])
def test_bfloat16_is_near(network):
    _, weights = random_weights(network, seed=1)
    exact = predict_logits(network, SHAPE, weights, IMAGES)
    near = predict_logits(network, SHAPE, weights, IMAGES, precision="mixed_bfloat16")
    assert near.dtype == np.float32
    assert not np.array_equal(near, exact)
    np.testing.assert_allclose(near, exact, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("rows_per_pass", [1, 3, 7, 100])
def test_many_images_run_in_several_passes(rows_per_pass, monkeypatch):
    _, weights = random_weights(dense(), seed=1)
    expected = predict_logits(dense(), SHAPE, weights, IMAGES)
    monkeypatch.setattr(prediction, "ROWS_PER_FORWARD_PASS", rows_per_pass)
    found = predict_logits(dense(), SHAPE, weights, IMAGES)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_one_function_serves_all_weights_and_rates_of_an_architecture():
    for seed, (dropout, l2) in enumerate([(0.5, 0.01), (0.1, 0.01), (0.5, 1.0)]):
        network = dense(dropout=dropout, l2=l2)
        model, weights = random_weights(network, seed)
        logits = predict_logits(network, SHAPE, weights, IMAGES)
        assert_same_up_to_rounding(softmax(logits, axis=1), model(IMAGES))
    assert prediction._predictor.cache_info().currsize == 1


def test_only_the_latest_architectures_are_kept(monkeypatch):
    built = []

    def build(network, *arguments, **options):
        built.append(dict(network[1].settings)["units"])
        return build_network(network, *arguments, **options)

    monkeypatch.setattr(prediction, "build_network", build)

    def predict(units):
        network = dense(units)
        model = build_network(network, SHAPE, seed=0)
        predict_logits(network, SHAPE, initial_weights(model, network, seed=0), IMAGES)

    most = prediction.MAX_PREDICTORS
    for units in (*range(1, most + 1), 1, most + 1, 1, 2):
        predict(units)
    assert built == [*range(1, most + 2), 2]


def test_threads_share_a_function():
    jobs = [random_weights(dense(), seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        logits = pool.map(
            lambda job: predict_logits(dense(), SHAPE, job[1], IMAGES), jobs
        )
    for (model, _), found in zip(jobs, logits, strict=True):
        assert_same_up_to_rounding(softmax(found, axis=1), model(IMAGES))
