"""Classifiers as files that other programs run: Keras' own format, and ONNX."""

import tempfile
import warnings
from collections.abc import Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.utils.validation import check_is_fitted

from .._inputs.atomic_files import replace_file
from .._networks.build import build_network
from .._onnx.file import to_bytes
from .._onnx.graph import OnnxGraph
from .._onnx.network import FittedNetwork
from .._tensorflow import load_keras
from ..classifiers._base import BaseDigitClassifier
from ..exceptions import ModelFileError
from ..meta.voting import DigitVotingClassifier
from ._fitted_network import fitted_network, refusal, thawed
from ._onnx_vote import add_probabilities, add_votes

if TYPE_CHECKING:
    import keras

NETWORKS = "DenseDigitClassifier, CNNDigitClassifier and NumpyDigitClassifier"


def to_keras(estimator: Any, path: str | PathLike[str]) -> None:
    """Write a network as a file that Keras loads by itself.

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
        If `path` is that of a folder, or of something else that is no ordinary file.
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
    _write(path, content)


def _write(path: str | PathLike[str], content: bytes) -> None:
    try:
        replace_file(Path(path), content)
    except ModelFileError as error:
        raise ModelFileError(
            f"path={fspath(path)!r} can't be written: {error}. Give the name of a file."
        ) from error


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


def to_onnx(estimator: Any, path: str | PathLike[str]) -> None:
    """Write a classifier as an ONNX file.

    The model has one input, ``images``: float32 of shape (batch, height, width), of any
    batch size, with pixels in the range that the classifier was fitted on: it scales
    them itself. Its one output is ``probabilities``, float32 of shape (batch,
    n_classes), as ``predict_proba`` gives them; of a hard vote it is ``votes``, in
    float64, the weight of the votes for each class.

    The metadata of the model say ``labels``, those of the columns as a JSON list,
    ``label_dtype``, their data type, and ``pixel_range``, as a JSON list.
    ``OnnxDigitClassifier`` reads all this.

    Parameters
    ----------
    estimator : DenseDigitClassifier, CNNDigitClassifier, NumpyDigitClassifier or \
            DigitVotingClassifier
        Fitted; not changed. Members of a vote must be of these classes too. What was
        trained with ``precision='mixed_bfloat16'`` is computed in float32, which rounds
        less.
    path : str or path
        The file. An existing one is replaced only once the new one is whole.

    Raises
    ------
    TypeError
        If the estimator, or a member of a vote, is another one, or the labels are not
        numbers, truth values or strings. Of a pipeline, export the last step.
    NotFittedError
        If the estimator is not fitted.
    ValueError
        If the pixels that it was fitted on are out of the range of float32, the weights
        of a soft vote sum to 0, or model or images are too large.
    ModelFileError
        If `path` is that of a folder, or of something else that is no ordinary file.
    OSError
        If the file can't be written.
    ImportError
        If onnx is not installed.

    See Also
    --------
    OnnxDigitClassifier : Runs the file as a scikit-learn estimator.
    to_keras : For Keras.

    Notes
    -----
    The operators are those of ONNX's own set 17, which onnxruntime knows since version
    1.12.

    Examples
    --------
    >>> import onnxruntime, tempfile
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits, to_onnx
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(epochs=5, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_onnx(network, f"{folder}/digits.onnx")
    ...     session = onnxruntime.InferenceSession(f"{folder}/digits.onnx")
    >>> images = X[:2].reshape(2, 28, 28).astype("float32")
    >>> (probabilities,) = session.run(["probabilities"], {"images": images})
    >>> bool(abs(probabilities - network.predict_proba(images)).max() < 1e-5)
    True
    >>> session.get_modelmeta().custom_metadata_map["labels"]
    '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]'
    """
    estimator = thawed(estimator)
    networks = list(_networks(estimator))
    graph = OnnxGraph()
    if isinstance(estimator, DigitVotingClassifier) and estimator.voting == "hard":
        output, scores = "votes", add_votes(graph, estimator)
    else:
        output, scores = "probabilities", add_probabilities(graph, estimator)
    graph.add("Identity", scores, name=output)
    lows, highs = zip(*(network.pixel_range for network in networks), strict=True)
    content = to_bytes(
        graph,
        output,
        estimator.classes_,
        networks[0].image_shape,
        (min(lows), max(highs)),
    )
    _write(path, content)


def _networks(estimator: Any) -> Iterator[FittedNetwork]:
    """Find the network of a classifier, or those of all members of a vote."""
    estimator = thawed(estimator)
    if isinstance(estimator, DigitVotingClassifier):
        check_is_fitted(estimator)
        for member in estimator.estimators_:
            yield from _networks(member)
    elif isinstance(estimator, BaseDigitClassifier):
        yield fitted_network(estimator)
    else:
        raise refusal(
            estimator, f"{NETWORKS}, and a DigitVotingClassifier of them, can"
        )
