"""The fast forward pass: one compiled function for each architecture.

The weights are an input of the function, so all estimators of one architecture share
it, and threads can use it at once.
"""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._graph import ROWS_PER_FORWARD_PASS, forward
from ._networks import Network, build_network, without_rates
from ._tensorflow import load_keras

MAX_PREDICTORS = 16

_lock = Lock()
_predictors: OrderedDict[Any, Callable[..., Any]] = OrderedDict()


def predict_logits(
    network: Network, image_shape: tuple[int, int], weights: Any, images: NDArray[Any]
) -> NDArray[np.float32]:
    """Run the network forward over `images`.

    Parameters
    ----------
    network : tuple of LayerSpec
        The layers.
    image_shape : tuple of two int
        Height and width.
    weights : sequence of arrays or tensors
        In the order of ``model.weights``.
    images : ndarray of shape (n, height, width, 1), dtype float32
        Network input.

    Returns
    -------
    ndarray of shape (n, n_classes), dtype float32
        Scores before the softmax.
    """
    run = _predictor(without_rates(network), image_shape)
    return np.concatenate(
        [
            run(tuple(weights), images[start : start + ROWS_PER_FORWARD_PASS])
            for start in range(0, len(images), ROWS_PER_FORWARD_PASS)
        ]
    )


def _predictor(network: Network, image_shape: tuple[int, int]) -> Callable[..., Any]:
    import tensorflow as tf

    key = (network, image_shape)
    with _lock:
        if key in _predictors:
            _predictors.move_to_end(key)
            return _predictors[key]
    keras = load_keras()
    model = build_network(network, image_shape, seed=0)

    def run(weights: Any, images: Any) -> Any:
        values = list(zip(model.weights, weights, strict=True))
        with keras.StatelessScope(state_mapping=values):
            return forward(model, images)

    signature = (
        tuple(tf.TensorSpec(variable.shape, tf.float32) for variable in model.weights),
        tf.TensorSpec((None, *image_shape, 1), tf.float32),
    )
    compiled = tf.function(run, input_signature=signature, autograph=False)
    with _lock:
        _predictors[key] = compiled
        while len(_predictors) > MAX_PREDICTORS:
            _predictors.popitem(last=False)
    return compiled
