"""Predictions over HTTP, and a page to draw on."""

try:
    from ._app import create_app
except ModuleNotFoundError as error:
    raise ImportError(
        f"Serving needs {error.name}, which is not installed. Use "
        'pip install "mnist_estimators[serve]".'
    ) from error
from ._limits import Limits

__all__ = ["Limits", "create_app"]
