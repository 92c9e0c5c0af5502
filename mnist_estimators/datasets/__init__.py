"""Digits: MNIST, small ones that need no download, and pictures of one's own."""

from ._mnist import load_mnist
from ._pictures import load_digit_images
from ._small_digits import load_small_digits

__all__ = ["load_digit_images", "load_mnist", "load_small_digits"]
