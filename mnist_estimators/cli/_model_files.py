"""Model files: fitted classifiers, written and read."""

import os
from pathlib import Path
from typing import Any

from ..exceptions import ModelFileError
from ._errors import CommandError, UsageError, one_line
from ._output_files import check_writable


def check_savable(path: Path | None) -> None:
    """Check before the work whether ``--save`` can write a model file.

    Parameters
    ----------
    path : Path or None
        A file, which may exist, or None.

    Raises
    ------
    UsageError
        If it, or a new file beside it, can't be written.
    """
    if path is None:
        return
    check_writable("--save", path)
    folder = path.resolve().parent
    if not os.access(folder, os.W_OK):
        raise UsageError(f"--save: can't write into the folder {str(folder)!r}")


def save_model(estimator: Any, path: Path) -> None:
    """Write a fitted classifier.

    Parameters
    ----------
    estimator : fitted classifier
        What to write.
    path : Path
        A file. An existing one is overwritten.

    Raises
    ------
    CommandError
        If a parameter can't be stored in a file.
    """
    from ..persistence import save_model

    try:
        save_model(estimator, path)
    except ModelFileError as error:
        raise CommandError(one_line(error)) from error


def load_model(path: Path) -> Any:
    """Read a fitted classifier.

    Parameters
    ----------
    path : Path
        What ``save_model`` wrote, or an ONNX file.

    Returns
    -------
    fitted classifier

    Raises
    ------
    CommandError
        If there is no such file, or no classifier in it, or onnxruntime is missing.
    """
    fix = "Write one with 'mnist-estimators train RECIPE --save FILE'."
    if not path.is_file():
        raise CommandError(f"there is no model file {str(path)!r}. {fix}")
    try:
        estimator = _read(path)
    except ModelFileError as error:
        raise CommandError(f"{one_line(error)} {fix}") from error
    except ImportError as error:
        raise CommandError(one_line(error)) from error
    if not hasattr(estimator, "predict"):
        raise CommandError(
            f"{str(path)!r} holds no classifier, but {type(estimator).__name__}. {fix}"
        )
    return estimator


def _read(path: Path) -> Any:
    if path.suffix == ".onnx":
        from ..classifiers.onnx import OnnxDigitClassifier

        return OnnxDigitClassifier(path).fit()
    from ..persistence import load_model

    return load_model(path)
