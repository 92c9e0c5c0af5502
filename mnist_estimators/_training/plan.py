"""How to train, as one value."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .._networks.optimizers import OptimizerSpec
from .._networks.specs import Network

if TYPE_CHECKING:
    import keras


class TrainingPlan(NamedTuple):
    """How to train; the names are those of the classifiers' parameters."""

    network: Network
    image_shape: tuple[int, int]
    precision: str
    pixel_scale: float
    optimizer: OptimizerSpec
    learning_rate: float
    learning_rate_schedule: str | None
    loss: str
    label_smoothing: float
    epochs: int
    batch_size: int
    patience: int | None
    callbacks: Sequence["keras.callbacks.Callback"]
    augmenter: Any
    seed: int
    verbose: int
