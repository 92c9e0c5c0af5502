"""Read MNIST from the files of a folder and verify what was read."""

import gzip
import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..exceptions import ChecksumError
from ._idx import format_idx, parse_idx

_T = TypeVar("_T")


class MnistArray(NamedTuple):
    """One of the four arrays that MNIST consists of."""

    idx_name: str
    npz_key: str
    md5: str
    """MD5 of the original IDX file, unpacked."""


# Images and labels of each part of MNIST.
MNIST_PARTS: dict[str, tuple[MnistArray, MnistArray]] = {
    "train": (
        MnistArray(
            "train-images-idx3-ubyte", "x_train", "6bbc9ace898e44ae57da46a324031adb"
        ),
        MnistArray(
            "train-labels-idx1-ubyte", "y_train", "a25bea736e30d166cdddb491f175f624"
        ),
    ),
    "test": (
        MnistArray(
            "t10k-images-idx3-ubyte", "x_test", "2646ac647ad5339dbf082846283269ea"
        ),
        MnistArray(
            "t10k-labels-idx1-ubyte", "y_test", "27ae3e4e09519cfbb04c329615203637"
        ),
    ),
}


def read_mnist_files(
    folder: Path, wanted: Sequence[MnistArray]
) -> tuple[str, list[NDArray[np.uint8]]] | None:
    """Read arrays of MNIST from a folder.

    The original IDX files go before ``mnist.npz``, and an unpacked file goes before a
    gzipped one.

    Parameters
    ----------
    folder : Path
        Need not exist.
    wanted : sequence of MnistArray
        What to read.

    Returns
    -------
    tuple of (str, list of ndarray of uint8) or None
        What kind of files was read and one array for each of `wanted`; None where the
        folder lacks a file for any of them.

    Raises
    ------
    ChecksumError
        If a file does not hold what the original MNIST file holds.
    """
    idx_files = [_find_idx_file(folder, array.idx_name) for array in wanted]
    found = [path for path in idx_files if path is not None]
    if len(found) == len(wanted):
        arrays = [_read_idx(*pair) for pair in zip(found, wanted, strict=True)]
        return "IDX files", arrays
    npz_file = folder / "mnist.npz"
    if npz_file.is_file():
        return "mnist.npz", _read_npz(npz_file, wanted)
    return None


def _find_idx_file(folder: Path, name: str) -> Path | None:
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def _read_idx(path: Path, array: MnistArray) -> NDArray[np.uint8]:
    unpack = gzip.decompress if path.suffix == ".gz" else bytes
    content = _decode(path, unpack, path.read_bytes())
    parsed = _decode(path, parse_idx, content)
    _verify(path, content, array)
    return parsed


def _read_npz(path: Path, wanted: Sequence[MnistArray]) -> list[NDArray[np.uint8]]:
    def decode(content: bytes) -> list[NDArray[np.uint8]]:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return [arrays[array.npz_key] for array in wanted]

    arrays = _decode(path, decode, path.read_bytes())
    # The file's own checksum would depend on who packed it: verify the contents, each
    # as the IDX file that it would be.
    for values, array in zip(arrays, wanted, strict=True):
        _verify(path, _decode(path, format_idx, values), array)
    return arrays


def _decode(path: Path, decode: Callable[..., _T], content: object) -> _T:
    try:
        return decode(content)
    except Exception as error:  # Damaged bytes can make a decoder raise anything.
        raise _damaged(path, str(error)) from error


def _verify(path: Path, content: bytes, array: MnistArray) -> None:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if md5 != array.md5:
        raise _damaged(path, f"the MD5 of {array.idx_name} is {md5}, not {array.md5}")


def _damaged(path: Path, reason: str) -> ChecksumError:
    return ChecksumError(
        f"{path} does not hold the original MNIST data: {reason}. Delete the file and "
        "put an intact copy in its place, or keep your copy in another folder and pass "
        "that as data_home. A mnist.npz deleted from Keras' cache is downloaded again."
    )
