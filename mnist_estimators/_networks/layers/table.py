"""The table of layer kinds, and questions to it.

A new kind is a new entry in the file of its family.
"""

from typing import TYPE_CHECKING

from . import activation, backbone, convolution, dense, normalization, pooling
from .kind import LayerKind, Shape

if TYPE_CHECKING:
    import keras

_FAMILIES = (activation, backbone, convolution, dense, normalization, pooling)
_INSIDE_BACKBONES = {kind.name: kind for family in _FAMILIES for kind in family.KINDS}
_BACKBONE = backbone.backbone_of(_INSIDE_BACKBONES)
KINDS = {**_INSIDE_BACKBONES, _BACKBONE.name: _BACKBONE}

_NAMES = sorted(
    kind.name
    for kind in _INSIDE_BACKBONES.values()
    if kind.activation or kind.settings is not None
)
SUPPORTED = (
    f"Supported are {', '.join(_NAMES)}, and at the beginning Reshape and Rescaling."
)


def kind_of(keras_layer: "keras.layers.Layer") -> LayerKind | None:
    """Find the kind of a Keras layer, None where there is none for it."""
    return next((kind for kind in KINDS.values() if kind.matches(keras_layer)), None)


def mask_shape(keras_layer: "keras.layers.Layer") -> Shape | None:
    """Find the shape of a dropout layer's mask for one image, None for other layers."""
    kind = kind_of(keras_layer)
    if kind is None or kind.mask_shape is None:
        return None
    return kind.mask_shape(tuple(keras_layer.input.shape[1:]))


def normalizes_batches(keras_layer: "keras.layers.Layer") -> bool:
    """Whether a Keras layer keeps statistics of batches while it trains."""
    kind = kind_of(keras_layer)
    return kind is not None and kind.normalizes_batches
