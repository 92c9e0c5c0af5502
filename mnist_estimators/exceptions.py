"""Errors and warnings of the package.

Each one is also a builtin class, so code that catches ``ValueError`` or ``OSError``
needs to know nothing of this module.
"""

__all__ = [
    "BackendError",
    "ChecksumError",
    "DatasetNotFoundError",
    "ModelFileError",
    "PixelRangeWarning",
    "WeightsNotFoundError",
]


class DatasetNotFoundError(FileNotFoundError):
    """A data set is neither on this machine nor can it be downloaded."""


class ChecksumError(OSError):
    """A data file is not the one that it should be: its checksum differs."""


class BackendError(RuntimeError):
    """Keras runs on another backend than TensorFlow."""


class WeightsNotFoundError(FileNotFoundError):
    """Pretrained weights are neither on this machine nor can they be downloaded."""


class ModelFileError(ValueError):
    """A model that can't be saved, or a file that is damaged, unsafe or unknown."""


class PixelRangeWarning(UserWarning):
    """The pixels have another range of values than those seen in ``fit``."""
