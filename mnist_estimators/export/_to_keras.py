"""Networks as files of Keras' own format."""

import tempfile
import warnings
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._inputs.estimators import thawed
from .._networks.build import build_network
from .._onnx.network import FittedNetwork
from .._tensorflow import load_keras
from ..classifiers._base import BaseDigitClassifier
from ._file import write_file
from ._fitted_network import NETWORKS, fitted_network, refusal

if TYPE_CHECKING:
    import keras


def to_keras(estimator: Any, path: str | PathLike[str]) -> None:
    """Write a network as a file that Keras loads without this package.

    ``keras.models.load_model(path)`` needs nothing of this package. The model takes
    images of shape (n, height, width, 1), of any numeric type, with pixels in the range
    that the classifier was fitted on: it scales them itself. Keras takes (n, height,
    width) as well, but not both from one model in ``predict``. The model gives what
    ``predict_proba`` gives, in float32: one column for each of ``classes_``. It is not
    compiled.

    Parameters
    ----------
    estimator : DenseDigitClassifier, CNNDigitClassifier or NumpyDigitClassifier
        Fitted; not changed. What was trained with ``precision='mixed_bfloat16'`` is
        computed in float32, which rounds less.
    path : str or path
        A file name that ends in '.keras'. An existing file is replaced only once the
        new one is whole.

    Raises
    ------
    TypeError
        If the estimator is another one. Of a pipeline, export the last step.
    NotFittedError
        If it is not fitted.
    ValueError
        If `path` does not end in '.keras', or the pixels that the classifier was
        fitted on are out of the range of float32.
    ModelFileError
        If `path` is that of a folder, or of anything else that is not an ordinary file.
    OSError
        If the file can't be written.
    BackendError
        If Keras runs on another backend than TensorFlow.

    See Also
    --------
    to_onnx : For runtimes without Keras.

    Examples
    --------
    >>> import tempfile
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits, to_keras
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(epochs=5, random_state=0).fit(X, y)
    >>> import keras
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_keras(network, f"{folder}/digits.keras")
    ...     model = keras.models.load_model(f"{folder}/digits.keras")
    >>> images = X[:2].reshape(2, 28, 28)
    >>> found = model.predict(images, verbose=0)
    >>> bool(abs(found - network.predict_proba(images)).max() < 1e-5)
    True
    """
    estimator = thawed(estimator)
    if not isinstance(estimator, BaseDigitClassifier):
        raise refusal(estimator, f"{NETWORKS} can")
    if not fspath(path).endswith(".keras"):
        raise ValueError(
            f"path={fspath(path)!r} must end in '.keras', by which Keras knows its own "
            "files."
        )
    model = _keras_model(fitted_network(estimator))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "digits.keras")
        with warnings.catch_warnings():
            # Keras reads its variables in a way that NumPy 2 deprecates.
            warnings.filterwarnings("ignore", message="__array__ implementation")
            model.save(file)
        content = file.read_bytes()
    write_file(path, content)


def _keras_model(fitted: FittedNetwork) -> "keras.Sequential":
    keras = load_keras()
    network = build_network(fitted.network, fitted.image_shape, seed=0)
    network.set_weights(fitted.weights)
    return keras.Sequential(
        [
            keras.Input((*fitted.image_shape, 1), name="images", dtype="float32"),
            keras.layers.Rescaling(fitted.pixel_scale, dtype="float32"),
            *network.layers,
        ],
        name="digits",
    )
