"""Classifiers, and votes among them, as ONNX nodes.

All that is added takes the pixels that are called ``images``.
"""

from collections.abc import Sequence
from functools import partial, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._inputs.estimators import thawed
from .._onnx.checks import INPUT
from .._onnx.graph import OnnxGraph
from .._onnx.network import add_network
from ..meta._votes import columns_in_vote
from ..meta.voting import DigitVotingClassifier
from ._fitted_network import fitted_network


def add_probabilities(graph: OnnxGraph, classifier: Any) -> str:
    """Add the nodes of what ``predict_proba`` computes.

    Parameters
    ----------
    graph : OnnxGraph
        Gets the nodes.
    classifier : fitted classifier
        A network, or a soft vote among such classifiers.

    Returns
    -------
    str
        Name of the probabilities, float32 of shape (n, n_classes).

    Raises
    ------
    ValueError
        If the weights of a vote, set after its fit, are invalid.
    """
    classifier = thawed(classifier)
    if not isinstance(classifier, DigitVotingClassifier):
        logits = add_network(graph, fitted_network(classifier), INPUT)
        return graph.add("Softmax", logits)
    weights = _weights(classifier)
    shares = [
        graph.add(
            "MatMul",
            add_probabilities(graph, member),
            graph.numbers(_columns(classifier, member) * weight / sum(weights)),
        )
        for member, weight in zip(classifier.estimators_, weights, strict=True)
    ]
    return reduce(partial(graph.add, "Add"), shares)


def add_votes(graph: OnnxGraph, vote: DigitVotingClassifier) -> str:
    """Add the nodes of a hard vote.

    Parameters
    ----------
    graph : OnnxGraph
        Gets the nodes.
    vote : DigitVotingClassifier
        Fitted, with ``voting='hard'``.

    Returns
    -------
    str
        Name of the weights of the members for each class, (n, n_classes). They are
        float64, in which the vote itself counts: so ties are ties here too.
    """
    shares = [
        graph.add(
            "Gather",
            graph.constant(_columns(vote, member) * np.float64(weight)),
            graph.add("ArgMax", _add_decision(graph, member), axis=1, keepdims=0),
        )
        for member, weight in zip(vote.estimators_, _weights(vote), strict=True)
    ]
    return reduce(partial(graph.add, "Add"), shares)


def _add_decision(graph: OnnxGraph, classifier: Any) -> str:
    """Add what is largest for the class that ``predict`` names."""
    classifier = thawed(classifier)
    if not isinstance(classifier, DigitVotingClassifier):
        return add_network(graph, fitted_network(classifier), INPUT)
    if classifier.voting == "hard":
        return add_votes(graph, classifier)
    return add_probabilities(graph, classifier)


def _weights(vote: DigitVotingClassifier) -> Sequence[float]:
    given = vote._weights_not_none
    return [1.0] * len(vote.estimators_) if given is None else given


def _columns(vote: DigitVotingClassifier, member: Any) -> NDArray[np.float64]:
    """Make the matrix that puts columns of a member's where the vote has them."""
    return np.eye(len(vote.classes_))[columns_in_vote(member, vote.le_)]
