"""The mathematics of a training step, as pure functions of tensors.

They run while TensorFlow traces a graph. All tensors are float32 unless said otherwise.
"""

from typing import TYPE_CHECKING, Any

from ._networks import DROPOUT_LAYERS

if TYPE_CHECKING:
    import keras

ROWS_PER_FORWARD_PASS = 512


def forward(model: "keras.Sequential", images: Any, masks: Any = None) -> Any:
    """Run all layers but the final softmax; with masks, as in training."""
    outputs = images
    remaining = iter(masks or ())
    for keras_layer in model.layers[:-1]:
        if type(keras_layer).__name__ not in DROPOUT_LAYERS:
            outputs = keras_layer(outputs, training=masks is not None)
        elif masks is not None:
            outputs = outputs * next(remaining)
    return outputs


def dropout_masks(
    model: "keras.Sequential", n_rows: Any, rates: Any, seed: Any
) -> list[Any]:
    """Draw a mask for each dropout layer: 0, or what keeps the mean of the rest."""
    import tensorflow as tf

    masks = []
    layers = [la for la in model.layers if type(la).__name__ in DROPOUT_LAYERS]
    for index, keras_layer in enumerate(layers):
        shape = list(keras_layer.input.shape[1:])
        if type(keras_layer).__name__ == "SpatialDropout2D":
            shape[:2] = 1, 1
        draws = tf.random.stateless_uniform(
            tf.stack([n_rows, *shape]), seed + tf.constant([index, 0])
        )
        keep = 1.0 - rates[index]
        masks.append(tf.cast(draws < keep, tf.float32) / keep)
    return masks


def cross_entropy(logits: Any, targets: Any, smoothing: Any) -> Any:
    """Cross-entropy of each row, with `smoothing` spread evenly over the classes."""
    import tensorflow as tf

    log_probabilities = tf.nn.log_softmax(logits)
    chosen = tf.gather(log_probabilities, targets, batch_dims=1)
    evenly = tf.reduce_mean(log_probabilities, axis=1)
    return -(1.0 - smoothing) * chosen - smoothing * evenly


def n_correct(logits: Any, targets: Any) -> Any:
    import tensorflow as tf

    right = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), targets)
    return tf.reduce_sum(tf.cast(right, tf.float32))
