"""The classifier that is served."""

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from .._inputs.images import SIDE
from .._versions import installed_versions
from ..classifiers._base import BaseDigitClassifier
from ..classifiers.onnx import OnnxDigitClassifier
from ..exceptions import PixelRangeWarning
from ..meta.voting import DigitVotingClassifier


class Prediction(NamedTuple):
    """The prediction for one image.

    Attributes
    ----------
    label : int, float, str or bool
        A class.
    probabilities : dict of str to float, or None
        Of each class, by its ``name_of``; None if the classifier has none.
    """

    label: Any
    probabilities: dict[str, float] | None


def name_of(label: Any) -> str:
    """Return a class as text, as JavaScript does, which has one type of numbers."""
    if isinstance(label, bool):
        return "true" if label else "false"
    if isinstance(label, float) and label.is_integer():
        return str(int(label))
    return str(label)


class ServedModel:
    """A fitted classifier that gives labels and probabilities in one call.

    Parameters
    ----------
    estimator : fitted classifier
        Takes rows of 784 pixels from 0 to 255.

    Raises
    ------
    NotFittedError
        If it is not fitted.
    ValueError
        If it is not a classifier, or takes other images.
    """

    def __init__(self, estimator: Any):
        try:
            check_is_fitted(estimator)
        except TypeError:  # a class, or not an estimator
            raise ValueError(
                "estimator must be a fitted classifier, such as from load_model. Got "
                f"{estimator!r}."
            ) from None
        if not (hasattr(estimator, "predict") and hasattr(estimator, "classes_")):
            raise ValueError(
                "estimator must be a fitted classifier. Got "
                f"{type(estimator).__name__}, which has no classes_."
            )
        self._estimator = estimator
        self._has_probabilities = hasattr(estimator, "predict_proba")
        # Others, such as SVC, may not predict the most probable class.
        self._predicts_most_probable = isinstance(
            estimator, BaseDigitClassifier | DigitVotingClassifier | OnnxDigitClassifier
        )
        self.classes: list[Any] = np.asarray(estimator.classes_).tolist()
        self._names = [name_of(label) for label in self.classes]
        self._try_out()

    def _try_out(self) -> None:
        """Predict once, which also compiles what is compiled on first use."""
        stroke = np.zeros((1, SIDE, SIDE), np.uint8)
        stroke[:, 4:24, 13:15] = 255
        with warnings.catch_warnings():
            warnings.simplefilter("error", PixelRangeWarning)
            try:
                self.predict(stroke)
            except PixelRangeWarning as warning:
                raise ValueError(
                    f"estimator takes other pixels than those from 0 to 255. {warning}"
                ) from None
            except ValueError as error:
                raise ValueError(
                    f"estimator can't predict images of 28 x 28 pixels: {error}"
                ) from error

    def predict(self, images: NDArray[np.uint8]) -> list[Prediction]:
        """Predict digits.

        Parameters
        ----------
        images : ndarray of shape (n, 28, 28), dtype uint8
            In MNIST's form.

        Returns
        -------
        list of n Prediction
        """
        X = images.reshape(len(images), -1)
        if not self._has_probabilities:
            labels = np.asarray(self._estimator.predict(X)).tolist()
            return [Prediction(label, None) for label in labels]
        found = np.asarray(self._estimator.predict_proba(X))
        if self._predicts_most_probable:
            labels = [self.classes[best] for best in found.argmax(axis=1)]
        else:
            labels = np.asarray(self._estimator.predict(X)).tolist()
        return [
            Prediction(label, dict(zip(self._names, row, strict=True)))
            for label, row in zip(labels, found.tolist(), strict=True)
        ]

    def describe(self) -> dict[str, Any]:
        """Return the classifier's description, its classes, and library versions."""
        return {
            "classifier": " ".join(repr(self._estimator).split()),
            "classes": self.classes,
            "has_probabilities": self._has_probabilities,
            "versions": {**installed_versions()},
        }
