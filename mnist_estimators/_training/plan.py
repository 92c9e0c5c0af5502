"""How to train, as one value."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .._networks.optimizers import OptimizerSpec
from .._networks.specs import Network, dropout_rates, l2_penalty

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
    metrics: Sequence["keras.Metric"]
    augmenter: Any
    seed: int
    verbose: int

    @property
    def settings(self) -> "Settings":
        """What the steps of this run take, and those of others may not share."""
        return Settings(
            dropout_rates(self.network),
            l2_penalty(self.network),
            self.label_smoothing,
            self.pixel_scale,
        )


class Settings(NamedTuple):
    """What training runs that share a trainer may differ in: inputs of each step.

    Rates of the dropout layers, penalty on the squared weights, label smoothing, and
    the factor that scales the pixels.
    """

    rates: Sequence[float]
    l2: float
    smoothing: float
    pixel_scale: float
