"""From pictures of digits to images such as MNIST's."""

from .canonicalizer import DigitCanonicalizer
from .deskewer import Deskewer
from .split import FoundDigit, split_digits

__all__ = ["Deskewer", "DigitCanonicalizer", "FoundDigit", "split_digits"]

__path__.append(f"{__path__[0]}/../_moved")
