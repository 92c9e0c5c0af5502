"""Starting with weights from elsewhere: another classifier, or a backbone's."""

from collections.abc import Mapping
from os import fspath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._inputs.estimators import thawed
from .._inputs.seen import SeenData
from .._networks.backbones import pretrained_weights
from .._networks.specs import Network, same_features
from .architecture import architecture_of, differences
from .state import TrainingState


def starting_state(
    classifier: Any, network: Network, seen: SeenData
) -> TrainingState | None:
    """Find the weights that the parameters of a classifier name.

    Parameters
    ----------
    classifier : DenseDigitClassifier or CNNDigitClassifier
        Its parameters are read.
    network : tuple of LayerSpec
        The network that is to be trained.
    seen : SeenData
        What is known of its data.

    Returns
    -------
    TrainingState or None
        The first weights of the network, in their order; the rest are drawn at random.
        None if no parameter names any.

    Raises
    ------
    ValueError
        If the parameters contradict each other, or the weights do not fit.
    NotFittedError
        If `init_from` is not fitted.
    WeightsNotFoundError
        If `weights` are neither on this machine nor can be downloaded.
    """
    parameters = classifier.get_params(deep=False)
    if parameters.get("weights") is not None:
        _check_backbone(parameters)
        name, weights = parameters["backbone"], parameters["weights"]
        return TrainingState(pretrained_weights(name, weights), [])
    if classifier.init_from is not None:
        return TrainingState(transferred_weights(classifier, network, seen), [])
    if classifier.freeze is not None:
        raise ValueError(
            f"freeze={classifier.freeze!r} keeps features as they are, but there are "
            "none yet. Give init_from=, a fitted classifier, or weights= of a "
            "backbone, or continue from a fit with warm_start=True."
        )
    return None


def _check_backbone(parameters: Mapping[str, Any]) -> None:
    given = f"weights={fspath(parameters['weights'])!r}"
    if parameters["layers"] is not None:
        raise ValueError(
            f"{given} are those of a backbone, but layers "
            "were given in its place. Set weights=None; init_from= begins with the "
            "weights of a fitted classifier."
        )
    if parameters["backbone"] is None:
        raise ValueError(
            f"{given} are those of a backbone, but "
            "backbone=None. Name it, e.g. backbone='MobileNetV2'."
        )
    if parameters["init_from"] is not None:
        raise ValueError(
            "weights and init_from were given, but a network can start with only one "
            "of them. Leave the other out."
        )


def transferred_weights(
    classifier: Any, network: Network, seen: SeenData
) -> list[NDArray[np.float32]]:
    """Copy the weights of the classifier that `init_from` names.

    Parameters
    ----------
    classifier : DenseDigitClassifier or CNNDigitClassifier
        Its parameters are read.
    network : tuple of LayerSpec
        The network that is to be trained.
    seen : SeenData
        What is known of its data.

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
    source = thawed(classifier.init_from)
    if type(source) is not type(classifier):
        raise ValueError(
            f"init_from must be a fitted {type(classifier).__name__}. Got "
            f"{type(source).__name__} instead. If there is one inside, give that, such "
            "as pipeline[-1] or search.best_estimator_."
        )
    if source is classifier:
        raise ValueError(
            "init_from is the classifier itself. Use warm_start=True to continue from "
            "its own weights."
        )
    check_is_fitted(
        source,
        msg="init_from=%(name)s is not fitted. Fit it first; in the grid of a search, "
        "which clones it, give FrozenEstimator(fitted).",
    )
    if source.image_shape_ != seen.image_shape:
        raise ValueError(
            f"init_from was fitted on images of {source.image_shape_} pixels, but "
            f"those in X have {seen.image_shape}. Bring X to that shape."
        )
    if not same_features(network, source._network):
        known = source._fitted.architecture or architecture_of(source)
        _, fitted_with = differences(classifier, known)
        raise ValueError(
            "init_from has another network. Give the parameters that it was fitted "
            f"with: {fitted_with}."
        )
    same_classes = np.array_equal(source.classes_, seen.classes)
    return list(source.weights_ if same_classes else source.weights_[:-2])
