"""Model files: fitted classifiers, written and read."""

import os
from pathlib import Path
from typing import Any

from ..exceptions import ModelFileError
from ._arguments import CommandError, UsageError, check_writable, one_line


def check_savable(path: Path) -> None:
    """Find out before the long work whether ``--save`` can write a model file.

    Parameters
    ----------
    path : Path
        A file, which may be there already.

    Raises
    ------
    UsageError
        If it, or a new file beside it, can't be written.
    """
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
        A file, which is replaced.

    Raises
    ------
    CommandError
        If no file can hold a parameter.
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
    mend = "Write one with 'mnist-estimators train RECIPE --save FILE'."
    if not path.is_file():
        raise CommandError(f"there is no model file {str(path)!r}. {mend}")
    try:
        estimator = _read(path)
    except ModelFileError as error:
        raise CommandError(f"{one_line(error)} {mend}") from error
    except ImportError as error:
        raise CommandError(one_line(error)) from error
    if not hasattr(estimator, "predict"):
        raise CommandError(
            f"{str(path)!r} holds no classifier, but {type(estimator).__name__}. {mend}"
        )
    return estimator


def _read(path: Path) -> Any:
    if path.suffix == ".onnx":
        from ..classifiers.onnx import OnnxDigitClassifier

        return OnnxDigitClassifier(path).fit()
    from ..persistence import load_model

    return load_model(path)
