"""A classifier that was exported, run without TensorFlow."""

from os import PathLike
from typing import Any, NamedTuple, Self

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.metaestimators import available_if

from .._inputs.pixel_ranges import warn_of_other_range
from .._inputs.validation import validate_pixels
from .._onnx.checks import INPUT
from .._onnx.file import OnnxClassifier, model_file_error, read_classifier
from .._onnx.graph import import_onnx_library
from ..exceptions import ModelFileError

# Of a file that can't be read.
READ_ERRORS = (ImportError, OSError, ModelFileError)


def _may_give_probabilities(classifier: "OnnxDigitClassifier") -> bool:
    try:
        return classifier._loaded().output == "probabilities"
    except READ_ERRORS:
        return True  # predict_proba itself says what is wrong


class _File(NamedTuple):
    """A file that was read."""

    path: str | PathLike[str]
    classifier: OnnxClassifier


class _Session(NamedTuple):
    """A session of onnxruntime, with its classifier and number of threads."""

    classifier: OnnxClassifier
    n_jobs: int | None
    session: Any


class OnnxDigitClassifier(ClassifierMixin, BaseEstimator):
    """Classify digits with a model that ``to_onnx`` wrote.

    It only predicts, with onnxruntime and without TensorFlow. The first prediction or
    attribute reads the file, which then stays in memory until `path` changes. You need
    not trust the file: it can't run code, and no other file is read.

    In scikit-learn's terms it is always fitted. ``fit`` learns nothing, as that of
    ``sklearn.frozen.FrozenEstimator``, so you can fit a pipeline or a vote around it.
    Once the model is read, pickles and deep copies contain it; ``clone`` makes a new
    estimator for the same file.

    Parameters
    ----------
    path : str or path
        A file that ``to_onnx`` wrote.
    n_jobs : int, default=None
        Threads that one call uses. None means 1, which is best for single images and
        if several threads share the estimator. -1 means all processors, for large
        networks on many images.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted, of the data type that the exported classifier had.
    n_features_in_ : int
        Pixels of an image.
    image_shape_ : tuple (height, width)
        Shape of the images.
    pixel_range_ : tuple (low, high)
        Range of the pixel values in the exported classifier's training data.

    See Also
    --------
    to_onnx : Writes the file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mnist_estimators import NumpyDigitClassifier, OnnxDigitClassifier
    >>> from mnist_estimators import load_small_digits, to_onnx
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(epochs=20, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "digits.onnx")
    ...     to_onnx(network.fit(X[:1500], y[:1500]), path)
    ...     classifier = OnnxDigitClassifier(path).fit()
    >>> classifier.score(X[1500:], y[1500:]) == network.score(X[1500:], y[1500:])
    True
    """

    _file: _File
    _session: _Session

    def __init__(self, path: str | PathLike[str], *, n_jobs: int | None = None):
        self.path = path
        self.n_jobs = n_jobs

    def fit(
        self,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Read the file again; nothing is learned.

        Parameters
        ----------
        X : array-like, default=None
            Ignored.
        y : array-like, default=None
            Ignored.
        sample_weight : array-like, default=None
            Ignored.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        OSError
            If there is no such file, or it can't be read.
        ModelFileError
            If the file is damaged, too large, not from this package, or holds anything
            that a classifier does not need.
        ImportError
            If onnx or onnxruntime is not installed.
        """
        known = read_classifier(self.path)
        session = self._new_session(known)
        self._file = _File(self.path, known)
        self._session = _Session(known, self.n_jobs, session)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the most probable class of each image.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images of the same shape and range of pixel values as the training data of
            the exported classifier. Column names of data frames are ignored.

        Returns
        -------
        ndarray of shape (n,)
            Members of ``classes_``.

        Raises
        ------
        ValueError
            If `X` has another number of pixels, holds NaN or infinity, or values so
            large that the scores are not finite.
        OSError, ModelFileError, ImportError
            As in ``fit``, if the file was not read before.

        Warns
        -----
        PixelRangeWarning
            If the pixels have another range than the training data.
        """
        best = self._scores(X).argmax(axis=1)
        return self.classes_[best]

    @available_if(_may_give_probabilities)
    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute the probability of each class; a hard vote has no probabilities.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, as in ``predict``, with the same errors.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Probabilities in the order of ``classes_``; each row sums to 1.
        """
        probabilities = self._scores(X).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    @property
    def classes_(self) -> NDArray[Any]:
        """Class labels, sorted."""
        return self._attributes().classes

    @property
    def image_shape_(self) -> tuple[int, int]:
        """Height and width of the images."""
        return self._attributes().image_shape

    @property
    def n_features_in_(self) -> int:
        """Pixels of an image."""
        height, width = self.image_shape_
        return height * width

    @property
    def pixel_range_(self) -> tuple[float, float]:
        """Lowest and highest pixel value."""
        return self._attributes().pixel_range

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_session", None)
        if "_file" in state:
            file = state["_file"]
            # Plain data, so that a pickle names no private class.
            state["_file"] = {"path": file.path, **file.classifier._asdict()}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        if "_file" in state:
            parts = dict(state["_file"])
            state["_file"] = _File(parts.pop("path"), OnnxClassifier(**parts))
        super().__setstate__(state)

    def _loaded(self) -> OnnxClassifier:
        file = vars(self).get("_file")
        if file is None or file.path != self.path:
            file = self._file = _File(self.path, read_classifier(self.path))
        return file.classifier

    def _attributes(self) -> OnnxClassifier:
        """Return what the file says; if it can't be read, attributes are missing."""
        try:
            return self._loaded()
        except READ_ERRORS as error:
            raise AttributeError(str(error)) from error

    def _current_session(self, known: OnnxClassifier) -> Any:
        made = vars(self).get("_session")
        if made is None or made.classifier is not known or made.n_jobs != self.n_jobs:
            made = self._session = _Session(
                known, self.n_jobs, self._new_session(known)
            )
        return made.session

    def _new_session(self, known: OnnxClassifier) -> Any:
        runtime = import_onnx_library("onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = effective_n_jobs(self.n_jobs)
        options.log_severity_level = 4  # errors are raised
        blank = np.zeros((1, *known.image_shape), np.float32)
        try:
            session = runtime.InferenceSession(
                known.model,
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=0,  # which prints, and tries the same again
            )
            (scores,) = session.run(None, {INPUT: blank})
        except Exception as error:  # whatever onnxruntime raises
            raise model_file_error(self.path, f"it can't run ({error})") from error
        if scores.shape != (1, len(known.classes)):
            raise model_file_error(self.path, f"its scores have shape {scores.shape}")
        return session

    def _scores(self, X: ArrayLike) -> NDArray[Any]:
        known = self._loaded()
        # The file has no names of columns, so they can't be compared.
        images = X if isinstance(X, np.ndarray) else _without_names(X)
        pixels = validate_pixels(self, images, reset=False)
        warn_of_other_range(pixels, known.pixel_range)
        session = self._current_session(known)
        with np.errstate(over="ignore"):
            rows = np.ascontiguousarray(pixels, np.float32)
        rows = rows.reshape(-1, *known.image_shape)
        parts = [
            session.run(None, {INPUT: rows[start : start + known.max_rows]})[0]
            for start in range(0, len(rows), known.max_rows)
        ]
        scores = parts[0] if len(parts) == 1 else np.concatenate(parts)
        # Votes are counted inside the model, from scores that are not returned.
        if not (np.isfinite(rows).all() and np.isfinite(scores).all()):
            low, high = known.pixel_range
            raise ValueError(
                f"X has values from {pixels.min():g} to {pixels.max():g}, so far from "
                f"those of the exported classifier ({low:g} to {high:g}) that the "
                "scores of some images are not finite. Scale X as for that one."
            )
        return scores


def _without_names(X: Any) -> Any:
    return np.asarray(X) if hasattr(X, "columns") else X
