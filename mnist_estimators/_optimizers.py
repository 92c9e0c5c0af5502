"""Optimizers as plain data, so that two of them can be compared."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ._tensorflow import load_keras

if TYPE_CHECKING:
    import keras


class OptimizerSpec(NamedTuple):
    """A Keras optimizer as its class and a JSON text of its configuration."""

    cls: type
    config: str

    @property
    def learning_rate(self) -> float | None:
        """The rate it was made with; None if it brings a schedule of its own."""
        rate = json.loads(self.config)["learning_rate"]
        return rate if isinstance(rate, float) else None

    def without_learning_rate(self) -> "OptimizerSpec":
        """Leave out the rate, unless it is a schedule: the trainer sets it anew."""
        config = json.loads(self.config)
        if self.learning_rate is not None:
            config["learning_rate"] = 0.0
        return OptimizerSpec(self.cls, json.dumps(config))

    def build(self) -> "keras.optimizers.Optimizer":
        """Make a new optimizer."""
        return self.cls.from_config(json.loads(self.config))  # type: ignore[attr-defined]


def optimizer_spec(optimizer: Any) -> OptimizerSpec:
    """Describe an optimizer given as name or instance; the instance is not touched.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        As in the constructor of the classifiers.

    Returns
    -------
    OptimizerSpec

    Raises
    ------
    ValueError
        If Keras knows no optimizer of that name, or if it scales the loss for mixed
        precision.
    TypeError
        If it is neither a name nor an optimizer.
    """
    keras = load_keras()
    if isinstance(optimizer, str):
        try:
            optimizer = keras.optimizers.get(optimizer)
        except ValueError:
            raise ValueError(
                f"optimizer={optimizer!r} is not known to Keras. Use a name such as "
                "'adam', 'adamw', 'sgd' or 'rmsprop', or a keras.optimizers.Optimizer."
            ) from None
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "optimizer must be a name or a keras.optimizers.Optimizer. Got "
            f"{optimizer!r} instead."
        )
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "optimizer is a LossScaleOptimizer, which serves mixed precision, but "
            "these networks train in float32. Give the optimizer inside it."
        )
    config = optimizer.get_config()
    del config["name"]  # Keras numbers the names
    return OptimizerSpec(type(optimizer), json.dumps(config))
