"""Optimizers as plain data, so that two of them can be compared."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .._tensorflow import load_keras

if TYPE_CHECKING:
    import keras


ADAM_OPTIONS = (
    "amsgrad",
    "clipnorm",
    "clipvalue",
    "global_clipnorm",
    "gradient_accumulation_steps",
    "loss_scale_factor",
    "use_ema",
    "weight_decay",
)


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
        """Leave out the rate, unless it is a schedule: the trainer sets it."""
        config = json.loads(self.config)
        if self.learning_rate is not None:
            config["learning_rate"] = 0.0
        return OptimizerSpec(self.cls, json.dumps(config))

    @property
    def identity(self) -> str:
        """What its variables belong to, as text: its class, and all but the rate."""
        config = self.without_learning_rate().config
        return f"{self.cls.__module__}.{self.cls.__qualname__} {config}"

    def build(self) -> "keras.optimizers.Optimizer":
        """Make a new optimizer."""
        # `cls` can't be typed as an optimizer class without importing Keras.
        return self.cls.from_config(json.loads(self.config))  # type: ignore[attr-defined]

    @property
    def is_plain_adam(self) -> bool:
        """Whether it is Adam without any option that changes how a step is taken."""
        if self.cls is not load_keras().optimizers.Adam:
            return False
        config = json.loads(self.config)
        return not any(config[name] for name in ADAM_OPTIONS)


def all_variables(optimizer: "keras.optimizers.Optimizer") -> list[Any]:
    """List the variables of an optimizer, with the one that Nadam keeps to itself.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Built for its variables.

    Returns
    -------
    list of keras.Variable
    """
    keras = load_keras()
    listed = list(optimizer.variables)
    known = set(map(id, listed))
    return listed + [
        value
        for value in vars(optimizer).values()
        if isinstance(value, keras.Variable) and id(value) not in known
    ]


def take_plain_adam_step(
    optimizer: "keras.optimizers.Adam", gradients: Sequence[Any]
) -> None:
    """Do what ``optimizer.apply`` does for plain Adam, within a TensorFlow graph.

    TensorFlow's own kernel takes one operation a variable, in place of Keras' dozen.

    Parameters
    ----------
    optimizer : keras.optimizers.Adam
        Built for its variables, which are changed in place.
    gradients : sequence of tensor
        One for each of these variables.
    """
    import tensorflow as tf

    step = tf.cast(optimizer.iterations.value + 1, tf.float32)
    slots = zip(
        optimizer._trainable_variables,
        optimizer._momentums,
        optimizer._velocities,
        gradients,
        strict=True,
    )
    for variable, m, v, gradient in slots:
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=m.value.handle,
            v=v.value.handle,
            beta1_power=tf.pow(optimizer.beta_1, step),
            beta2_power=tf.pow(optimizer.beta_2, step),
            lr=tf.cast(tf.convert_to_tensor(optimizer.learning_rate), tf.float32),
            beta1=optimizer.beta_1,
            beta2=optimizer.beta_2,
            epsilon=optimizer.epsilon,
            grad=gradient,
        )
    optimizer.iterations.assign_add(1)


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
        If Keras knows no optimizer of that name, if it scales the loss for float16, or
        if it has several optimizers.
    TypeError
        If it is neither a name nor an optimizer.
    """
    keras = load_keras()
    if isinstance(optimizer, str):
        return _named_spec(optimizer)
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            "optimizer must be a name or a keras.optimizers.Optimizer. Got "
            f"{optimizer!r} instead."
        )
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "optimizer is a LossScaleOptimizer, which float16 needs, but these "
            "networks compute in float32 or bfloat16. Give the optimizer inside it."
        )
    if hasattr(optimizer, "optimizers"):
        raise ValueError(
            f"optimizer is a {type(optimizer).__name__}, which has several optimizers "
            "for parts of a network. Give one for all layers; freeze= leaves the "
            "hidden layers as they are."
        )
    config = optimizer.get_config()
    del config["name"]  # Keras numbers the names
    return OptimizerSpec(type(optimizer), json.dumps(config))


@lru_cache
def _named_spec(name: str) -> OptimizerSpec:
    # Kept, since to make an optimizer takes longer than an epoch over a few images.
    try:
        return optimizer_spec(load_keras().optimizers.get(name))
    except ValueError:
        raise ValueError(
            f"optimizer={name!r} is not known to Keras. Use a name such as 'adam', "
            "'adamw', 'sgd' or 'rmsprop', or a keras.optimizers.Optimizer."
        ) from None
