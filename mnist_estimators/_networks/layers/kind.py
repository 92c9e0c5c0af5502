"""The form of an entry in the table of layer kinds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..._tensorflow import load_keras
from ..backbones import constant_weights
from .reading import check_rest, read_kernels
from .settings import OF_KERNELS, Setting

if TYPE_CHECKING:
    import keras

Shape = tuple[int, ...]
# Of the weights, in Keras' order, and of the output for one image.
Shapes = tuple[list[Shape], Shape]
Settings = Mapping[str, Any]
Weights = Sequence[NDArray[Any]]
Graph = Any  # an OnnxGraph of `_onnx`, which imports this room

CHANNELS_LAST = {"data_format": "channels_last"}
# Fields of the kinds that only take maps.
ON_MAPS: dict[str, Any] = {"fixed": CHANNELS_LAST, "on_rows": False}
STEPS_PER_CALL = 100
# Apart from those of other layers, whose seeds are consecutive.
_SEEDS_BETWEEN_KERNELS = 100_003


class FittedLayer(NamedTuple):
    """What a layer computes: its settings and its weights.

    The settings are those of a description with all defaults, or of Keras'
    ``get_config``, and 'input_shape' as Keras has it: (n, height, width, channels) or
    (n, units).
    """

    settings: Settings
    weights: Weights


def same_shape(settings: Settings, values: Shape) -> Shapes:
    """Find the shapes of a layer without weights that works on each value."""
    return [], values


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerKind:
    """One kind of layer: all that the package knows of it.

    Parameters
    ----------
    name : str
        Name of its class in ``keras.layers``.
    to_onnx : function of (Graph, FittedLayer, *inputs)
        Adds its nodes and returns the name of the output. Maps are laid out as (n,
        channels, height, width) there.
    settings : mapping of str to Setting, default=None
        What a description says of such a layer; all else is as Keras has it by default.
        None is a kind without descriptions.
    shapes : function of (settings, shape), default=same_shape
        Finds the `Shapes` from all settings and the shape of the input.
    kernels : mapping of str to str, default={}
        Weights that are drawn at random and that the l2 penalty is on: the name of the
        variable, and how Keras' arguments for it begin.
    fixed : mapping, default={}
        Arguments of the class that are always the same.
    activation : function of a Keras layer, default=None
        Finds the name of the activation that such a layer is and nothing else.
    mask_shape : function of a shape, default=None
        For dropout: the shape of its mask for one image, from that of the input.
    on_maps, on_rows : bool, default=True
        Whether it takes maps (height, width, channels), and rows of units.
    gives_rows : bool, default=False
        Whether it makes rows of maps.
    only_first : bool, default=False
        Whether it takes images, and so is the first layer or none.
    convolves : bool, default=False
        Whether a network with it is a convolutional one.
    normalizes_batches : bool, default=False
        Whether it keeps statistics of batches, of which training counts the steps.
    steps_per_call : int, default=100
        Training steps that take well under a second together.
    """

    name: str
    to_onnx: Callable[..., str]
    settings: Mapping[str, Setting] | None = None
    shapes: Callable[[Settings, Shape], Shapes] = same_shape
    kernels: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    activation: Callable[[Any], str | None] | None = None
    mask_shape: Callable[[Shape], Shape] | None = None
    on_maps: bool = True
    on_rows: bool = True
    gives_rows: bool = False
    only_first: bool = False
    convolves: bool = False
    normalizes_batches: bool = False
    steps_per_call: int = STEPS_PER_CALL

    def complete(self, settings: Settings) -> dict[str, Any]:
        """Add the defaults to settings of a description."""
        of_kind = self.settings or {}
        return {name: one.default for name, one in of_kind.items()} | dict(settings)

    def allows(self, settings: Sequence[tuple[str, Any]]) -> bool:
        """Whether a description may have these settings."""
        given = self.complete(dict(settings))
        return (
            self.settings is not None
            and len(settings) == len(dict(settings))
            and given.keys() == self.settings.keys()
            and all(one.is_valid(given[name]) for name, one in self.settings.items())
        )

    def check_size_of_weights(self, settings: Settings, weights: Any) -> None:
        """Check cheaply that there are enough, where their shapes take long to find."""

    def matches(self, keras_layer: "keras.layers.Layer") -> bool:
        """Whether a Keras layer is of this kind."""
        return type(keras_layer) is getattr(load_keras().layers, self.name, None)

    def read(self, keras_layer: "keras.layers.Layer") -> dict[str, Any] | None:
        """Read the settings of a Keras layer of this kind.

        Parameters
        ----------
        keras_layer : keras.layers.Layer
            Not changed.

        Returns
        -------
        dict or None
            None where it does nothing besides its activation.

        Raises
        ------
        ValueError
            If it has settings that a description does not hold.
        """
        config = keras_layer.get_config()
        found: dict[str, Any] = {}
        of_class = {} if self.activation else self.settings or {}
        for name, setting in of_class.items():
            if name in OF_KERNELS:
                continue
            value = setting.read(config) if setting.read else config[name]
            value = tuple(value) if isinstance(value, list) else value
            if value != setting.default:
                found[name] = value
        prefixes = list(self.kernels.values())
        check_rest(keras_layer, {**self.fixed, **found}, prefixes)
        if self.activation or found.get("rate") == 0:
            return None
        return found | read_kernels(keras_layer, prefixes)

    def build(
        self,
        settings: Settings,
        name: str,
        size: tuple[int, int],
        seed: int,
        dtype: str,
    ) -> "keras.layers.Layer":
        """Build the Keras layer of a description.

        Parameters
        ----------
        settings : mapping
            Of the description; 'trainable' may be among them.
        name : str
            Name of the layer.
        size : tuple of two int
            Height and width of the images.
        seed : int
            Seed of its initial weights or its dropout.
        dtype : str
            Keras' name for the numbers that it computes with. It is explicit, as are
            the other arguments that Keras' global configuration would set.

        Returns
        -------
        keras.layers.Layer
        """
        keras = load_keras()
        arguments = {**settings, **self.fixed, "name": name, "dtype": dtype}
        if self.kernels:
            initializer, l2 = arguments.pop("kernel_initializer"), arguments.pop("l2")
            for number, prefix in enumerate(self.kernels.values()):
                drawn = _seeded(initializer, seed, number)
                arguments[f"{prefix}_initializer"] = drawn
                if l2:
                    arguments[f"{prefix}_regularizer"] = keras.regularizers.L2(l2)
        if self.mask_shape:
            arguments["seed"] = seed
        return getattr(keras.layers, self.name)(**arguments)

    def initial_weights(
        self, keras_layer: "keras.layers.Layer", settings: Settings, seed: int
    ) -> list[NDArray[np.float32]]:
        """Draw the weights that ``build`` gives a layer with this seed."""
        numbers = {name: number for number, name in enumerate(self.kernels)}
        weights = []
        for variable in keras_layer.weights:
            if variable.name in numbers:
                number = numbers[variable.name]
                draw = _seeded(settings["kernel_initializer"], seed, number)
                weights.append(np.asarray(draw(variable.shape, dtype="float32")))
            else:
                weights.append(constant_weights(variable))
        return weights


def _seeded(name: str, seed: int, number: int) -> Any:
    # By way of a configuration: an initializer made without a seed would draw one from
    # Python's global random state.
    seed += number * _SEEDS_BETWEEN_KERNELS
    return load_keras().initializers.deserialize(
        {"class_name": name, "config": {"seed": seed}}
    )
