"""Backbones of keras.applications as ONNX nodes."""

import keras
import numpy as np
import onnxruntime
import pytest

from mnist_estimators._backbone import BACKBONES
from mnist_estimators._networks import build_network, convolutional_network
from mnist_estimators._onnx_file import read_classifier, to_bytes
from mnist_estimators._onnx_graph import OnnxGraph
from mnist_estimators._onnx_network import FittedNetwork, add_network

SHAPE = (9, 7)


def give_statistics(model, images):
    """Let batch normalisation learn, that something of the images gets through."""
    application = model.layers[0].layers[-1]
    for layer in application.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(images[..., np.newaxis], training=True)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_a_backbone_computes_the_same(backbone, tmp_path):
    network = convolutional_network(
        3,
        image_shape=SHAPE,
        filters=(),
        kernel_size=(),
        pool_size=2,
        padding="same",
        dense_layer_sizes=(),
        activation="relu",
        dropout=0.5,
        spatial_dropout=0.0,
        batch_normalization=False,
        l2=0.0,
        backbone=backbone,
    )
    model = build_network(network, SHAPE, seed=0)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, *SHAPE)).astype(np.float32)
    give_statistics(model, images / 255)
    graph = OnnxGraph()
    fitted = FittedNetwork(network, model.get_weights(), SHAPE, (0.0, 255.0), 1 / 255)
    logits = add_network(graph, fitted, "images")
    graph.add("Softmax", logits, name="probabilities")
    path = tmp_path / "digits.onnx"
    path.write_bytes(
        to_bytes(graph, "probabilities", np.arange(3), SHAPE, fitted.pixel_range)
    )

    session = onnxruntime.InferenceSession(read_classifier(path).model)
    (found,) = session.run(None, {"images": images})
    expected = np.asarray(model(images[..., np.newaxis] / 255))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    assert expected.std(axis=0).max() > 1e-3, "the images make no difference"
