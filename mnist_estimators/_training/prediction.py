"""The fast forward pass: one compiled function for each architecture.

The weights are an input of the function, so all estimators of one architecture share
it, and threads can use it at once.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._networks.build import build_network
from .._networks.specs import Network, without_rates
from .._tensorflow import load_keras
from .step import ROWS_PER_FORWARD_PASS, forward

MAX_PREDICTORS = 16


def predict_logits(
    network: Network,
    image_shape: tuple[int, int],
    weights: Sequence[Any],
    images: NDArray[np.uint8] | NDArray[np.float32],
    *,
    pixel_scale: float = 1.0,
    precision: str = "float32",
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
    images : ndarray of shape (n, height, width, 1), dtype uint8 or float32
        Network input.
    pixel_scale : float
        The factor that brings it to values from 0 to 1.
    precision : {'float32', 'mixed_bfloat16'}
        What the layers compute with.

    Returns
    -------
    ndarray of shape (n, n_classes), dtype float32
        Scores before the softmax.
    """
    import tensorflow as tf

    run = _predictor(without_rates(network), image_shape, precision, images.dtype)
    scale = tf.constant(pixel_scale, tf.float32)
    logits = []
    for start in range(0, len(images), ROWS_PER_FORWARD_PASS):
        rows = tf.constant(images[start : start + ROWS_PER_FORWARD_PASS])
        # To call the function itself costs three times as much Python.
        (found,) = tf.raw_ops.PartitionedCall(
            args=[rows, scale, *weights], Tout=[tf.float32], f=run
        )
        logits.append(found.numpy())
    return logits[0] if len(logits) == 1 else np.concatenate(logits)


@lru_cache(MAX_PREDICTORS)
def _predictor(
    network: Network, image_shape: tuple[int, int], precision: str, image_type: Any
) -> Any:
    import tensorflow as tf

    keras = load_keras()
    model = build_network(network, image_shape, seed=0, precision=precision)

    def run(images: Any, scale: Any, *weights: Any) -> Any:
        values = list(zip(model.weights, weights, strict=True))
        with keras.StatelessScope(state_mapping=values):
            return forward(model, images, scale)

    signature = (
        tf.TensorSpec((None, *image_shape, 1), image_type),
        tf.TensorSpec((), tf.float32),
        *(tf.TensorSpec(variable.shape, tf.float32) for variable in model.weights),
    )
    function = tf.function(run, input_signature=signature, autograph=False)
    return function.get_concrete_function()
