"""The MNIST database: looked for on this machine first, downloaded last."""

import contextlib
import io
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from .._tensorflow import load_keras
from ..exceptions import DatasetNotFoundError
from ._bunch import arrange, check_layout
from ._mnist_files import MNIST_PARTS, MnistArray, read_mnist_files

_ENVIRONMENT_VARIABLE = "MNIST_ESTIMATORS_DATA"
_SUBSETS = {"train": ("train",), "test": ("test",), "all": ("train", "test")}
_DOWNLOAD_TIMEOUT_SECONDS = 30.0

_TEXT = """\
Scanned digits of about 500 writers, employees of the United States Census Bureau and
high school students, mixed by Yann LeCun, Corinna Cortes and Christopher J. C. Burges
from databases of NIST. Each digit was scaled to fit 20 x 20 pixels with its aspect
ratio kept, and placed in 28 x 28 pixels with its centre of mass in the middle. No
writer occurs in both the 60,000 training images and the 10,000 test images.

.. topic:: References

   Y. LeCun, L. Bottou, Y. Bengio and P. Haffner. Gradient-based learning applied to
   document recognition. Proceedings of the IEEE, 86(11):2278-2324, 1998.
"""


def load_mnist(
    *,
    subset: Literal["train", "test", "all"] = "train",
    return_X_y: bool = True,
    as_frame: bool = False,
    as_images: bool = False,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
) -> tuple[Any, Any] | Bunch:
    """Load the MNIST database of handwritten digits.

    ==============  =======================================
    Classes                                              10
    Samples         60,000 for training, 10,000 for testing
    Dimensionality                     784 (28 x 28 pixels)
    Features            integers, 0 (background)-255 (ink)
    ==============  =======================================

    The first place that has the data is taken:

    1. the folder `data_home`;
    2. the folder named by the environment variable ``MNIST_ESTIMATORS_DATA``;
    3. Keras' cache, ``~/.keras/datasets`` or ``datasets`` in the folder named by
       ``KERAS_HOME``;
    4. the download of ``keras.datasets.mnist``, which fills Keras' cache. Only this
       imports Keras.

    A folder has the data where it holds the original IDX files that `subset` needs,
    gzipped or not, or else Keras' ``mnist.npz``. Checksums are verified: a damaged file
    is an error and never skipped. Nothing is written to the folders of 1 and 2.

    Parameters
    ----------
    subset : {'train', 'test', 'all'}, default='train'
        'all' gives the training images followed by the test images.
    return_X_y : bool, default=True
        If False, return a :class:`~sklearn.utils.Bunch`.
    as_frame : bool, default=False
        If True, data and target are a pandas DataFrame and Series. The columns are
        named ``pixel_<row>_<column>``, counted from 0 at the top left.
    as_images : bool, default=False
        If True, the data are images, not rows of pixels.
    data_home : path-like, default=None
        A folder to search first. It must exist; if it does not hold MNIST, the other
        places are searched.
    download_if_missing : bool, default=True
        If False, data that are not on this machine are an error.

    Returns
    -------
    X : ndarray or DataFrame of uint8, shape (n_images, 784) or (n_images, 28, 28)
        Pixels from 0 to 255, 3-D with `as_images`. The array is the caller's own.
    y : ndarray or Series of int64, shape (n_images,)
        The digits, 0 to 9.
    bunch : :class:`~sklearn.utils.Bunch`
        Instead of `X` and `y` where `return_X_y` is False, with the attributes

        - ``data``, ``target``: `X` and `y`;
        - ``frame``: DataFrame of both, None unless `as_frame` is True;
        - ``images``: ndarray of shape (n_images, 28, 28), the memory of ``data``;
        - ``feature_names``: list of the 784 column names;
        - ``target_names``: ndarray of the ten digits;
        - ``source``: str, where the data came from;
        - ``DESCR``: str, a description with the number of samples per class.

    Raises
    ------
    ValueError
        If `subset` is unknown, or both `as_frame` and `as_images` are True.
    TypeError
        If `data_home` is not a path.
    DatasetNotFoundError
        If none of the places has the data. It is a ``FileNotFoundError``.
    FileNotFoundError
        If the folder named by `data_home` or ``MNIST_ESTIMATORS_DATA`` does not exist.
    ChecksumError
        If a file differs from the original. It is an ``OSError``.

    See Also
    --------
    load_small_digits : Digits in the same format that need no download.
    sklearn.datasets.fetch_openml : MNIST and other data sets from OpenML.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner. "Gradient-based learning applied to
    document recognition". Proceedings of the IEEE, 86(11):2278-2324, 1998.

    Examples
    --------
    >>> from mnist_estimators.datasets import load_mnist
    >>> X, y = load_mnist(subset="test")  # doctest: +SKIP
    >>> X.shape, y.shape  # doctest: +SKIP
    ((10000, 784), (10000,))
    """
    if subset not in _SUBSETS:
        allowed = ", ".join(map(repr, _SUBSETS))
        raise ValueError(f"subset must be one of {allowed}; got {subset!r}.")
    check_layout(as_frame=as_frame, as_images=as_images)

    wanted = [array for part in _SUBSETS[subset] for array in MNIST_PARTS[part]]
    source, arrays = _find(wanted, data_home, download_if_missing)
    return arrange(
        np.concatenate(arrays[0::2]),
        np.concatenate(arrays[1::2]),
        title=f"MNIST handwritten digits, subset {subset!r}",
        text=_TEXT,
        source=source,
        return_X_y=return_X_y,
        as_frame=as_frame,
        as_images=as_images,
    )


def _find(
    wanted: Sequence[MnistArray],
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
) -> tuple[str, list[NDArray[np.uint8]]]:
    named = os.environ.get(_ENVIRONMENT_VARIABLE) or None
    keras_home = Path(os.environ.get("KERAS_HOME") or "~/.keras")
    # A folder that the user named must exist: a misspelt one is not passed over.
    places = [
        ("data_home", data_home, True),
        (_ENVIRONMENT_VARIABLE, named, True),
        ("Keras' cache", keras_home / "datasets", False),
    ]
    failures = []
    for place, path, must_exist in places:
        if path is None:
            failures.append(f"{place}: not set")
            continue
        folder = _folder(place, path, must_exist=must_exist)
        found = read_mnist_files(folder, wanted)
        if found is not None:
            kind, arrays = found
            return f"{kind} in {folder} ({place})", arrays
        failures.append(f"{place}: {folder} has neither the IDX files nor mnist.npz")
    if not download_if_missing:
        failures.append("download_if_missing=False: not downloaded")
        raise DatasetNotFoundError(_explain(wanted, failures))
    try:
        return "download by keras.datasets.mnist", _download(wanted)
    except Exception as error:
        failures.append(f"download by keras.datasets.mnist: {error}")
        raise DatasetNotFoundError(_explain(wanted, failures)) from error


def _folder(place: str, path: str | os.PathLike[str], *, must_exist: bool) -> Path:
    try:
        folder = Path(path).expanduser()
    except TypeError:
        raise TypeError(
            f"{place} must be the path of a folder or None; got {path!r}."
        ) from None
    if must_exist and not folder.is_dir():
        # No DatasetNotFoundError, after which callers take other data.
        raise FileNotFoundError(
            f"{place} must name an existing folder; got {str(path)!r}. Correct the "
            "path, or leave it unset to look for MNIST elsewhere."
        )
    return folder


def _explain(wanted: Sequence[MnistArray], failures: Sequence[str]) -> str:
    numbered = [f"  {i}. {failure}" for i, failure in enumerate(failures, start=1)]
    files = ", ".join(array.idx_name for array in wanted)
    return "\n".join(
        [
            "MNIST was not found on this machine, and was not downloaded:",
            *numbered,
            f"Put the original files ({files}; gzipped or not) or Keras' mnist.npz "
            f"into a folder, and pass it as data_home or set {_ENVIRONMENT_VARIABLE} "
            "to it. load_small_digits() needs no download.",
        ]
    )


def _download(wanted: Sequence[MnistArray]) -> list[NDArray[np.uint8]]:
    # Keras reports on stdout, where a program's own output goes.
    progress = sys.stderr if sys.stderr.isatty() else io.StringIO()
    keras = load_keras()
    with contextlib.redirect_stdout(progress), _network_timeout():
        # Keras verifies the checksum of what it downloads.
        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    arrays = dict(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return [arrays[array.npz_key] for array in wanted]


@contextlib.contextmanager
def _network_timeout() -> Iterator[None]:
    # Keras sets no timeout of its own: a silent network would block for minutes.
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_DOWNLOAD_TIMEOUT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(previous)
