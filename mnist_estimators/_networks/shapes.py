"""What a network's layers may be, and the shapes of their weights, as arithmetic."""

from collections.abc import Callable
from math import prod
from typing import Any

from .backbones import BACKBONES, backbone_shapes
from .specs import ACTIVATIONS, INITIALIZERS, LayerSpec, Network, as_network, layer

Shape = tuple[int, ...]


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_rate(value: Any) -> bool:
    return type(value) is float and 0 <= value < 1


def _is_penalty(value: Any) -> bool:
    return type(value) is float and 0 <= value < float("inf")


def _one_of(*choices: Any) -> Callable[[Any], bool]:
    return lambda value: any(
        type(value) is type(choice) and value == choice for choice in choices
    )


_WEIGHTS = {"kernel_initializer": _one_of(*INITIALIZERS), "l2": _is_penalty}
# The settings of each kind of layer, and what they may be.
_SETTINGS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "Activation": {"activation": _one_of(*ACTIVATIONS, "softmax")},
    "Backbone": {"application": _one_of(*BACKBONES)},
    "BatchNormalization": {"momentum": _is_rate},
    "Conv2D": {
        "filters": _is_size,
        "kernel_size": _is_size,
        "padding": _one_of("same", "valid"),
        "use_bias": _one_of(True, False),
        **_WEIGHTS,
    },
    "Dense": {"units": _is_size, **_WEIGHTS},
    "Dropout": {"rate": _is_rate},
    "Flatten": {},
    "MaxPooling2D": {
        "pool_size": lambda value: (
            type(value) is tuple and len(value) == 2 and all(map(_is_size, value))
        )
    },
    "SpatialDropout2D": {"rate": _is_rate},
}
_ON_IMAGES = ("Backbone", "Conv2D", "Flatten", "MaxPooling2D", "SpatialDropout2D")


def check_network(network: Any, n_classes: int, name: str = "_network") -> Network:
    """Check that layers are such as the classifiers describe, in such an order.

    Parameters
    ----------
    network : object
        What may be a tuple of LayerSpec, or of plain tuples as in ``as_plain``.
    n_classes : int
        Units of the output.
    name : str, default='_network'
        What errors call it.

    Returns
    -------
    tuple of LayerSpec
        The network.

    Raises
    ------
    ValueError
        If a layer is of another kind, has other settings, or stands elsewhere.
    """
    network = as_network(network, name)
    if len(network) < 3:
        raise ValueError(f"{name} must be a tuple of three layers or more")
    for number, spec in enumerate(network):
        if not _is_layer(spec):
            raise ValueError(f"{name}[{number}] is no layer of a classifier")
    kinds = [spec.kind for spec in network]
    end = [dict(spec.settings) for spec in network[-2:]]
    if (
        kinds[-2:] != ["Dense", "Activation"]
        or end[0]["units"] != n_classes
        or end[1]["activation"] != "softmax"
    ):
        raise ValueError(f"{name} must end in a softmax over {n_classes} classes")
    if kinds.count("Flatten") != 1 or "Backbone" in kinds[1:]:
        raise ValueError(f"{name} must flatten images once, after any backbone")
    flattening = kinds.index("Flatten")
    if set(kinds[flattening + 1 :]) & set(_ON_IMAGES) or "Dense" in kinds[:flattening]:
        raise ValueError(f"{name} must work on images first, and then on rows")
    return network


def _is_layer(spec: LayerSpec) -> bool:
    allowed = _SETTINGS.get(spec.kind)
    return (
        allowed is not None
        and sorted(allowed) == sorted(name for name, _ in spec.settings)
        and all(allowed[name](value) for name, value in spec.settings)
    )


def given_network(layers: Any, image_shape: tuple[int, int], n_classes: int) -> Network:
    """Describe the network of given layers for another number of classes.

    Parameters
    ----------
    layers : object
        What may be a tuple of LayerSpec, or of plain tuples as in ``as_plain``.
    image_shape : tuple of two int
        Height and width of the images.
    n_classes : int
        Units of the output.

    Returns
    -------
    tuple of LayerSpec

    Raises
    ------
    ValueError
        If the layers are none of a classifier, or the images are too small for them.
    """
    network = as_network(layers, "layers")
    if len(network) > 1 and "units" in dict(network[-2].settings):
        *before, output, softmax = network
        settings = dict(output.settings) | {"units": n_classes}
        network = (*before, layer(output.kind, **settings), softmax)
    network = check_network(network, n_classes, "layers")
    weight_shapes(network, image_shape)
    return network


def weight_shapes(network: Network, image_shape: tuple[int, int]) -> list[Shape]:
    """Find the shapes of the weights, in the order of ``model.weights``.

    Parameters
    ----------
    network : tuple of LayerSpec
        Checked layers, of any size: nothing is built of them.
    image_shape : tuple of two int
        Height and width of the images.

    Returns
    -------
    list of tuple of int

    Raises
    ------
    ValueError
        If an image is too small for a layer.

    Examples
    --------
    >>> from mnist_estimators._networks.shapes import weight_shapes
    >>> from mnist_estimators._networks.specs import layer
    >>> weight_shapes((layer("Flatten"), layer("Dense", units=3)), (2, 2))
    [(4, 3), (3,)]
    """
    values: Shape = (*image_shape, 1)
    shapes: list[Shape] = []
    for spec in network:
        of_layer, values = layer_shapes(spec, values)
        shapes += of_layer
        if min(values) < 1:
            raise ValueError(
                f"images of {image_shape} pixels are too small for the network"
            )
    return shapes


def layer_shapes(spec: LayerSpec, values: Shape) -> tuple[list[Shape], Shape]:
    """Find the shapes of a layer's weights, and of what it gives.

    Parameters
    ----------
    spec : LayerSpec
        The layer.
    values : tuple of int
        Shape of what it takes of one image.

    Returns
    -------
    weights : list of tuple of int
    values : tuple of int
        Shape of what it makes of one image.
    """
    settings = dict(spec.settings)
    if spec.kind == "Backbone":
        of_backbone, n_features = backbone_shapes(settings["application"])
        return list(of_backbone), (n_features,)
    if spec.kind == "Flatten":
        return [], (prod(values),)
    if spec.kind == "Dense":
        units = settings["units"]
        return [(values[0], units), (units,)], (units,)
    if spec.kind == "BatchNormalization":
        return [values[-1:]] * 4, values
    if spec.kind == "MaxPooling2D":
        window = settings["pool_size"]
        return [], (values[0] // window[0], values[1] // window[1], values[2])
    if spec.kind == "Conv2D":
        side, n_filters = settings["kernel_size"], settings["filters"]
        weights: list[Shape] = [(side, side, values[2], n_filters)]
        weights += [(n_filters,)] * settings["use_bias"]
        lost = side - 1 if settings["padding"] == "valid" else 0
        return weights, (values[0] - lost, values[1] - lost, n_filters)
    return [], values
