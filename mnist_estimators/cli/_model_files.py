"""Model files: fitted classifiers, written and read."""

from pathlib import Path
from typing import Any

from ._arguments import CommandError, one_line

TRUST = "load only files that you trust: a model file can run any code"


def save_model(estimator: Any, path: Path) -> None:
    """Write a fitted classifier.

    Parameters
    ----------
    estimator : fitted classifier
        What to write.
    path : Path
        A file, which is replaced.
    """
    import joblib

    joblib.dump(estimator, path)


def load_model(path: Path) -> Any:
    """Read a fitted classifier.

    Parameters
    ----------
    path : Path
        What ``save_model`` wrote.

    Returns
    -------
    fitted classifier

    Raises
    ------
    CommandError
        If there is no such file, or no classifier in it.
    """
    import joblib

    mend = "Write one with 'mnist-estimators train RECIPE --save FILE'."
    if not path.is_file():
        raise CommandError(f"there is no model file {str(path)!r}. {mend}")
    try:
        estimator = joblib.load(path)
    except Exception as error:  # Damaged bytes can make a pickle raise anything.
        raise CommandError(
            f"{str(path)!r} is not a model file, or damaged: {one_line(error)}. {mend}"
        ) from error
    if not hasattr(estimator, "predict"):
        raise CommandError(
            f"{str(path)!r} holds no classifier, but {type(estimator).__name__}. {mend}"
        )
    return estimator
