"""Settings of layers: which values are valid, and how Keras' ones are read."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

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
REQUIRED: Any = object()


class Setting(NamedTuple):
    """One setting of a layer.

    Whether a value is valid; the value where a description has none, ``REQUIRED`` where
    it must have one; and a function that reads the value from the ``get_config`` of a
    Keras layer, None where it stands there under its own name.
    """

    is_valid: Callable[[Any], bool]
    default: Any = REQUIRED
    read: Callable[[Mapping[str, Any]], Any] | None = None


def one_of(*choices: Any) -> Callable[[Any], bool]:
    """Make the check that a value is one of several, and of its type."""
    return lambda value: any(
        type(value) is type(choice) and value == choice for choice in choices
    )


def _is_size(value: Any) -> bool:
    return type(value) is int and value >= 1


def _is_pair(value: Any) -> bool:
    return type(value) is tuple and len(value) == 2 and all(map(_is_size, value))


def _is_rate(value: Any) -> bool:
    return type(value) is float and 0 <= value < 1


def _is_penalty(value: Any) -> bool:
    return type(value) is float and 0 <= value < float("inf")


def _is_positive(value: Any) -> bool:
    return _is_penalty(value) and value > 0


def _kernel_size(config: Mapping[str, Any]) -> int | tuple[int, int]:
    height, width = config["kernel_size"]
    return height if height == width else (height, width)


def _pool_strides(config: Mapping[str, Any]) -> tuple[int, int] | None:
    strides = tuple(config["strides"])
    return None if strides == tuple(config["pool_size"]) else strides


SIZE = Setting(_is_size)
ONE_BY_DEFAULT = Setting(_is_size, 1)
KERNEL_SIZE = Setting(lambda size: _is_size(size) or _is_pair(size), read=_kernel_size)
STRIDES = Setting(_is_pair, (1, 1))
POOL_SIZE = Setting(_is_pair)
# None moves the window by its own size.
POOL_STRIDES = Setting(
    lambda strides: strides is None or _is_pair(strides), None, _pool_strides
)
PADDING = Setting(one_of("same", "valid"))
POOL_PADDING = PADDING._replace(default="valid")
FLAG = Setting(one_of(True, False))
TRUE_BY_DEFAULT = FLAG._replace(default=True)
RATE = Setting(_is_rate, read=lambda config: float(config["rate"]))
MOMENTUM = Setting(_is_rate, read=lambda config: float(config["momentum"]))
EPSILON = Setting(_is_positive, 0.001, lambda config: float(config["epsilon"]))
# What a description says of the kernels of a layer, all at once.
OF_KERNELS = {
    "kernel_initializer": Setting(one_of(*INITIALIZERS)),
    "l2": Setting(_is_penalty),
}


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """Find height and width of what is square where they are one number."""
    return (size, size) if isinstance(size, int) else size
