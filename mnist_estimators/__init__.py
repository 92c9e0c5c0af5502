"""Handwritten-digit classifiers that behave like any scikit-learn estimator.

Importing the package is cheap: each name loads its module when it is first used, and
TensorFlow is loaded by the first ``fit`` or ``predict``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_MODULE_OF = {
    "AugmentedClassifier": "meta.augmented",
    "CNNDigitClassifier": "classifiers.cnn",
    "DenseDigitClassifier": "classifiers.dense",
    "DigitVotingClassifier": "meta.voting",
    "NumpyDigitClassifier": "classifiers.numpy_mlp",
    "OnnxDigitClassifier": "classifiers.onnx",
    "classic_baselines": "comparison",
    "compare_estimators": "comparison",
    "load_digit_images": "datasets",
    "load_mnist": "datasets",
    "load_model": "persistence",
    "load_small_digits": "datasets",
    "save_model": "persistence",
    "to_keras": "export",
    "to_onnx": "export",
}

__all__ = [
    "AugmentedClassifier",
    "CNNDigitClassifier",
    "DenseDigitClassifier",
    "DigitVotingClassifier",
    "NumpyDigitClassifier",
    "OnnxDigitClassifier",
    "classic_baselines",
    "compare_estimators",
    "load_digit_images",
    "load_mnist",
    "load_model",
    "load_small_digits",
    "save_model",
    "to_keras",
    "to_onnx",
]

__path__.append(f"{__path__[0]}/_moved")

if TYPE_CHECKING:
    from .classifiers.cnn import CNNDigitClassifier
    from .classifiers.dense import DenseDigitClassifier
    from .classifiers.numpy_mlp import NumpyDigitClassifier
    from .classifiers.onnx import OnnxDigitClassifier
    from .comparison import classic_baselines, compare_estimators
    from .datasets import load_digit_images, load_mnist, load_small_digits
    from .export import to_keras, to_onnx
    from .meta.augmented import AugmentedClassifier
    from .meta.voting import DigitVotingClassifier
    from .persistence import load_model, save_model


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({name for name in globals() if name.startswith("__")} | {*__all__})
