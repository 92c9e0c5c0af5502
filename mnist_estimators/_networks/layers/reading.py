"""What a layer of a user's Keras model says, in the terms of a description."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from ..._tensorflow import load_keras
from .settings import INITIALIZERS

if TYPE_CHECKING:
    import keras

ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu")
_READ_APART = {"activation", "dtype", "name", "seed", "trainable"}


def refuse(keras_layer: "keras.layers.Layer", what: str, allowed: str) -> NoReturn:
    """Say which layer is unsupported, why, and what is supported.

    Parameters
    ----------
    keras_layer : keras.layers.Layer
        The layer.
    what : str
        What it is or has.
    allowed : str
        What is allowed.

    Raises
    ------
    ValueError
        Always.
    """
    raise ValueError(
        f"The model has the layer {keras_layer.name!r} ({type(keras_layer).__name__}), "
        f"{what}. {allowed} Change the model, or wrap it with scikeras, which takes "
        "any."
    )


def check_rest(
    keras_layer: "keras.layers.Layer",
    settings: Mapping[str, Any],
    kernels: Collection[str],
) -> None:
    """Check that a layer is as Keras makes it with no other settings than these.

    Parameters
    ----------
    keras_layer : keras.layers.Layer
        The layer.
    settings : mapping
        Arguments of its class.
    kernels : collection of str
        Names of its kernels, whose initializer and penalty are read separately.

    Raises
    ------
    ValueError
        If another setting differs from Keras' default.
    """
    config = keras_layer.get_config()
    apart: dict[str, Any] = {}
    if "activation" in config:
        apart["activation"] = "linear"
    # Without these Keras draws a seed from Python's global random state.
    if "seed" in config:
        apart["seed"] = 0
    apart |= {f"{name}_initializer": "zeros" for name in kernels}
    plain = type(keras_layer)(**apart, **settings).get_config()
    regularizers = {f"{name}_regularizer" for name in kernels}
    for name in sorted(config.keys() - _READ_APART - apart.keys() - regularizers):
        known = plain.get(name)
        if config[name] != known:
            refuse(
                keras_layer,
                f"with {name}={config[name]!r}",
                f"The {type(keras_layer).__name__} layers of the classifiers have "
                f"{name}={known!r}.",
            )


def read_activation(keras_layer: "keras.layers.Layer") -> str | None:
    """Name the activation within a layer, None where it is linear.

    It is known by the function itself, since another one may have the same name.
    """
    keras = load_keras()
    import tensorflow as tf

    given = getattr(keras_layer, "activation", keras.activations.linear)
    if given is keras.activations.linear:
        return None
    for name in (*ACTIVATIONS, "softmax"):
        if given is getattr(keras.activations, name) or given is getattr(tf.nn, name):
            return name
    name = getattr(given, "__qualname__", type(given).__qualname__)
    if given is getattr(keras.activations, name, None):
        shown = repr(name)
    else:
        shown = f"{given.__module__}.{name}"
    refuse(
        keras_layer,
        f"with activation={shown}",
        f"Supported are {', '.join(ACTIVATIONS)} and softmax of keras.activations.",
    )


def read_kernels(
    keras_layer: "keras.layers.Layer", kernels: Sequence[str]
) -> dict[str, Any]:
    """Read what a description says of the kernels of a layer, the same of each."""
    if not kernels:
        return {}
    found = {(_initializer(keras_layer, one), _l2(keras_layer, one)) for one in kernels}
    if len(found) > 1:
        refuse(
            keras_layer,
            f"whose kernels ({', '.join(kernels)}) have different initializers or "
            "regularizers",
            "The classifiers have one for all kernels of a layer. Setting those of the "
            "layer leaves its weights as they are.",
        )
    ((initializer, l2),) = found
    return {"kernel_initializer": initializer, "l2": l2}


def _initializer(keras_layer: "keras.layers.Layer", kernel: str) -> str:
    """Name the initializer of a kernel."""
    initializers = load_keras().initializers
    given = getattr(keras_layer, f"{kernel}_initializer")
    for name in INITIALIZERS:
        known = initializers.deserialize({"class_name": name, "config": {"seed": 0}})
        if type(known) is type(given) and (
            given.get_config() | {"seed": 0} == known.get_config()
        ):
            return name
    refuse(
        keras_layer,
        f"with {kernel}_initializer={given!r}",
        f"Supported are {', '.join(INITIALIZERS)}, each with Keras' defaults. Setting "
        f"the layer's {kernel}_initializer leaves its weights as they are.",
    )


def _l2(keras_layer: "keras.layers.Layer", kernel: str) -> float:
    """Find the penalty on the squared weights of a kernel."""
    regularizers = load_keras().regularizers
    given = getattr(keras_layer, f"{kernel}_regularizer")
    if given is None:
        return 0.0
    is_l2 = type(given) is regularizers.L2
    if not is_l2 and not (type(given) is regularizers.L1L2 and given.l1 == 0):
        refuse(
            keras_layer,
            f"with {kernel}_regularizer={given!r}",
            "Supported is keras.regularizers.L2. Setting the layer's "
            f"{kernel}_regularizer leaves its weights as they are.",
        )
    return float(given.l2)
