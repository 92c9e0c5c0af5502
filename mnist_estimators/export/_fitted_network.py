"""The network within a fitted classifier, as plain data to export."""

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._inputs.images import fits_float32, pixel_scale
from .._networks.architectures import dense_network
from .._networks.specs import Network
from .._onnx.network import FittedNetwork
from ..classifiers._base import BaseDigitClassifier
from ..classifiers._keras_base import KerasDigitClassifier
from ..classifiers.numpy_mlp import NumpyDigitClassifier

NETWORKS = "DenseDigitClassifier, CNNDigitClassifier and NumpyDigitClassifier"


def fitted_network(classifier: BaseDigitClassifier) -> FittedNetwork:
    """Describe the network of a fitted classifier.

    Parameters
    ----------
    classifier : DenseDigitClassifier, CNNDigitClassifier or NumpyDigitClassifier
        Not changed.

    Returns
    -------
    FittedNetwork

    Raises
    ------
    NotFittedError
        If the classifier is not fitted.
    ValueError
        If its pixels are out of the range of 32-bit numbers.
    """
    check_is_fitted(classifier)
    low, high = classifier.pixel_range_
    if not fits_float32(high):
        raise ValueError(
            f"The classifier was fitted on pixels from {low:g} to {high:g}, but files "
            "take numbers of 32 bits. Scale X before fit."
        )
    if isinstance(classifier, NumpyDigitClassifier):
        network = _numpy_network(classifier)
    else:
        assert isinstance(classifier, KerasDigitClassifier)
        network = classifier._network
    return FittedNetwork(
        network=network,
        weights=classifier.weights_,
        image_shape=classifier.image_shape_,
        pixel_range=(low, high),
        pixel_scale=pixel_scale(high),
    )


def _numpy_network(classifier: NumpyDigitClassifier) -> Network:
    *sizes, n_classes = (len(biases) for biases in classifier.weights_[1::2])
    return dense_network(
        n_classes,
        hidden_layer_sizes=sizes,
        activation=classifier._activation,
        dropout=[0.0] * len(sizes),
        batch_normalization=[False] * len(sizes),
        kernel_initializer=classifier.kernel_initializer,
        l2=0.0,
    )


def refusal(estimator: Any, allowed: str) -> TypeError:
    """Say why something can't be exported, and what can in its place.

    Parameters
    ----------
    estimator : object
        What was given.
    allowed : str
        What can be exported.

    Returns
    -------
    TypeError
    """
    name = type(estimator).__name__
    if isinstance(estimator, Pipeline):
        advice = (
            "The file would lack the steps before the last. Export only the last one, "
            "pipeline[-1], and give the file what the others make of images, "
            "pipeline[:-1].transform(X)."
        )
    elif hasattr(estimator, "best_estimator_"):
        advice = "Export search.best_estimator_."
    elif hasattr(estimator, "estimator_"):
        advice = "Export the classifier inside it, its estimator_."
    else:
        advice = "Other libraries export scikit-learn's own estimators."
    return TypeError(f"{name} can't be exported: {allowed}. {advice}")
