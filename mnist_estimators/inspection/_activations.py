"""The outputs of a network's layers, as arrays."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._layers import layer_index, network_and_images, run_layers


def activations(estimator: Any, X: ArrayLike, layer: str | int) -> NDArray[np.float32]:
    """Compute what a layer of a fitted network makes of images.

    Parameters
    ----------
    estimator : fitted classifier
        DenseDigitClassifier, CNNDigitClassifier or NumpyDigitClassifier, or a pipeline,
        a search or an AugmentedClassifier that holds one. The steps of a pipeline
        before the network are applied to `X`.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images, as `estimator` takes them. Not changed.
    layer : str or int
        Name of the layer, such as 'conv2d_0', or its number in ``model_.layers``;
        negative numbers count from the end. For all networks, -1 are the probabilities
        of the classes, -2 the scores before the softmax, and -3 is what the output
        layer sees of an image. The layers of a NumpyDigitClassifier are 'flatten_0',
        and then, in turns, 'dense_1' (weighted sums), 'activation_2', and so on.

    Returns
    -------
    ndarray of shape (n, height, width, maps) or (n, units), dtype float32
        Outputs of the layer, as in ``predict``: dropout is inactive.

    Raises
    ------
    TypeError
        If there is no network in `estimator`, or `layer` is neither text nor integer.
    ValueError
        If there is no such layer, `X` does not fit the estimator, or a search was
        fitted with ``refit=False``.
    NotFittedError
        If the estimator is not fitted.

    Warns
    -----
    PixelRangeWarning
        If the pixels have another range than in ``fit``.

    See Also
    --------
    ActivationMapDisplay : Draw them.
    EmbeddingDisplay : Draw what the output layer sees, in two dimensions.

    Examples
    --------
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits
    >>> from mnist_estimators.inspection import activations
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(hidden_layer_sizes=(32,), epochs=2)
    >>> activations(network.fit(X, y), X[:5], "activation_2").shape
    (5, 32)
    """
    network, images = network_and_images(estimator, X)
    return run_layers(network, images, layer_index(network, layer))
