"""Where the feature maps of a convolutional network speak for a class."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._gradients import images_to_explain, outputs_and_gradients
from ._layers import architecture, convolutions, first_rows, layer_index, layer_names


def grad_cam(
    estimator: Any,
    X: ArrayLike,
    *,
    labels: ArrayLike | None = None,
    layer: str | int | None = None,
) -> NDArray[np.float32]:
    """Compute where feature maps speak for a class, by Grad-CAM.

    The maps of a layer are summed, each weighted by the mean gradient of the class
    score in it; what is negative becomes 0.

    Parameters
    ----------
    estimator : fitted classifier
        CNNDigitClassifier without `backbone`, or a pipeline, a search or an
        AugmentedClassifier that holds one.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Images, as `estimator` takes them. Not changed.
    labels : array-like of shape (n,), default=None
        The class of each image whose score is explained. None takes those predicted.
    layer : str or int, default=None
        Name or number of the layer whose maps are used, as in ``activations``. None
        takes the last activation of feature maps, or without one the last layer that
        gives them. Where pooling has made them very small, those of an earlier one show
        more.

    Returns
    -------
    ndarray of shape (n, height, width), dtype float32
        At least 0, on a scale of its own for each image; enlarged from the size of the
        maps to that of the image.

    Raises
    ------
    TypeError
        If there is no network in `estimator`, or `layer` is neither text nor integer.
    ValueError
        If the network has no feature maps, or hides them in a backbone; if `layer` does
        not exist, or gives no maps; and as in ``saliency``.
    NotFittedError
        If the estimator is not fitted.

    See Also
    --------
    saliency : The gradient in each pixel, for all networks.
    SaliencyDisplay : Draw both.

    References
    ----------
    .. [1] R. R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh, D. Batra,
       "Grad-CAM: Visual Explanations from Deep Networks via Gradient-Based
       Localization", ICCV 2017.

    Examples
    --------
    >>> from mnist_estimators import CNNDigitClassifier, load_small_digits
    >>> from mnist_estimators.inspection import grad_cam
    >>> X, y = load_small_digits()
    >>> network = CNNDigitClassifier(filters=(4, 8), epochs=1).fit(X[:200], y[:200])
    >>> grad_cam(network, X[:5]).shape
    (5, 28, 28)
    """
    network, images, targets = images_to_explain(estimator, X, labels)
    return class_activation_maps(network, images, targets, layer)


def class_activation_maps(
    network: Any,
    images: NDArray[np.float32],
    targets: NDArray[np.int64],
    layer: str | int | None = None,
) -> NDArray[np.float32]:
    """Compute Grad-CAM of each image for its class.

    Parameters
    ----------
    network : fitted classifier
        A convolutional one. Not changed.
    images : ndarray of shape (n, height, width, 1), dtype float32
        From ``images_to_explain``.
    targets : ndarray of shape (n,)
        From ``images_to_explain``.
    layer : str or int, default=None
        As in ``grad_cam``.

    Returns
    -------
    ndarray of shape (n, height, width), dtype float32
    """
    depth = _index_of_maps(network, layer) + 1
    maps, gradients = outputs_and_gradients(network, images, targets, depth)
    importance = gradients.mean(axis=(1, 2), keepdims=True)
    heat = np.maximum((importance * maps).sum(axis=3, keepdims=True), 0)
    import tensorflow as tf

    return tf.image.resize(heat, images.shape[1:3]).numpy()[..., 0]


def _index_of_maps(network: Any, layer: str | int | None) -> int:
    kind = architecture(network)
    if kind != "convolutional":
        advice = "Grad-CAM needs a CNNDigitClassifier without backbone; use saliency."
        if kind == "dense":
            raise ValueError(f"A dense network has no feature maps. {advice}")
        name = layer_names(network)[0]
        raise ValueError(f"The feature maps are inside the backbone {name!r}. {advice}")
    names = layer_names(network)
    n_map_layers = first_rows(network)
    if layer is None:
        behind = range(convolutions(network)[0], n_map_layers)
        activated = [i for i in behind if names[i].startswith("activation_")]
        return max(activated, default=n_map_layers - 1)
    index = layer_index(network, layer)
    if index >= n_map_layers:
        raise ValueError(
            f"layer={layer!r} gives no feature maps. Those that do are "
            f"{names[:n_map_layers]}."
        )
    return index
