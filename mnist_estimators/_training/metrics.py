"""Keras metrics that the user adds to loss and accuracy."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._tensorflow import load_keras
from .history import METRICS

if TYPE_CHECKING:
    import keras


def build_metrics(metrics: Any) -> "tuple[keras.Metric, ...]":
    """Make new metrics of what the user gave, which is not changed.

    Parameters
    ----------
    metrics : sequence of str, function or keras.Metric, or None
        As in the constructor of the classifiers.

    Returns
    -------
    tuple of keras.Metric
        Their states are empty.

    Raises
    ------
    TypeError
        If it is not a list, or a member is of another kind.
    ValueError
        If Keras does not know a name, or two metrics have the same one.
    """
    given = () if metrics is None else metrics
    if not isinstance(given, list | tuple):
        raise TypeError(
            f"metrics must be a list of Keras metrics, or None. Got {given!r}: put it "
            "in a list."
        )
    built = tuple(_build_metric(one) for one in given)
    names = [metric.name for metric in built]
    repeated = {name for name in names if [*METRICS, *names].count(name) > 1}
    if repeated:
        raise ValueError(
            f"metrics has {sorted(repeated)}, which the history has already. Give "
            "each metric another name, as in keras.metrics.AUC(name='auc'), and leave "
            "out loss and accuracy."
        )
    return built


def _build_metric(given: Any) -> "keras.Metric":
    keras = load_keras()
    try:
        metric = keras.metrics.get(given)
    except ValueError:
        metric = None
    if isinstance(metric, keras.Metric):
        # Keras calls a metric that is given by its name after that.
        name = {"name": given} if isinstance(given, str) else {}
        return type(metric).from_config(metric.get_config() | name)
    if callable(metric):
        return keras.metrics.MeanMetricWrapper(metric, name=metric.__name__)
    raise TypeError(
        "metrics must be a list of names that Keras knows, such as 'AUC', of functions "
        f"of targets and predictions, or of keras.Metric. Got {given!r} in it."
    )


def update(
    metrics: "Sequence[keras.Metric]", loss: str, logits: Any, targets: Any
) -> None:
    """Add a batch to the state of each metric, within a TensorFlow graph.

    Parameters
    ----------
    metrics : sequence of keras.Metric
        What the user gave.
    loss : str
        They get targets as this loss does: class indices, or one-hot rows.
    logits : tensor of shape (n, n_classes)
        Scores before the softmax.
    targets : tensor of shape (n,)
        Class indices.
    """
    import tensorflow as tf

    if not metrics:
        return
    expected = targets_of(loss, targets, logits.shape[1])
    probabilities = tf.nn.softmax(logits)
    for metric in metrics:
        metric.update_state(expected, probabilities)


def targets_of(loss: str, targets: Any, n_classes: int) -> Any:
    """Bring class indices (n,) to what a loss, and metrics beside it, compare with."""
    import tensorflow as tf

    if loss == "sparse_categorical_crossentropy":
        return targets[:, tf.newaxis]
    return tf.one_hot(targets, n_classes)


def results(metrics: "Sequence[keras.Metric]", prefix: str = "") -> dict[str, float]:
    """Read the metrics, and empty their states for the next epoch.

    Parameters
    ----------
    metrics : sequence of keras.Metric
        What the user gave.
    prefix : str, default=''
        Put before each name.

    Returns
    -------
    dict of float

    Raises
    ------
    ValueError
        If one gives several numbers.
    """
    found = {}
    for metric in metrics:
        result = metric.result()
        parts = result if isinstance(result, Mapping) else {metric.name: result}
        for name, value in parts.items():
            if np.ndim(value):
                raise ValueError(
                    f"metrics: {name!r} gives an array of shape {np.shape(value)}, "
                    "but the history has one number an epoch. Let it average, as in "
                    "keras.metrics.F1Score(average='macro')."
                )
            found[prefix + name] = float(value)
        metric.reset_state()
    return found
