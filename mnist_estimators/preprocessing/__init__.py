"""From pictures of digits to images such as MNIST's."""

from ._split import FoundDigit, split_digits
from .canonicalizer import DigitCanonicalizer
from .deskewer import Deskewer

__all__ = ["Deskewer", "DigitCanonicalizer", "FoundDigit", "split_digits"]
