"""Dropout masks: random numbers for each dropout layer, and the masks made of them.

They run while TensorFlow traces a graph, as does all of a training step.
"""

from math import prod
from typing import TYPE_CHECKING, Any

from .._networks.layers.table import mask_shape

if TYPE_CHECKING:
    import keras


def dropout_bits(model: "keras.Sequential", n_rows: Any, seed: Any) -> list[Any]:
    """Draw random numbers for each dropout layer, uint16, one for each unit or map."""
    import tensorflow as tf

    drawn = []
    for index, shape in enumerate(filter(None, map(mask_shape, model.layers))):
        n_numbers = n_rows * prod(shape)
        # Two numbers of 16 bits from each random word: half the work.
        words = tf.random.stateless_uniform(
            [(n_numbers + 1) // 2],
            seed + tf.constant([index, 0]),
            minval=None,
            maxval=None,
            dtype=tf.int32,
        )
        numbers = tf.reshape(tf.bitcast(words, tf.uint16), [-1])[:n_numbers]
        drawn.append(tf.reshape(numbers, [n_rows, *shape]))
    return drawn


def dropout_masks(bits: list[Any], rates: Any) -> list[Any]:
    """Make masks of random numbers: 0, or what keeps the mean of the rest."""
    import tensorflow as tf

    masks = []
    for index, drawn in enumerate(bits):
        n_kept = tf.minimum(tf.round((1.0 - rates[index]) * 2**16), 2**16 - 1)
        kept = drawn < tf.cast(tf.cast(n_kept, tf.int32), tf.uint16)
        masks.append(tf.cast(kept, tf.float32) * (2**16 / n_kept))
    return masks
