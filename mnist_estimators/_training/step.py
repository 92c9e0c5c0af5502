"""The mathematics of a training step, as pure functions of tensors.

They run while TensorFlow traces a graph. All tensors are float32 unless said otherwise.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._networks.layers.table import mask_shape, normalizes_batches

if TYPE_CHECKING:
    import keras

ROWS_PER_FORWARD_PASS = 512


def forward(
    model: "keras.Sequential",
    images: Any,
    scale: Any,
    masks: Any = None,
    n_steps: Any = None,
) -> Any:
    """Run all layers but the final softmax; with masks, as in training.

    `images`, bytes or floats, are multiplied by `scale` first. In training, `n_steps`
    has the number of steps before this one for each batch normalisation, in float32.
    """
    import tensorflow as tf

    outputs = tf.cast(images, tf.float32) * scale
    training = masks is not None
    remaining = iter(masks or ())
    for keras_layer in model.layers[:-1]:
        if mask_shape(keras_layer):
            if training:
                outputs = outputs * tf.cast(next(remaining), outputs.dtype)
        elif training and keras_layer.trainable and normalizes_batches(keras_layer):
            outputs = normalize(keras_layer, outputs, n_steps[keras_layer])
        else:
            outputs = keras_layer(outputs, training=training)
    return tf.cast(outputs, tf.float32)


def normalize(
    keras_layer: "keras.layers.BatchNormalization", values: Any, n_steps: Any
) -> Any:
    """Do what a batch normalisation does in training.

    The momentum of its moving statistics rises to the layer's own. So the first step
    replaces the 0 and 1 that they begin with, and those of the early network are
    forgotten as quickly as it learns: a training of a dozen steps needs that.
    """
    import tensorflow as tf

    momentum = tf.minimum(keras_layer.momentum, n_steps / (n_steps + 6))
    if values.shape.rank == 4:
        return normalize_maps(keras_layer, values, momentum)
    final, keras_layer.momentum = keras_layer.momentum, momentum
    try:
        return keras_layer(values, training=True)
    finally:
        keras_layer.momentum = final


def normalize_maps(
    keras_layer: "keras.layers.BatchNormalization", maps: Any, momentum: Any
) -> Any:
    """Normalise maps (n, height, width, channels), and update the moving statistics.

    TensorFlow's own kernel goes over the maps less often than Keras' operations, which
    saves about a fifth of the training time of a convolutional network.
    """
    import tensorflow as tf

    outputs = tf.raw_ops.FusedBatchNormV3(
        x=maps,
        scale=keras_layer.gamma.value,
        offset=keras_layer.beta.value,
        mean=tf.zeros([0]),
        variance=tf.zeros([0]),
        epsilon=keras_layer.epsilon,
        is_training=True,
    )
    # The kernel gives the variance for an estimate of the population's.
    n_values = tf.cast(tf.size(maps) / maps.shape[-1], tf.float32)
    variance = outputs.batch_variance * ((n_values - 1) / n_values)
    for moving, found in (
        (keras_layer.moving_mean, outputs.batch_mean),
        (keras_layer.moving_variance, variance),
    ):
        moving.value.assign_add((1 - momentum) * (found - moving.value))
    return outputs.y


def cross_entropy(logits: Any, targets: Any, smoothing: Any) -> Any:
    """Cross-entropy of each row, with `smoothing` spread evenly over the classes."""
    import tensorflow as tf

    n_classes = logits.shape[1]
    sharp = tf.one_hot(targets, n_classes)
    smooth = sharp * (1.0 - smoothing) + smoothing / n_classes
    return tf.nn.softmax_cross_entropy_with_logits(smooth, logits)


def n_correct(logits: Any, targets: Any) -> Any:
    import tensorflow as tf

    right = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), targets)
    return tf.reduce_sum(tf.cast(right, tf.float32))


def summed(n_steps: Any, of_step: Callable[[Any], Any]) -> Any:
    """Add up the two numbers that each step gives, one step after the other."""
    import tensorflow as tf

    _, totals = tf.while_loop(
        lambda step, _: step < n_steps,
        lambda step, totals: (step + 1, totals + of_step(step)),
        [0, tf.zeros(2)],
        parallel_iterations=1,
    )
    return totals
