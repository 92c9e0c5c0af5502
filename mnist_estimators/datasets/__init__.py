"""Handwritten digits to train on: MNIST, and small digits that need no download."""

from ._mnist import load_mnist
from ._small_digits import load_small_digits

__all__ = ["load_mnist", "load_small_digits"]
