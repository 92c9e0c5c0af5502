"""Fitted classifiers as files that other programs run: Keras' format and ONNX."""

from ._to_keras import to_keras
from ._to_onnx import to_onnx

__all__ = ["to_keras", "to_onnx"]
