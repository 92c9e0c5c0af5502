"""The networks that parameters of the classifiers describe."""

from collections.abc import Sequence
from typing import Any

from .backbones import NORMALIZATION_MOMENTUM
from .layers.reading import ACTIVATIONS
from .specs import LayerSpec, Network, layer

# Names as in scikit-learn's MLPClassifier, and those of Keras.
HIDDEN_ACTIVATIONS = (*ACTIVATIONS, "identity")


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
        layers.append(_activation(activation))
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
    dropout: Sequence[float],
    spatial_dropout: float,
    batch_normalization: bool,
    kernel_initializer: str,
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
    dropout : sequence of float
        Rate of dropout after each dense layer, 0 for none.
    spatial_dropout : float
        Rate of dropout of whole feature maps after each pooling.
    batch_normalization : bool
        Whether each hidden layer is normalised.
    kernel_initializer : str
        Name of a Keras initializer for the kernels and weight matrices.
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
    weights = {"kernel_initializer": kernel_initializer, "l2": l2}
    if backbone is not None:
        features = [layer("Backbone", application=backbone)]
    else:
        normalization = layer("BatchNormalization", momentum=NORMALIZATION_MOMENTUM)
        features = _stages(
            image_shape,
            filters,
            kernel_size,
            pool_size,
            convolution={
                "padding": padding,
                "use_bias": not batch_normalization,
                **weights,
            },
            between=[
                *[normalization] * batch_normalization,
                _activation(activation),
            ],
            pooled_first=activation != "gelu",
            spatial_dropout=spatial_dropout,
        )
    head = dense_network(
        n_classes,
        hidden_layer_sizes=dense_layer_sizes,
        activation=activation,
        dropout=dropout,
        batch_normalization=[batch_normalization] * len(dense_layer_sizes),
        kernel_initializer=kernel_initializer,
        l2=l2,
    )
    return (*features, *head)


def _activation(name: str) -> LayerSpec:
    return layer("Activation", activation="linear" if name == "identity" else name)


def _stages(
    image_shape: tuple[int, int],
    filters: Sequence[Sequence[int]],
    kernel_size: Sequence[int],
    pool_size: int,
    *,
    convolution: dict[str, Any],
    between: list[LayerSpec],
    pooled_first: bool,
    spatial_dropout: float,
) -> list[LayerSpec]:
    """Describe stages of convolutions, each of which ends with pooling."""
    layers: list[LayerSpec] = []
    height, width = image_shape
    for stage, window in zip(filters, kernel_size, strict=True):
        for depth, n_filters in enumerate(stage):
            if convolution["padding"] == "valid":
                if min(height, width) < window:
                    raise ValueError(
                        f"padding='valid' with kernel_size={window} needs at least "
                        f"{window} x {window} pixels, but images of {image_shape[0]} x "
                        f"{image_shape[1]} have become {height} x {width} before a "
                        f"convolution of {n_filters} filters. Use padding='same' or "
                        "fewer filters."
                    )
                height, width = height - window + 1, width - window + 1
            sizes = {"filters": n_filters, "kernel_size": window}
            layers.append(layer("Conv2D", **sizes, **convolution))
            if depth < len(stage) - 1:
                layers += between
        pool_shape = (min(pool_size, height), min(pool_size, width))
        pool = [layer("MaxPooling2D", pool_size=pool_shape)] * (max(pool_shape) > 1)
        layers += [*pool, *between] if pooled_first else [*between, *pool]
        height, width = height // pool_shape[0], width // pool_shape[1]
        if spatial_dropout:
            layers.append(layer("SpatialDropout2D", rate=spatial_dropout))
    return layers
