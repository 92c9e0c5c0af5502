"""Keras layers that a user made, described as the package describes its own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from .._tensorflow import load_keras
from .specs import ACTIVATIONS, INITIALIZERS, LayerSpec, layer

if TYPE_CHECKING:
    import keras

# What a description says of each kind of layer; all else must be as Keras has it.
_SETTINGS: dict[str, tuple[str, ...]] = {
    "Activation": (),
    "BatchNormalization": ("momentum",),
    "Conv2D": ("filters", "kernel_size", "padding", "use_bias"),
    "Dense": ("units",),
    "Dropout": ("rate",),
    "Flatten": (),
    "MaxPooling2D": ("pool_size",),
    "SpatialDropout2D": ("rate",),
}
# Layers that are an activation, and the settings that make them the one of that name.
_ACTIVATION_LAYERS: dict[str, tuple[str, dict[str, Any]]] = {
    "ELU": ("elu", {}),
    "LeakyReLU": ("leaky_relu", {"negative_slope": 0.2}),
    "ReLU": ("relu", {}),
    "Softmax": ("softmax", {}),
}
_READ_APART = {
    "activation",
    "dtype",
    "kernel_initializer",
    "kernel_regularizer",
    "name",
    "seed",
    "trainable",
}
ALLOWED = (
    f"Known are {', '.join(sorted({*_SETTINGS, *_ACTIVATION_LAYERS}))}, and at the "
    "beginning Reshape and Rescaling."
)


def describe_layer(keras_layer: "keras.layers.Layer") -> list[LayerSpec]:
    """Describe a layer, and its activation as a layer of its own.

    Parameters
    ----------
    keras_layer : keras.layers.Layer
        Not changed.

    Returns
    -------
    list of LayerSpec
        One for the layer and one for its activation, or none where it does nothing.

    Raises
    ------
    ValueError
        If the layer is of another kind than the classifiers know, or has settings that
        they lack.
    """
    keras = load_keras()
    kind = type(keras_layer).__name__
    settings: dict[str, Any]
    if type(keras_layer) is not getattr(keras.layers, kind, None):
        refuse(keras_layer, "which is of no kind of Keras' own", ALLOWED)
    if kind in _ACTIVATION_LAYERS:
        name, settings = _ACTIVATION_LAYERS[kind]
        _check_rest(keras_layer, keras_layer.get_config(), settings)
        return [layer("Activation", activation=name)]
    if kind not in _SETTINGS:
        refuse(keras_layer, "a kind that the classifiers have not", ALLOWED)
    activation = _activation(keras_layer)
    config = keras_layer.get_config()
    settings = {name: config[name] for name in _SETTINGS[kind]}
    _check_rest(keras_layer, config, settings)
    if kind == "Conv2D":
        height, width = config["kernel_size"]
        if height != width:
            refuse(
                keras_layer,
                f"with kernel_size={(height, width)}",
                "Windows are square.",
            )
        settings["kernel_size"] = height
    if kind in ("Conv2D", "Dense"):
        settings["kernel_initializer"] = _initializer(keras_layer)
        settings["l2"] = _l2(keras_layer)
    if kind == "BatchNormalization":
        settings["momentum"] = float(config["momentum"])
    if kind in ("Dropout", "SpatialDropout2D"):
        settings["rate"] = float(config["rate"])
        if not settings["rate"]:
            return []
    described = [] if kind == "Activation" else [layer(kind, **settings)]
    return described + activation


def refuse(keras_layer: "keras.layers.Layer", what: str, allowed: str) -> NoReturn:
    """Say which layer can't be taken over, why, and what can.

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


def _check_rest(
    keras_layer: "keras.layers.Layer",
    config: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> None:
    """Refuse settings that are neither described nor Keras' defaults."""
    kind = type(keras_layer).__name__
    apart: dict[str, Any] = {}
    if "activation" in config:
        apart["activation"] = "linear"
    # Without these Keras draws a seed from Python's global random state.
    if "kernel_initializer" in config:
        apart["kernel_initializer"] = "zeros"
    if "seed" in config:
        apart["seed"] = 0
    if "data_format" in config:
        apart["data_format"] = "channels_last"
    plain = type(keras_layer)(**apart, **settings).get_config()
    for name in sorted(config.keys() - _READ_APART):
        known = plain.get(name)
        if config[name] != known:
            refuse(
                keras_layer,
                f"with {name}={config[name]!r}",
                f"The {kind} layers of the classifiers have {name}={known!r}.",
            )


def _activation(keras_layer: "keras.layers.Layer") -> list[LayerSpec]:
    """Describe the activation within a layer.

    It is known by the function itself, since another one may have the same name.
    """
    keras = load_keras()
    import tensorflow as tf

    given = getattr(keras_layer, "activation", keras.activations.linear)
    if given is keras.activations.linear:
        return []
    for name in (*ACTIVATIONS, "softmax"):
        if given is getattr(keras.activations, name) or given is getattr(tf.nn, name):
            return [layer("Activation", activation=name)]
    name = getattr(given, "__qualname__", type(given).__qualname__)
    if given is getattr(keras.activations, name, None):
        shown = repr(name)
    else:
        shown = f"{given.__module__}.{name}"
    refuse(
        keras_layer,
        f"with activation={shown}",
        f"Known are {', '.join(ACTIVATIONS)} and softmax of keras.activations.",
    )


def _initializer(keras_layer: "keras.layers.Layer") -> str:
    initializers = load_keras().initializers
    given = keras_layer.kernel_initializer
    for name in INITIALIZERS:
        known = initializers.deserialize({"class_name": name, "config": {"seed": 0}})
        if type(known) is type(given) and (
            given.get_config() | {"seed": 0} == known.get_config()
        ):
            return name
    refuse(
        keras_layer,
        f"with kernel_initializer={given!r}",
        f"Known are {', '.join(INITIALIZERS)}, each with Keras' defaults. To "
        "set the layer's kernel_initializer leaves its weights as they are.",
    )


def _l2(keras_layer: "keras.layers.Layer") -> float:
    regularizers = load_keras().regularizers
    given = keras_layer.kernel_regularizer
    if given is None:
        return 0.0
    is_l2 = type(given) is regularizers.L2
    if not is_l2 and not (type(given) is regularizers.L1L2 and given.l1 == 0):
        refuse(
            keras_layer,
            f"with kernel_regularizer={given!r}",
            "Known is keras.regularizers.L2. To set the layer's kernel_regularizer "
            "leaves its weights as they are.",
        )
    return float(given.l2)
