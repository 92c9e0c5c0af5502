"""Networks as plain data: descriptions of their layers, and questions about them.

A network is a tuple of `LayerSpec`: it can be compared, hashed and printed without
Keras, and ``build.build_network`` makes a ``keras.Sequential`` of it.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from .layers.table import KINDS

PRECISIONS = ("float32", "mixed_bfloat16")


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
    if not _are_pairs(plain) or not all(_are_pairs(pair[1]) for pair in plain):
        raise ValueError(
            f"{name} must be a tuple of layers, each with its kind and its settings"
        )
    return tuple(LayerSpec(*one) for one in plain)


def _are_pairs(values: Any) -> bool:
    return type(values) is tuple and all(
        isinstance(one, tuple) and len(one) == 2 and type(one[0]) is str
        for one in values
    )


def convolves(network: Network) -> bool:
    """Whether a network is a convolutional one."""
    return any(KINDS[spec.kind].convolves for spec in network)


def n_feature_layers(network: Network) -> int:
    """Count the layers that make features of images.

    They are all that work on feature maps, and in a dense network all but the output.
    """
    if not convolves(network):
        return len(network) - 2
    rows = (
        number
        for number, spec in enumerate(network, start=1)
        if KINDS[spec.kind].gives_rows
    )
    return next(rows)


def with_frozen_features(network: Network) -> Network:
    """Describe a network whose features stay as they are in training."""
    n_frozen = n_feature_layers(network)
    return tuple(
        layer(spec.kind, **dict(spec.settings), trainable=False)
        if index < n_frozen and not _drops(spec)
        else spec
        for index, spec in enumerate(network)
    )


def same_layers(network: Network, other: Network) -> bool:
    """Whether two networks have weights of the same use: their rates may differ."""
    return _weighted_layers(network) == _weighted_layers(other)


def same_features(network: Network, other: Network) -> bool:
    """Whether the same holds for their hidden layers."""
    return same_layers(network[:-2], other[:-2])


def _weighted_layers(network: Network) -> list[LayerSpec]:
    without = ("rate", "l2", "kernel_initializer")
    return [
        layer(
            spec.kind,
            **{name: value for name, value in spec.settings if name not in without},
        )
        for spec in network
        if not _drops(spec)
    ]


def _drops(spec: LayerSpec) -> bool:
    return KINDS[spec.kind].mask_shape is not None


def dropout_rates(network: Network) -> tuple[float, ...]:
    """List the rate of each dropout layer of a network, in their order."""
    return tuple(dict(spec.settings)["rate"] for spec in network if _drops(spec))


def n_batch_normalizations(network: Network) -> int:
    """Count the layers that keep statistics of batches."""
    return sum(KINDS[spec.kind].normalizes_batches for spec in network)


def steps_per_call(network: Network) -> int:
    """Find how many training steps take well under a second together."""
    return min(KINDS[spec.kind].steps_per_call for spec in network)


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
