"""ONNX graphs from layer descriptions and weights, and checked ONNX files."""

from typing import NoReturn

from .._moved import refuse_import


def __getattr__(name: str) -> NoReturn:
    if name == "OnnxDigitClassifier":
        refuse_import(f"{__name__}.{name}", f"mnist_estimators.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
