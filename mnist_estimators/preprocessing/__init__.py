"""From pictures of digits to images such as MNIST's."""

from ._canonical import DigitCanonicalizer
from ._deskew import Deskewer

__all__ = ["Deskewer", "DigitCanonicalizer"]
