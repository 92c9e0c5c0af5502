"""Beginning with the weights of another classifier."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._inputs.estimators import thawed
from .._networks.specs import same_features

# Parameters that say which network it is.
ARCHITECTURE = (
    "hidden_layer_sizes",
    "backbone",
    "filters",
    "kernel_size",
    "pool_size",
    "padding",
    "dense_layer_sizes",
    "activation",
    "batch_normalization",
    "layers",
)


def transferred_weights(classifier: Any, source: Any) -> list[NDArray[np.float32]]:
    """Take the weights of a fitted classifier over to another one.

    Parameters
    ----------
    classifier : DenseDigitClassifier or CNNDigitClassifier
        Knows its classes, image shape and network.
    source : classifier of the same kind, or FrozenEstimator around it
        Fitted; it is not changed.

    Returns
    -------
    list of ndarray
        In the order of the network's weights, without those of the output layer where
        the classes differ.

    Raises
    ------
    ValueError
        If the source is of another kind, or its network or images differ.
    NotFittedError
        If the source is not fitted.
    """
    source = thawed(source)
    if type(source) is not type(classifier):
        raise ValueError(
            f"init_from must be a fitted {type(classifier).__name__}. Got "
            f"{type(source).__name__} instead. If there is one inside, give that, such "
            "as pipeline[-1] or search.best_estimator_."
        )
    if source is classifier:
        raise ValueError(
            "init_from is the classifier itself. Use warm_start=True to go on from its "
            "own weights."
        )
    check_is_fitted(
        source,
        msg="init_from=%(name)s is not fitted. Fit it first; in the grid of a search, "
        "which clones it, give FrozenEstimator(fitted).",
    )
    if source.image_shape_ != classifier.image_shape_:
        raise ValueError(
            f"init_from was fitted on images of {source.image_shape_} pixels, but "
            f"those in X have {classifier.image_shape_}. Bring X to that shape."
        )
    if not same_features(classifier._network, source._network):
        own, other = classifier.get_params(), source.get_params()
        names = [
            name
            for name in ARCHITECTURE
            if name in own and repr(own[name]) != repr(other[name])
        ]
        given = ", ".join(f"{name}={other[name]!r}" for name in names)
        raise ValueError(
            "init_from has another network. Give the parameters that it was fitted "
            f"with: {given or 'some were changed after its fit'}."
        )
    same_classes = np.array_equal(source.classes_, classifier.classes_)
    return source.weights_ if same_classes else source.weights_[:-2]
