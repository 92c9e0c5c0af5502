"""What saliency and Grad-CAM share: the class to explain, and its gradients."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import gen_batches

from ._layers import ROWS_PER_FORWARD_PASS, apply_layers, layer_names, run_layers


def explained_classes(
    network: Any, images: NDArray[np.float32], labels: ArrayLike | None
) -> NDArray[np.int64]:
    """Find the number of the class to explain, for each image.

    Parameters
    ----------
    network : fitted classifier
        With layers.
    images : ndarray of shape (n, height, width, 1), dtype float32
        From ``network_and_images``.
    labels : array-like of shape (n,) or None
        None takes the classes predicted.

    Returns
    -------
    ndarray of shape (n,)
        Places in ``classes_``.

    Raises
    ------
    ValueError
        If `labels` are of another number, or not among the classes.
    """
    if labels is None:
        n_layers = len(layer_names(network))
        return run_layers(network, images, n_layers - 2).argmax(axis=1)
    given = label_of_each(labels, len(images))
    unknown = given[~np.isin(given, network.classes_)]
    if len(unknown):
        raise ValueError(
            f"labels names {np.unique(unknown).tolist()}, which are not among the "
            f"classes {network.classes_.tolist()}."
        )
    return np.searchsorted(network.classes_, given)


def label_of_each(labels: ArrayLike, n_images: int) -> NDArray[Any]:
    """Bring labels to an array; raise ValueError unless there is one for each image."""
    given = np.asarray(labels)
    if given.shape != (n_images,):
        raise ValueError(
            f"labels has shape {given.shape}, but X holds {n_images} images. Give one "
            "label for each image, or None for the classes predicted."
        )
    return given


def outputs_and_gradients(
    network: Any,
    images: NDArray[np.float32],
    targets: NDArray[np.int64],
    depth: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Find the gradients of class scores, before the softmax, in outputs of a layer.

    Parameters
    ----------
    network : fitted classifier
        In Keras. Not changed.
    images : ndarray of shape (n, height, width, 1), dtype float32
        From ``network_and_images``.
    targets : ndarray of shape (n,)
        From ``explained_classes``.
    depth : int
        Number of layers before those outputs; 0 for the images themselves.

    Returns
    -------
    outputs, gradients : ndarray of shape (n, ...), dtype float32
    """
    layers = network.model_.layers[:-1]  # the last one is the softmax
    import tensorflow as tf

    parts = []
    for rows in gen_batches(len(images), ROWS_PER_FORWARD_PASS):
        outputs = apply_layers(layers[:depth], tf.constant(images[rows]))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(outputs)
            scores = apply_layers(layers[depth:], outputs)
            explained = tf.gather(scores, targets[rows], axis=1, batch_dims=1)
        gradients = tape.gradient(explained, outputs)
        parts.append(
            [tf.cast(values, tf.float32).numpy() for values in (outputs, gradients)]
        )
    outputs, gradients = map(np.concatenate, zip(*parts, strict=True))
    return outputs, gradients
