"""What a network's layers may be, and the shapes of their weights, as arithmetic."""

from typing import Any

from .layers.kind import Shape, Shapes
from .layers.table import KINDS
from .specs import LayerSpec, Network, as_network, layer


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
        kind = KINDS.get(spec.kind)
        if kind is None or not kind.allows(spec.settings):
            raise ValueError(f"{name}[{number}] is not a layer of a classifier")
    _check_order(network, name)
    kinds = [spec.kind for spec in network[-2:]]
    output, softmax = (dict(spec.settings) for spec in network[-2:])
    if (
        kinds != ["Dense", "Activation"]
        or output["units"] != n_classes
        or not output.get("use_bias", True)
        or softmax["activation"] != "softmax"
    ):
        raise ValueError(f"{name} must end in a softmax over {n_classes} classes")
    return network


def _check_order(network: Network, name: str) -> None:
    on_maps = True
    for number, spec in enumerate(network):
        kind = KINDS[spec.kind]
        if number and kind.only_first:
            raise ValueError(f"{name} must begin with its backbone")
        if not (kind.on_maps if on_maps else kind.on_rows):
            raise ValueError(
                f"{name} must work on images first, then flatten them, and then work "
                f"on rows: {name}[{number}] is misplaced"
            )
        on_maps = on_maps and not kind.gives_rows


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


def layer_shapes(spec: LayerSpec, values: Shape) -> Shapes:
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
    kind = KINDS[spec.kind]
    return kind.shapes(kind.complete(dict(spec.settings)), values)


def check_size_of_weights(network: Network, weights: Any) -> None:
    """Check cheaply that there are enough weights where their shapes take long to find.

    Parameters
    ----------
    network : tuple of LayerSpec
        Checked layers.
    weights : object
        What may be the list of their arrays.

    Raises
    ------
    ValueError
        If there are too few.
    """
    for spec in network:
        KINDS[spec.kind].check_size_of_weights(dict(spec.settings), weights)
