"""Classifiers as ONNX files."""

from collections.abc import Iterator
from os import PathLike
from typing import Any

from sklearn.utils.validation import check_is_fitted

from .._inputs.estimators import thawed
from .._onnx.file import to_bytes
from .._onnx.graph import OnnxGraph
from .._onnx.network import FittedNetwork
from ..classifiers._base import BaseDigitClassifier
from ..meta.voting import DigitVotingClassifier
from ._file import write_file
from ._fitted_network import NETWORKS, fitted_network, refusal
from ._onnx_vote import add_probabilities, add_votes


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
        If `path` is that of a folder, or of anything else that is not an ordinary file.
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
    write_file(path, content)


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
