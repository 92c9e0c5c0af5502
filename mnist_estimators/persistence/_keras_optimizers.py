"""Keras optimizers as text, a name and numbers: skops can't write them."""

import json
import sys
from numbers import Real
from typing import Any

from .._tensorflow import load_keras

OPTIMIZERS = (
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lion",
    "Nadam",
    "RMSprop",
    "SGD",
)
SCHEDULES = (
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
)
MAX_LENGTH = 10_000


def is_optimizer(value: Any) -> bool:
    """Return whether a value is a Keras optimizer, without loading Keras."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.optimizers.Optimizer)


def optimizer_as_text(optimizer: Any) -> tuple[str, str]:
    """Describe an optimizer, without its state.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Of a class in ``OPTIMIZERS``; not changed.

    Returns
    -------
    name, configuration : str
        Name of the class, and its arguments as JSON.

    Raises
    ------
    ValueError
        If it is of another class, or its learning rate is a function.
    """
    keras = load_keras()
    name = type(optimizer).__name__
    if type(optimizer) is not getattr(keras.optimizers, name, None):
        raise ValueError(f"{name} is not an optimizer of Keras itself")
    config = dict(optimizer.get_config())
    rate = config["learning_rate"]
    if isinstance(rate, dict):
        if rate.get("module") != "keras.optimizers.schedules":
            raise ValueError("its learning rate is not a schedule of Keras itself")
        config["learning_rate"] = {
            "schedule": rate["class_name"],
            "config": rate["config"],
        }
    text = json.dumps(config, default=float)
    check_optimizer_text(name, text)
    return name, text


def check_optimizer_text(name: str, text: str) -> dict[str, Any]:
    """Read the configuration of an optimizer, which may only hold numbers.

    Parameters
    ----------
    name, text : str
        From ``optimizer_as_text``.

    Returns
    -------
    dict
        The configuration.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if name not in OPTIMIZERS:
        raise ValueError(f"{name!r:.80} is not one of Keras' optimizers: {OPTIMIZERS}")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the configuration of {name} is longer than {MAX_LENGTH}")
    config = json.loads(text)
    if not isinstance(config, dict):
        raise ValueError(f"the configuration of {name} must be a mapping")
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        if rate.keys() != {"schedule", "config"} or rate["schedule"] not in SCHEDULES:
            raise ValueError("learning_rate must be a number or a schedule of Keras")
        _check_plain("schedule", rate["config"])
        _check_plain(name, {**config, "learning_rate": None})
    else:
        _check_plain(name, config)
    return config


def optimizer_from_text(name: str, text: str) -> Any:
    """Make a new optimizer with Keras. Model files name this function.

    Parameters
    ----------
    name, text : str
        From ``optimizer_as_text``.

    Returns
    -------
    keras.optimizers.Optimizer

    Raises
    ------
    ValueError
        If the name or the configuration is invalid.
    """
    config = check_optimizer_text(name, text)
    keras = load_keras()
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        schedule = getattr(keras.optimizers.schedules, rate["schedule"])
        config["learning_rate"] = schedule(**rate["config"])
    # Not with from_config, which imports classes from modules that the text names.
    return getattr(keras.optimizers, name)(**config)


def _check_plain(name: str, config: Any) -> None:
    if not isinstance(config, dict):
        raise ValueError(f"the configuration of {name} must be a mapping")
    for key, value in config.items():
        numbers = value if isinstance(value, list) else [value]
        plain = all(one is None or isinstance(one, Real) for one in numbers)
        if not plain and not (key == "name" and isinstance(value, str)):
            raise ValueError(f"{key} of {name} must be a number. Got {value!r:.80}")
