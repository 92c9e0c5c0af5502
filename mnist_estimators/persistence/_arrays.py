"""The check of an array member's header, before memory is allocated for the array."""

import ast
import re
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..exceptions import ModelFileError
from ._archive import Bytes

_MAGIC = b"\x93NUMPY\x01\x00"
_MAX_HEADER = 4096
_SIMPLE = r"'[<>|][biufcSU][0-9]{1,6}'"
_STRUCTURED = r"\[[^\[\]{}]*\]"
_SHAPE = r"\((?:[0-9]{1,12},|[0-9]{1,12}(?:, [0-9]{1,12})+)?\)"
# As np.save writes it, and nothing else that np.load would understand.
_HEADER = re.compile(
    rf"\{{'descr': (?P<descr>{_SIMPLE}|{_STRUCTURED}), "
    rf"'fortran_order': (?:True|False), 'shape': (?P<shape>{_SHAPE}), \}} *\n"
)


class ArrayHeader(NamedTuple):
    """Type and shape of an array member."""

    dtype: "np.dtype[np.generic]"
    shape: tuple[int, ...]


def read_header(
    name: str, content: Bytes, structured: DTypeLike | None = None
) -> ArrayHeader:
    """Read type and shape, and check them against the size of the member.

    Parameters
    ----------
    name : str
        Name of the member.
    content : bytes
        The member, in NumPy's format.
    structured : dtype or None
        The only structured type allowed.

    Returns
    -------
    ArrayHeader

    Raises
    ------
    ModelFileError
        If the member is not an array of numbers or text, of just its size.
    """
    length = int.from_bytes(content[8:10], "little")
    header = bytes(content[10 : 10 + length]).decode("latin-1")
    match = _HEADER.fullmatch(header)
    if bytes(content[:8]) != _MAGIC or length > _MAX_HEADER or match is None:
        raise ModelFileError(f"{name}: its header is not one of an array of numbers")
    try:
        descr = ast.literal_eval(match["descr"])
        dtype: np.dtype[np.generic] = np.lib.format.descr_to_dtype(descr)
    except (TypeError, ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise ModelFileError(f"{name}: its type is invalid: {error}") from error
    if dtype.kind not in "biufcSU" and (structured is None or dtype != structured):
        raise ModelFileError(f"{name}: arrays of type {dtype!s:.80} are not allowed")
    shape = tuple(ast.literal_eval(match["shape"]))
    n_bytes = len(content) - 10 - length
    if dtype.itemsize == 0 or prod(shape) * dtype.itemsize != n_bytes:
        raise ModelFileError(
            f"{name}: its header says shape {shape} and {dtype.itemsize} bytes an "
            f"element, but {n_bytes} bytes follow"
        )
    return ArrayHeader(dtype, shape)
