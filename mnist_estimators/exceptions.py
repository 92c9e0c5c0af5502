"""Errors and warnings of the package.

Each one inherits from a builtin class, so you can catch ``ValueError`` or ``OSError``
without importing this module.
"""

__all__ = [
    "BackendError",
    "ChecksumError",
    "DatasetNotFoundError",
    "ModelFileError",
    "PixelRangeWarning",
    "WeightsNotFoundError",
]


class DatasetNotFoundError(FileNotFoundError):
    """A data set is not on this machine, and downloading it failed.

    The message lists the places that were searched, and what to do.

    See Also
    --------
    mnist_estimators.load_mnist : Raises it.

    Examples
    --------
    >>> from mnist_estimators.exceptions import DatasetNotFoundError
    >>> issubclass(DatasetNotFoundError, FileNotFoundError)
    True
    """


class ChecksumError(OSError):
    """The checksum of a data file differs from the expected one.

    See Also
    --------
    mnist_estimators.load_mnist : Raises it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mnist_estimators import load_mnist
    >>> folder = Path(tempfile.mkdtemp())
    >>> (folder / "mnist.npz").write_bytes(b"damaged")
    7
    >>> try:
    ...     load_mnist(data_home=folder)
    ... except OSError as error:
    ...     print(type(error).__name__)
    ChecksumError
    """


class BackendError(RuntimeError):
    """Keras uses a backend other than TensorFlow.

    Set the environment variable ``KERAS_BACKEND=tensorflow`` before you import Keras.

    See Also
    --------
    mnist_estimators.DenseDigitClassifier : Raises it in ``fit``.

    Examples
    --------
    >>> from mnist_estimators.exceptions import BackendError
    >>> issubclass(BackendError, RuntimeError)
    True
    """


class WeightsNotFoundError(FileNotFoundError):
    """Pretrained weights are not on this machine, and downloading them failed.

    See Also
    --------
    mnist_estimators.CNNDigitClassifier : Raises it in ``fit``, with `weights`.

    Examples
    --------
    >>> from mnist_estimators.exceptions import WeightsNotFoundError
    >>> issubclass(WeightsNotFoundError, FileNotFoundError)
    True
    """


class ModelFileError(ValueError):
    """A model can't be saved, or a model file is damaged, unsafe or unknown.

    See Also
    --------
    mnist_estimators.load_model : Raises it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mnist_estimators import load_model
    >>> path = Path(tempfile.mkdtemp(), "digits.model")
    >>> path.write_bytes(b"something else")
    14
    >>> try:
    ...     load_model(path)
    ... except ValueError as error:
    ...     print(type(error).__name__)
    ModelFileError
    """


class PixelRangeWarning(UserWarning):
    """The pixel values have a different range than in ``fit``.

    See Also
    --------
    mnist_estimators.DenseDigitClassifier : Keeps the range as ``pixel_range_``.

    Examples
    --------
    >>> import warnings
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(epochs=1, random_state=0).fit(X, y)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     labels = network.predict(X / 255)
    >>> caught[0].category.__name__
    'PixelRangeWarning'
    """
