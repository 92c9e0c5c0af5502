"""Saving estimators to files that are safe to load."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from .._inputs.atomic_files import read_file, replace_file
from ..exceptions import ModelFileError
from ._archive import Bytes, pack, unpack
from ._audit import audit
from ._manifest import MANIFEST, SCHEMA, check_manifest, make_manifest, read_json
from ._objects import check_objects
from ._old_names import LAST_FORMAT, with_new_names
from ._writer import members_of


def save_model(estimator: Any, path: str | PathLike[str]) -> None:
    """Write an estimator to a file that runs no code when it is loaded.

    The file is a zip archive of JSON and arrays: a valid file of skops, with the
    checksum of each part. It holds no code, only the public names of classes of this
    package and of scikit-learn, their parameters and fitted attributes. If saving
    fails or is killed, an existing file stays as it was.

    Parameters
    ----------
    estimator : estimator
        Any of this package, or one of scikit-learn, such as a pipeline or a search
        around it; fitted or not. It is not changed.
    path : str or path
        The file. An existing file is replaced and keeps its mode. The limit is 4 GiB;
        above 1 GiB, ``load_model`` needs a larger `max_bytes`.

    Raises
    ------
    ModelFileError
        If the estimator holds something that a model file can't; the message names
        it. That is code (functions, callbacks, your own classes) and state that can't
        be checked when it is loaded: in scikit-learn gradient boosting, neighbours in
        trees, sparse matrices and a pipeline's ``memory``. An OnnxDigitClassifier is
        already a file. Also if the estimator has so many parts that ``load_model``
        would refuse it, or if `path` is not an ordinary file.
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
            raise ModelFileError(f"{type(estimator).__name__}: it is not an estimator")
        members = members_of(estimator)
        content = pack({**members, MANIFEST: make_manifest(members)})
        _check_parts(estimator)
        _audit_file(content)  # it may be too large to load
        replace_file(path, content)


def load_model(path: str | PathLike[str], *, max_bytes: int = 2**30) -> Any:
    """Read an estimator from a file that you need not trust.

    Every byte is checked before anything is made of it: the form of the archive, the
    checksums, the types and the sizes; then the state of each estimator. The same call
    gives the same predictions on the same machine, with the same versions of the
    libraries and the same number of threads, elsewhere up to rounding. Nothing can
    check whether a model is any good. Some parameters are paths: look at those of a
    stranger before you call fit.

    Parameters
    ----------
    path : str or path
        A file that ``save_model`` wrote, in this version or an earlier one.
    max_bytes : int, default=2**30
        Larger files are not read.

    Returns
    -------
    estimator
        As it was saved. Its first prediction loads TensorFlow; loading the file does
        so only for a network with a `backbone`, or an optimizer given as an object.

    Raises
    ------
    ModelFileError
        If the file is damaged or changed, if a later version wrote it in a form that
        this one can't read, or if ``save_model`` did not write it. The message says
        what is wrong, and where.
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
        estimator = _construct(*_audit_file(read_file(path, max_bytes)))
        _check_parts(estimator)
        if not isinstance(estimator, BaseEstimator):
            raise ModelFileError(f"{SCHEMA}: it does not hold an estimator")
        return estimator


def _audit_file(content: bytes) -> tuple[bytes, list[str]]:
    """Check a file before anything is made of it; list the types in it."""
    members: Mapping[str, Bytes] = unpack(content)
    format_version = check_manifest(members)
    with _refusing("it can't be checked"):
        if format_version <= LAST_FORMAT:
            members = with_new_names(members)
            content = pack(members)
        return content, audit(read_json(members, SCHEMA), members)


def _construct(content: bytes, trusted: list[str]) -> Any:
    import skops.io

    with _refusing("its parts do not fit together"):
        return skops.io.load(io.BytesIO(content), trusted=trusted)


def _check_parts(estimator: Any) -> None:
    with _refusing("its content can't be checked"):
        check_objects(estimator)


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """Refuse the file whatever is raised: invalid content can raise any error."""
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
