"""From the parameters of a Keras classifier to the plan of a training run."""

from typing import Any

from sklearn.base import clone

from .._inputs.images import pixel_scale
from .._inputs.parameters import check_instance
from .._inputs.seen import SeenData
from .._networks.optimizers import optimizer_spec
from .._networks.specs import Network, with_frozen_features
from .._tensorflow import load_keras
from .._training.metrics import build_metrics
from .._training.plan import TrainingPlan

PEAK_OVER_CONSTANT_RATE = 3.0


def make_plan(
    classifier: Any,
    network: Network,
    seen: SeenData,
    *,
    epochs: int,
    schedule: str | None,
    patience: int | None,
    seed: int,
) -> TrainingPlan:
    """Check the parameters of the training, and collect them.

    Parameters
    ----------
    classifier : DenseDigitClassifier or CNNDigitClassifier
        Its parameters are read.
    network : tuple of LayerSpec
        The layers.
    seen : SeenData
        What is known of the data.
    epochs : int
        Maximum number of epochs.
    schedule : str or None
        Learning-rate schedule.
    patience : int or None
        Epochs without improvement before an early stop.
    seed : int
        Seed of all that is drawn at random.

    Returns
    -------
    TrainingPlan
        Its augmenter is not fitted yet.

    Raises
    ------
    ValueError
        If a learning rate or schedule was given to an optimizer with its own schedule,
        or if a callback is a second schedule.
    TypeError
        If `optimizer`, `callbacks`, `metrics` or `augmenter` is of another kind.
    """
    optimizer = optimizer_spec(classifier.optimizer)
    given_rate = classifier.learning_rate
    learning_rate = given_rate or optimizer.learning_rate
    if given_rate is None and schedule and isinstance(classifier.optimizer, str):
        learning_rate = PEAK_OVER_CONSTANT_RATE * (learning_rate or 0.0)
    if optimizer.learning_rate is None and (given_rate or schedule):
        raise ValueError(
            "learning_rate and learning_rate_schedule must be None where the "
            "optimizer brings a schedule of its own. Give it a number instead."
        )
    augmenter = classifier.augmenter
    check_instance("augmenter", augmenter)
    return TrainingPlan(
        network=with_frozen_features(network) if classifier.freeze else network,
        image_shape=seen.image_shape,
        precision=classifier.precision,
        pixel_scale=pixel_scale(seen.pixel_range[1]),
        optimizer=optimizer,
        learning_rate=float(learning_rate or 0.0),
        learning_rate_schedule=schedule,
        loss=classifier.loss,
        label_smoothing=float(classifier.label_smoothing),
        epochs=epochs,
        batch_size=int(classifier.batch_size),
        patience=patience,
        callbacks=_checked_callbacks(classifier.callbacks, schedule),
        metrics=build_metrics(classifier.metrics),
        augmenter=None if augmenter is None else clone(augmenter),
        seed=seed,
        verbose=int(classifier.verbose),
    )


def _checked_callbacks(callbacks: Any, schedule: str | None) -> tuple[Any, ...]:
    keras = load_keras()
    given = () if callbacks is None else callbacks
    if not isinstance(given, list | tuple):
        raise TypeError(
            "callbacks must be a list of keras.callbacks.Callback, or None. Got "
            f"{given!r}: put it in a list."
        )
    for callback in given:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "callbacks must be a list of keras.callbacks.Callback. Got "
                f"{callback!r} in it."
            )
        if schedule and isinstance(callback, keras.callbacks.LearningRateScheduler):
            raise ValueError(
                "callbacks has a LearningRateScheduler, but "
                f"learning_rate_schedule={schedule!r} sets the rate of each step. Use "
                "learning_rate_schedule=None, or leave that callback out."
            )
    return tuple(given)
