"""From pictures of digits to images such as MNIST's."""

from ._canonical import DigitCanonicalizer
from ._deskew import Deskewer
from ._split import FoundDigit, split_digits

__all__ = ["Deskewer", "DigitCanonicalizer", "FoundDigit", "split_digits"]
