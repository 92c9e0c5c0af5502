"""The gradient of a class score in the pixels of an image."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..backpropagation import forward, gradients_of_sums
from ._gradients import images_to_explain, outputs_and_gradients
from ._layers import numpy_layers


def saliency(
    estimator: Any, X: ArrayLike, *, labels: ArrayLike | None = None
) -> NDArray[np.float32]:
    """Compute the gradient of a class score in each pixel.

    Parameters
    ----------
    estimator : fitted classifier
        DenseDigitClassifier, CNNDigitClassifier or NumpyDigitClassifier, or a pipeline,
        a search or an AugmentedClassifier that holds one.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images, as `estimator` takes them. Not changed.
    labels : array-like of shape (n,), default=None
        The class of each image whose score is explained. None takes those predicted.

    Returns
    -------
    ndarray of shape (n, height, width), dtype float32
        How much the score, before the softmax, rises for each unit of a pixel as the
        network sees it, where 1 is the brightest. Behind the steps of a pipeline, these
        are the pixels that the steps make.

    Raises
    ------
    TypeError
        If there is no network in `estimator`.
    ValueError
        If `labels` are not classes of the estimator, or of another number than the
        images; if `X` does not fit the estimator; if a search was fitted with
        ``refit=False``; or if a step before the network makes another number of
        features of the pixels.
    NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    grad_cam : Coarser, and less noisy.
    SaliencyDisplay : Draw both.

    References
    ----------
    .. [1] K. Simonyan, A. Vedaldi, A. Zisserman, "Deep Inside Convolutional Networks:
       Visualising Image Classification Models and Saliency Maps", ICLR Workshop 2014.

    Examples
    --------
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits
    >>> from mnist_estimators.inspection import saliency
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(epochs=2).fit(X, y)
    >>> saliency(network, X[:5]).shape
    (5, 28, 28)
    """
    network, images, targets = images_to_explain(estimator, X, labels)
    return input_gradients(network, images, targets)


def input_gradients(
    network: Any, images: NDArray[np.float32], targets: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Compute the gradient of each image's class score in its pixels.

    Parameters
    ----------
    network : fitted classifier
        With layers. Not changed.
    images : ndarray of shape (n, height, width, 1), dtype float32
        From ``images_to_explain``.
    targets : ndarray of shape (n,)
        From ``images_to_explain``.

    Returns
    -------
    ndarray of shape (n, height, width), dtype float32
    """
    if hasattr(network, "model_"):
        gradients = outputs_and_gradients(network, images, targets, 0)[1]
    else:
        gradients = _gradients_in_numpy(network, images, targets)
    return gradients.reshape(images.shape[:3])


def _gradients_in_numpy(
    network: Any, images: NDArray[np.float32], targets: NDArray[np.int64]
) -> NDArray[np.float32]:
    layers, activation = numpy_layers(network), network._activation
    outputs = forward(layers, images.reshape(len(images), -1), activation)
    # A score grows like itself, and like no other one.
    of_scores = np.eye(len(network.classes_), dtype=outputs[-1].dtype)[targets]
    of_sums = gradients_of_sums(layers, outputs, of_scores, activation)
    return (of_sums[0] @ layers[0].weights.T).astype(np.float32)
