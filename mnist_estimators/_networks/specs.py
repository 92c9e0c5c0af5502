"""Networks as plain data, and the Keras models built from them.

A network is a tuple of `LayerSpec`: it can be compared, hashed, pickled and printed
without Keras, and `build_network` turns it into a ``keras.Sequential``.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._tensorflow import load_keras
from .backbones import build_backbone, constant_weights, initial_backbone_weights

if TYPE_CHECKING:
    import keras

ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu")
INITIALIZERS = (
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "truncated_normal",
)
PRECISIONS = ("float32", "mixed_bfloat16")
# Keras' 0.99 keeps the initial statistics for hundreds of steps, more than a fit on
# few images has.
NORMALIZATION_MOMENTUM = 0.9
DROPOUT_LAYERS = ("Dropout", "SpatialDropout2D")


class LayerSpec(NamedTuple):
    """One layer: the name of its Keras class and the settings that differ."""

    kind: str
    settings: tuple[tuple[str, Any], ...] = ()


def layer(kind: str, **settings: Any) -> LayerSpec:
    """Describe one Keras layer.

    Parameters
    ----------
    kind : str
        Name of a class in ``keras.layers``.
    **settings : hashable
        Constructor arguments of that class.

    Returns
    -------
    LayerSpec
    """
    return LayerSpec(kind, tuple(settings.items()))


Network = tuple[LayerSpec, ...]
# What pickles and files hold: they name no class of this package.
PlainNetwork = tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]


def as_plain(network: Network) -> PlainNetwork:
    """Describe a network in nested tuples of Python's own, to be stored.

    Parameters
    ----------
    network : tuple of LayerSpec
        The layers.

    Returns
    -------
    tuple of (kind, settings)
        ``as_network`` makes the same network of it.

    Examples
    --------
    >>> from mnist_estimators._networks.specs import as_plain, layer
    >>> as_plain((layer("Dropout", rate=0.5),))
    (('Dropout', (('rate', 0.5),)),)
    """
    return tuple((spec.kind, spec.settings) for spec in network)


def as_network(plain: Any, name: str = "network") -> Network:
    """Read the layers that ``as_plain`` wrote; ``check_network`` checks what they say.

    Parameters
    ----------
    plain : object
        What may be a tuple of LayerSpec, or of the plain tuples in their place.
    name : str, default='network'
        What errors call it.

    Returns
    -------
    tuple of LayerSpec

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if not isinstance(plain, tuple):
        raise ValueError(f"{name} must be a tuple of layers")
    for number, one in enumerate(plain):
        if not _is_description(one):
            raise ValueError(f"{name}[{number}] is no layer of a classifier")
    return tuple(LayerSpec(*one) for one in plain)


def _is_description(one: Any) -> bool:
    return (
        type(one) in (tuple, LayerSpec)
        and len(one) == 2
        and type(one[0]) is str
        and type(one[1]) is tuple
        and all(
            type(setting) is tuple and len(setting) == 2 and type(setting[0]) is str
            for setting in one[1]
        )
    )


def dense_network(
    n_classes: int,
    *,
    hidden_layer_sizes: Sequence[int],
    activation: str,
    dropout: Sequence[float],
    batch_normalization: Sequence[bool],
    kernel_initializer: str,
    l2: float,
) -> Network:
    """Describe a multi-layer perceptron that ends in class probabilities.

    Parameters
    ----------
    n_classes : int
        Units of the output layer.
    hidden_layer_sizes : sequence of int
        Units of each hidden layer.
    activation : str
        Activation of the hidden layers.
    dropout : sequence of float
        Rate of dropout after each hidden layer, 0 for none.
    batch_normalization : sequence of bool
        Whether each hidden layer is normalised before its activation.
    kernel_initializer : str
        Name of a Keras initializer for the weight matrices.
    l2 : float
        Penalty on the squared weights, 0 for none.

    Returns
    -------
    tuple of LayerSpec
    """
    weights = {"kernel_initializer": kernel_initializer, "l2": l2}
    layers = [layer("Flatten")]
    for units, rate, normalized in zip(
        hidden_layer_sizes, dropout, batch_normalization, strict=True
    ):
        layers.append(layer("Dense", units=units, **weights))
        if normalized:
            layers.append(layer("BatchNormalization", momentum=NORMALIZATION_MOMENTUM))
        layers.append(layer("Activation", activation=activation))
        if rate:
            layers.append(layer("Dropout", rate=rate))
    layers.append(layer("Dense", units=n_classes, **weights))
    layers.append(layer("Activation", activation="softmax"))
    return tuple(layers)


def convolutional_network(
    n_classes: int,
    *,
    image_shape: tuple[int, int],
    filters: Sequence[Sequence[int]],
    kernel_size: Sequence[int],
    pool_size: int,
    padding: str,
    dense_layer_sizes: Sequence[int],
    activation: str,
    dropout: float,
    spatial_dropout: float,
    batch_normalization: bool,
    l2: float,
    backbone: str | None = None,
) -> Network:
    """Describe a network of convolution and pooling that ends in class probabilities.

    Pooling comes before the activation: for every activation that never decreases the
    result is the same, on a quarter of the values. It comes before the normalisation
    too, which makes another network, and one that trains faster by a fifth. A
    convolution that is normalised has no bias, which the normalisation would take away.

    Parameters
    ----------
    n_classes : int
        Units of the output layer.
    image_shape : tuple of two int
        Height and width of the images.
    filters : sequence of sequences of int
        Filters of the convolutions of each stage. A stage ends with pooling.
    kernel_size : sequence of int
        Side of the convolution window in each stage, in pixels.
    pool_size : int
        Side of the pooling window, in pixels. Where the image has become smaller, it is
        pooled as a whole.
    padding : {'same', 'valid'}
        Whether a convolution keeps the size of the image.
    dense_layer_sizes : sequence of int
        Units of each dense layer between the convolutions and the output.
    activation : str
        Activation of the hidden layers.
    dropout, spatial_dropout : float
        Rate of dropout after each dense layer, and of whole feature maps after each
        pooling.
    batch_normalization : bool
        Whether each hidden layer is normalised.
    l2 : float
        Penalty on the squared weights.
    backbone : str or None
        Name of a network to put in the place of convolutions and pooling.

    Returns
    -------
    tuple of LayerSpec

    Raises
    ------
    ValueError
        If with ``padding='valid'`` the image becomes smaller than the window.
    """
    weights: dict[str, Any] = {"kernel_initializer": "glorot_uniform", "l2": l2}
    act = layer("Activation", activation=activation)
    normalization = [layer("BatchNormalization", momentum=NORMALIZATION_MOMENTUM)]
    normalized_act = [*normalization * batch_normalization, act]
    pooled_first = activation != "gelu"
    height, width = image_shape
    layers = [] if backbone is None else [layer("Backbone", application=backbone)]
    stages = () if backbone else zip(filters, kernel_size, strict=True)
    for stage, window in stages:
        for depth, n_filters in enumerate(stage):
            if padding == "valid":
                if min(height, width) < window:
                    raise ValueError(
                        f"padding='valid' with kernel_size={window} needs at least "
                        f"{window} x {window} pixels, but images of {image_shape[0]} x "
                        f"{image_shape[1]} have become {height} x {width} before a "
                        f"convolution of {n_filters} filters. Use padding='same' or "
                        "fewer filters."
                    )
                height, width = height - window + 1, width - window + 1
            layers.append(
                layer(
                    "Conv2D",
                    filters=n_filters,
                    kernel_size=window,
                    padding=padding,
                    use_bias=not batch_normalization,
                    **weights,
                )
            )
            if depth < len(stage) - 1:
                layers += normalized_act
        pool_shape = (min(pool_size, height), min(pool_size, width))
        pool = [layer("MaxPooling2D", pool_size=pool_shape)] * (max(pool_shape) > 1)
        layers += [*pool, *normalized_act] if pooled_first else [*normalized_act, *pool]
        height, width = height // pool_shape[0], width // pool_shape[1]
        if spatial_dropout:
            layers.append(layer("SpatialDropout2D", rate=spatial_dropout))
    n_dense = len(dense_layer_sizes)
    head = dense_network(
        n_classes,
        hidden_layer_sizes=dense_layer_sizes,
        activation=activation,
        dropout=[dropout] * n_dense,
        batch_normalization=[batch_normalization] * n_dense,
        **weights,
    )
    return (*layers, *head)


def n_feature_layers(network: Network) -> int:
    """Count the layers that make features of images.

    They are all before the flattening of the feature maps, and in a dense network,
    which begins with it, all but the output.
    """
    flattening = next(i for i, spec in enumerate(network) if spec.kind == "Flatten")
    return flattening or len(network) - 2


def with_frozen_features(network: Network) -> Network:
    """Describe a network whose features stay as they are in training."""
    n_frozen = n_feature_layers(network)
    return tuple(
        layer(spec.kind, **dict(spec.settings), trainable=False)
        if index < n_frozen and spec.kind not in DROPOUT_LAYERS
        else spec
        for index, spec in enumerate(network)
    )


def same_features(network: Network, other: Network) -> bool:
    """Tell whether the hidden layers of two networks have weights of the same use."""
    return _hidden_layers(network) == _hidden_layers(other)


def _hidden_layers(network: Network) -> list[LayerSpec]:
    without = ("rate", "l2", "kernel_initializer")
    return [
        layer(
            spec.kind,
            **{name: value for name, value in spec.settings if name not in without},
        )
        for spec in network[:-2]
        if spec.kind not in DROPOUT_LAYERS
    ]


def dropout_rates(network: Network) -> tuple[float, ...]:
    """List the rate of each dropout layer of a network, in their order."""
    return tuple(
        dict(spec.settings)["rate"] for spec in network if spec.kind in DROPOUT_LAYERS
    )


def l2_penalty(network: Network) -> float:
    """Find the l2 penalty of a network, which is the same for all its layers."""
    return max((dict(spec.settings).get("l2", 0.0) for spec in network), default=0.0)


@lru_cache
def without_rates(network: Network) -> Network:
    """Set the rates of dropout and l2 to 1: what is left is the architecture.

    Networks that are equal then can share one compiled training step.
    """
    return tuple(
        layer(
            spec.kind,
            **{
                name: 1.0 if name in ("rate", "l2") and value else value
                for name, value in spec.settings
            },
        )
        for spec in network
    )


def build_network(
    network: Network,
    image_shape: tuple[int, int],
    *,
    seed: int,
    precision: str = "float32",
) -> "keras.Sequential":
    """Build the Keras model of a network.

    Parameters
    ----------
    network : tuple of LayerSpec
        The layers.
    image_shape : tuple of two int
        Height and width of the images.
    seed : int
        Seed of the initial weights and of the dropout layers.
    precision : {'float32', 'mixed_bfloat16'}
        What all layers but the final softmax compute with.

    Returns
    -------
    keras.Sequential
        Takes float32 images of shape (n, height, width, 1) with values in [0, 1].
    """
    keras = load_keras()
    model = keras.Sequential(
        [keras.Input((*image_shape, 1), name="images", dtype="float32")]
    )
    for index, spec in enumerate(network):
        settings = dict(spec.settings)
        if spec.kind == "Backbone":
            backbone = build_backbone(
                settings["application"],
                image_shape,
                momentum=NORMALIZATION_MOMENTUM,
                precision=precision,
            )
            backbone.trainable = settings.get("trainable", True)
            backbone.set_weights(initial_backbone_weights(backbone, seed + index))
            model.add(backbone)
            continue
        l2 = settings.pop("l2", 0.0)
        if l2:
            settings["kernel_regularizer"] = keras.regularizers.L2(l2)
        if "kernel_initializer" in settings:
            settings["kernel_initializer"] = _seeded_initializer(
                settings["kernel_initializer"], seed + index
            )
        if spec.kind in DROPOUT_LAYERS:
            settings["seed"] = seed + index
        name = f"{spec.kind.lower()}_{index}"
        # Explicit types keep the user's global Keras configuration out of it.
        settings["dtype"] = "float32" if index == len(network) - 1 else precision
        if spec.kind in ("Conv2D", "MaxPooling2D", "SpatialDropout2D", "Flatten"):
            settings["data_format"] = "channels_last"
        model.add(getattr(keras.layers, spec.kind)(**settings, name=name))
    return model


def _seeded_initializer(name: str, seed: int) -> Any:
    # By way of a configuration: an initializer made without a seed would draw one from
    # Python's global random state.
    return load_keras().initializers.deserialize(
        {"class_name": name, "config": {"seed": seed}}
    )


def initial_weights(
    model: "keras.Sequential", network: Network, *, seed: int
) -> list[NDArray[np.float32]]:
    """Draw new initial weights for a model that was built from `network`.

    Parameters
    ----------
    model : keras.Sequential
        From ``build_network``. Not changed.
    network : tuple of LayerSpec
        Its layers.
    seed : int
        Seed of the draw.

    Returns
    -------
    list of ndarray
        In the order of ``model.weights``; the same as a model that is built with this
        seed has.
    """
    weights = []
    for index, (spec, keras_layer) in enumerate(
        zip(network, model.layers, strict=True)
    ):
        if spec.kind == "Backbone":
            weights += initial_backbone_weights(keras_layer, seed + index)
            continue
        name = dict(spec.settings).get("kernel_initializer")
        for variable in keras_layer.weights:
            if name is not None and variable is keras_layer.kernel:
                value = _seeded_initializer(name, seed + index)(
                    variable.shape, dtype="float32"
                )
            else:
                value = constant_weights(variable)
            weights.append(np.asarray(value))
    return weights
