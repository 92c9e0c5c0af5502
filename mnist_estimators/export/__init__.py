"""Fitted classifiers as files that other programs run: Keras' format and ONNX."""

from ._export import to_keras, to_onnx

__all__ = ["to_keras", "to_onnx"]
