"""What saliency and Grad-CAM share: the class to explain, and its gradients."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import gen_batches

from ._layers import (
    ROWS_PER_FORWARD_PASS,
    apply_layers,
    check_sees_pixels,
    layer_names,
    network_and_images,
    run_layers,
)


def images_to_explain(
    estimator: Any, X: ArrayLike, labels: ArrayLike | None
) -> tuple[Any, NDArray[np.float32], NDArray[np.int64]]:
    """Find the network, what it sees of the images, and the class to explain of each.

    Parameters
    ----------
    estimator : fitted classifier
        Or one that holds it.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images as the estimator takes them. Not changed.
    labels : array-like of shape (n,) or None
        None takes the classes predicted.

    Returns
    -------
    network : fitted classifier
        Of this package, with layers.
    images : ndarray of shape (n, height, width, 1), dtype float32
        What reaches the first layer: pixels have values from 0 to 1.
    targets : ndarray of shape (n,)
        Places of the classes in ``classes_``.

    Raises
    ------
    NotFittedError, TypeError
        As in ``network_within``.
    ValueError
        If `labels` are of another number, or not among the classes; and as in
        ``network_and_images`` and ``check_sees_pixels``.
    """
    network, images = network_and_images(estimator, X)
    check_sees_pixels(estimator, network)
    if labels is None:
        scores = run_layers(network, images, len(layer_names(network)) - 2)
        return network, images, scores.argmax(axis=1)
    given = label_of_each(labels, len(images))
    unknown = given[~np.isin(given, network.classes_)]
    if len(unknown):
        raise ValueError(
            f"labels names {np.unique(unknown).tolist()}, which are not among the "
            f"classes {network.classes_.tolist()}."
        )
    return network, images, np.searchsorted(network.classes_, given)


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
        From ``images_to_explain``.
    targets : ndarray of shape (n,)
        From ``images_to_explain``.
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
