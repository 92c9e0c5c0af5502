"""Keras models as ONNX nodes."""

import keras
import numpy as np
import onnxruntime
import pytest

from mnist_estimators._networks.architectures import convolutional_network
from mnist_estimators._networks.build import build_network
from mnist_estimators._networks.specs import layer as described
from mnist_estimators._onnx.file import read_classifier, to_bytes
from mnist_estimators._onnx.graph import OnnxGraph
from mnist_estimators._onnx.network import FittedNetwork, add_network

SHAPE = (9, 7)
PIXELS = (0.0, 255.0)


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (5, *SHAPE)).astype(np.float32)


def small_backbone(*_, **__):
    """A model with those layers of backbones that MobileNetV3Small lacks."""
    la = keras.layers
    draw = keras.initializers.GlorotUniform(seed=0)
    maps = inputs = keras.Input((*SHAPE, 1))
    maps = la.ZeroPadding2D(((0, 1), (2, 1)))(maps)
    convolution = la.Conv2D(
        4, 3, strides=2, padding="same", activation="relu", kernel_initializer=draw
    )
    maps = convolution(maps)
    maps = la.Add()([la.Activation("tanh")(maps), la.ReLU(max_value=6)(maps)])
    depthwise = la.DepthwiseConv2D(3, depthwise_initializer=draw, padding="same")
    maps = la.Concatenate()([maps, depthwise(maps)])
    maps = la.AveragePooling2D(2)(maps)
    maps = la.MaxPooling2D(2, strides=1)(maps)
    return keras.Model(inputs, la.GlobalAveragePooling2D()(maps))


def describe(backbone):
    return convolutional_network(
        3,
        image_shape=SHAPE,
        filters=(),
        kernel_size=(),
        pool_size=2,
        padding="same",
        dense_layer_sizes=(),
        activation="relu",
        dropout=(),
        spatial_dropout=0.0,
        batch_normalization=False,
        kernel_initializer="glorot_uniform",
        l2=0.0,
        backbone=backbone,
    )


def run_onnx(network, model, images, path):
    graph = OnnxGraph()
    weights = model.get_weights()
    fitted = FittedNetwork(network, weights, SHAPE, PIXELS, 1 / 255)
    logits = add_network(graph, fitted, "images")
    graph.add("Softmax", logits, name="probabilities")
    path.write_bytes(to_bytes(graph, "probabilities", np.arange(3), SHAPE, PIXELS))
    session = onnxruntime.InferenceSession(read_classifier(path).model)
    return session.run(None, {"images": images})[0]


def test_a_backbone_computes_the_same(images, tmp_path):
    network = describe("MobileNetV3Small")
    model = build_network(network, SHAPE, seed=0)
    stacked = images[..., np.newaxis] / 255
    # Batch normalisation learns, that something of the images gets through.
    for layer in model.layers[0].layers[-1].layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(stacked, training=True)
    expected = np.asarray(model(stacked))
    found = run_onnx(network, model, images, tmp_path / "digits.onnx")
    # Untrained, it enlarges rounding errors.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)
    assert expected.std(axis=0).max() > 1e-3, "the images make no difference"


def test_layers_of_other_backbones_compute_the_same(images, tmp_path, monkeypatch):
    network = describe("another")
    entry = "mnist_estimators._networks.layers.backbone"
    monkeypatch.setattr(f"{entry}.build_backbone", small_backbone)
    monkeypatch.setattr(
        f"{entry}.initial_backbone_weights",
        lambda backbone, seed: backbone.get_weights(),
    )
    model = build_network(network, SHAPE, seed=0)
    shapes = [weights.shape for weights in model.layers[0].weights]
    monkeypatch.setattr(f"{entry}.backbone_shapes", lambda name: (shapes, 8))
    expected = np.asarray(model(images[..., np.newaxis] / 255))
    found = run_onnx(network, model, images, tmp_path / "digits.onnx")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert expected.std(axis=0).max() > 1e-3, "the images make no difference"


def test_a_softmax_over_feature_maps_computes_the_same(images, tmp_path):
    weights = {"kernel_initializer": "glorot_normal", "l2": 0.0}
    network = (
        described(
            "Conv2D", filters=4, kernel_size=3, padding="same", use_bias=True, **weights
        ),
        described("Activation", activation="softmax"),
        described("Flatten"),
        described("Dense", units=3, **weights),
        described("Activation", activation="softmax"),
    )
    model = build_network(network, SHAPE, seed=0)
    expected = np.asarray(model(images[..., np.newaxis] / 255))
    found = run_onnx(network, model, images, tmp_path / "digits.onnx")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
