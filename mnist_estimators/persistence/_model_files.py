"""Saving estimators to files that are safe to load."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from .._inputs.atomic_files import read_file, replace_file
from ..exceptions import ModelFileError
from ._archive import pack, unpack
from ._audit import audit
from ._manifest import MANIFEST, SCHEMA, check_manifest, make_manifest, read_json
from ._objects import check_objects
from ._writer import members_of


def save_model(estimator: Any, path: str | PathLike[str]) -> None:
    """Write an estimator to a file that runs no code when it is loaded.

    The file is a zip archive of JSON and arrays: a valid file of skops, with the
    checksum of each part. No code is in it, but the names of classes of this package
    and of scikit-learn, with their parameters and what they learned. At every moment
    either the old file is there or the new one, whole.

    Parameters
    ----------
    estimator : estimator
        Any of this package, or one of scikit-learn, such as a pipeline or a search
        around it; fitted or not. It is not changed.
    path : str or path
        The file. One that is there is replaced, and keeps its mode. It may have 4 GiB;
        of more than one, ``load_model`` needs a larger `max_bytes`.

    Raises
    ------
    ModelFileError
        If there is something in the estimator that no file may hold; its name is told.
        That is code (functions, callbacks, classes of your own) and whatever can't be
        checked when it is loaded: in scikit-learn gradient boosting, neighbours in
        trees, sparse matrices and a pipeline's ``memory``. An OnnxDigitClassifier is
        a file already. Or if the estimator has so many parts that ``load_model`` would
        refuse it, or the path is not that of an ordinary file.
    OSError
        If the file can't be written.

    See Also
    --------
    load_model : Reads the file again.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from mnist_estimators import NumpyDigitClassifier, load_model, save_model
    >>> from mnist_estimators import load_small_digits
    >>> X, y = load_small_digits()
    >>> classifier = NumpyDigitClassifier(epochs=2, random_state=0).fit(X, y)
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.model"
    ...     save_model(classifier, path)
    ...     again = load_model(path)
    >>> bool((again.predict(X) == classifier.predict(X)).all())
    True
    """
    path = Path(fspath(path))
    with _naming(path, "saved"):
        if not isinstance(estimator, BaseEstimator):
            raise ModelFileError(f"{type(estimator).__name__}: it is no estimator")
        members = members_of(estimator)
        content = pack({**members, MANIFEST: make_manifest(members)})
        _check_parts(estimator)
        _audit_file(content)  # it may be too large to be loaded
        replace_file(path, content)


def load_model(path: str | PathLike[str], *, max_bytes: int = 2**30) -> Any:
    """Read an estimator from a file, which need not be trusted.

    Every byte is checked before anything is made of it: the form of the archive, the
    checksums, the types, the sizes, and afterwards the state of each estimator. It
    gives the same predictions for the same call on the same machine with the same
    versions of the libraries and number of threads, elsewhere up to rounding. What
    can't be known is whether a model is any good, and what a stranger wrote into its
    parameters: look at those before you fit it, as some are paths.

    Parameters
    ----------
    path : str or path
        What ``save_model`` wrote, with this version or an earlier one.
    max_bytes : int, default=2**30
        Size above which a file is not read.

    Returns
    -------
    estimator
        As it was saved. TensorFlow is loaded by its first prediction, except where it
        is needed to check a network with a `backbone`, or an optimizer was given as an
        object.

    Raises
    ------
    ModelFileError
        If the file is damaged, was changed or written by something else, or holds
        anything but what ``save_model`` writes. The message says what is wrong, and
        where.
    OSError
        If there is no such file, or it can't be read.

    Warns
    -----
    InconsistentVersionWarning
        If an estimator of scikit-learn was saved with another version of it.

    See Also
    --------
    save_model : Writes the file.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from mnist_estimators import load_model, recipes
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "unfitted.model")
    ...     recipes.numpy_dense(random_state=0).save(path)
    ...     load_model(path).random_state
    0
    """
    path = Path(fspath(path))
    with _naming(path, "loaded"):
        content = read_file(path, max_bytes)
        estimator = _construct(content, _audit_file(content))
        _check_parts(estimator)
        if not isinstance(estimator, BaseEstimator):
            raise ModelFileError(f"{SCHEMA}: it holds no estimator")
        return estimator


def _audit_file(content: bytes) -> list[str]:
    """Check a file before anything is made of it; list the types in it."""
    members = unpack(content)
    check_manifest(members)
    with _refusing("it can't be checked"):
        return audit(read_json(members, SCHEMA), members)


def _construct(content: bytes, trusted: list[str]) -> Any:
    import skops.io

    with _refusing("its parts don't go together"):
        return skops.io.load(io.BytesIO(content), trusted=trusted)


def _check_parts(estimator: Any) -> None:
    with _refusing("what is made of it can't be checked"):
        check_objects(estimator)


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Refuse the file, whatever is raised: nonsense leads to any error."""
    try:
        yield
    except ModelFileError:
        raise
    except Exception as error:
        raise ModelFileError(
            f"{SCHEMA}: {what}: {type(error).__name__}: {error}"
        ) from error


@contextmanager
def _naming(path: Path, done: str) -> Iterator[None]:
    """Put the file's name in front of an error."""
    try:
        yield
    except ModelFileError as error:
        raise ModelFileError(f"{str(path)!r} can't be {done}: {error}.") from error
