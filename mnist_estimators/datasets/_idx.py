"""The IDX format of the original MNIST files.

An IDX file holds one array: two zero bytes, a byte for the type of the elements, a byte
for the number of dimensions, each dimension as a big-endian 32-bit integer, and then
the elements in C order.
"""

import math
import struct

import numpy as np
from numpy.typing import NDArray

_UNSIGNED_BYTE = 0x08


def parse_idx(content: bytes) -> NDArray[np.uint8]:
    """Return the array in the bytes of an IDX file of unsigned bytes.

    Parameters
    ----------
    content : bytes
        The whole file, unpacked.

    Returns
    -------
    ndarray of uint8
        A read-only view of `content`.

    Raises
    ------
    ValueError
        If `content` is not exactly one IDX array of unsigned bytes.
    """
    if len(content) < 4:
        raise ValueError(f"it has {len(content)} bytes, too few for an IDX header")
    zeros, element_type, n_dimensions = struct.unpack(">HBB", content[:4])
    if zeros != 0:
        raise ValueError(
            f"it begins with 0x{content[:2].hex()}, but an IDX file with 0x0000"
        )
    if element_type != _UNSIGNED_BYTE:
        raise ValueError(
            f"its elements have the IDX type 0x{element_type:02x}, "
            f"not 0x{_UNSIGNED_BYTE:02x} (unsigned byte)"
        )
    start = 4 + 4 * n_dimensions
    if len(content) < start:
        raise ValueError(f"it ends within its header of {start} bytes")
    shape = struct.unpack(f">{n_dimensions}I", content[4:start])
    n_expected, n_elements = math.prod(shape), len(content) - start
    if n_elements != n_expected:
        raise ValueError(
            f"its header announces {n_expected} elements (shape {shape}), "
            f"but {n_elements} follow"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def format_idx(array: NDArray[np.uint8]) -> bytes:
    """Return the bytes of the IDX file that holds `array`.

    Parameters
    ----------
    array : ndarray of uint8
        Any number of dimensions up to NumPy's own limit.

    Returns
    -------
    bytes
        The file, not gzipped.

    Raises
    ------
    ValueError
        If the elements are not unsigned bytes.
    """
    if array.dtype != np.uint8:
        raise ValueError(f"its elements are {array.dtype}, not uint8")
    header = struct.pack(
        f">HBB{array.ndim}I", 0, _UNSIGNED_BYTE, array.ndim, *array.shape
    )
    return header + array.tobytes()
