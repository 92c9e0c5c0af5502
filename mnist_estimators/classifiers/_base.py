"""What all classifiers of the package share: fitting, predicting, and their history."""

from abc import ABCMeta, abstractmethod
from collections.abc import Hashable, Mapping
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._inputs.callbacks import CallbackSupportMixin
from .._inputs.images import warn_of_other_range
from .._inputs.parameters import COUNT, FRACTION, draw_seed
from .._inputs.samples import (
    Samples,
    check_class_weight,
    combine_weights,
    encode_labels,
    hold_out,
)
from .._inputs.seen import SeenData, check_pixels, check_same_shape, look_at_data
from .._inputs.sklearn_private import (
    StrOptions,
    fit_context,
    validate_parameter_constraints,
)
from .._inputs.validation import UNLABELLED
from .._training.fit_tasks import FitTasks
from ..persistence import SaveMixin
from ._fitted_attributes import FittedAttributes
from ._fitted_state import FittedState

DEFAULT_VALIDATION_FRACTION = 0.1


class TrainingData(NamedTuple):
    """What one call of ``fit`` or ``partial_fit`` learns from.

    ``validation_fraction`` of the samples are held out where there are no
    ``validation`` samples. ``tasks`` reports the epochs to callbacks of scikit-learn.
    """

    seen: SeenData
    samples: Samples
    validation: Samples | None = None
    validation_fraction: float = 0.0
    tasks: FitTasks | None = None


class BaseDigitClassifier(
    FittedAttributes,
    SaveMixin,
    CallbackSupportMixin,
    ClassifierMixin,
    BaseEstimator,
    metaclass=ABCMeta,
):
    """A network as a scikit-learn classifier; subclasses say how it learns."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "epochs": [COUNT],
        "batch_size": [COUNT],
        "validation_fraction": [FRACTION, None],
        "early_stopping": ["boolean"],
        "patience": [COUNT],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "warm_start": ["boolean"],
        "image_shape": ["array-like", None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    # Each subclass stores these in its constructor.
    epochs: int
    batch_size: int
    validation_fraction: float | None
    early_stopping: bool
    patience: int
    class_weight: Mapping[Hashable, float] | str | None
    warm_start: bool
    image_shape: tuple[int, int] | None
    random_state: int | np.random.RandomState | None
    verbose: int

    @abstractmethod
    def _train(self, data: TrainingData, previous: Any) -> FittedState:
        """Train for `epochs`, with validation; continue from `previous` if not None."""

    @abstractmethod
    def _train_once(self, data: TrainingData, previous: Any) -> FittedState:
        """Train for one epoch at a constant rate; keep what the next call needs."""

    @abstractmethod
    def _logits(self, fitted: Any, pixels: NDArray[Any]) -> NDArray[Any]:
        """Compute scores (n, n_classes) before the softmax, of pixels (n, n_pixels)."""

    @abstractmethod
    def _network_input(self, pixels: NDArray[Any], seen: SeenData) -> NDArray[Any]:
        """Bring pixels (n, n_pixels) to the form and type that the network takes."""

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        validation_data: tuple[ArrayLike, ...] | None = None,
    ) -> Self:
        """Train the network. If this fails, the classifier stays as it was.

        Keras networks raise some more errors: their classes list them.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, of any numeric type. The range of their pixel values (0 to 1, 16,
            255 or 65535) is detected and kept.
        y : array-like of shape (n,)
            Class labels of any type that scikit-learn accepts.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images in the loss, at least 0; multiplied with
            `class_weight`. Images of weight 0 are left out.
        validation_data : tuple (X, y) or (X, y, sample_weight), default=None
            Images to evaluate after each epoch, in place of a part of `X`.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter is out of its range; if `X` holds NaN, infinity or no
            numbers, is empty, or has another shape than `y` or `image_shape`; if `y`
            does not hold class labels; if weights are negative or all 0; if `X`, `y`
            or `sample_weight` has masked values; if there are too few data to hold out
            validation data; or if the training diverges.
        TypeError
            If `X` is sparse or not an array, such as a generator of batches.
        KeyboardInterrupt
            If you interrupt the training before its first steps are done, or within two
            seconds of interrupting another training run. That stops a search.

        Warns
        -----
        UserWarning
            If you interrupt the training later, with Ctrl-C or the stop button of a
            notebook. That ends this fit only, as in scikit-learn's ``MLPClassifier``.
            The classifier is fitted, with the weights of its best epoch if there are
            validation data, else with the latest ones. The history has whole epochs
            only, perhaps none.
        PixelRangeWarning
            If a fit with ``warm_start=True`` gets another range of pixel values than
            the first one.
        """
        previous = self._fitted if self.warm_start else None
        if previous is None:
            pixels, labels, seen = look_at_data(self, X, y)
        else:
            seen = previous.seen
            check_same_shape(self, seen)
            pixels, labels = check_pixels(self, X, y, seen)
            check_classification_targets(labels)
            warn_of_other_range(pixels, seen.pixel_range)
        samples = self._samples(pixels, labels, sample_weight, seen)
        if validation_data is None:
            data = TrainingData(
                seen, samples, validation_fraction=self._checked_fraction()
            )
        else:
            validation = self._validation_samples(validation_data, seen)
            data = TrainingData(seen, samples, validation)
        with FitTasks.of(self, X, y, sample_weight) as tasks:
            self._fitted = self._train(data._replace(tasks=tasks), previous)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Train for one epoch over some of the data, from the present weights.

        There is no validation, and the learning rate is constant: `epochs`,
        `validation_fraction` and `early_stopping` are ignored. If you interrupt it, the
        same happens as in ``fit``.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images. The first call sets their shape and range of pixel values.
        y : array-like of shape (n,)
            Class labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will occur in any call; required in the first call.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images in the loss.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        ValueError
            As in ``fit``; if the first call lacks `classes`, a later one has others,
            or `y` holds other labels; or with ``class_weight='balanced'``, which needs
            all data at once.

        Warns
        -----
        PixelRangeWarning
            If the pixel values have another range than in the first call.
        """
        previous = self._fitted
        if isinstance(self.class_weight, str):
            raise ValueError(
                "class_weight='balanced' needs all labels at once, which partial_fit "
                "never has. Give the weights as a dict, or use sample_weight."
            )
        if previous is None:
            if classes is None:
                raise ValueError(
                    "classes must be passed on the first call to partial_fit: all "
                    "labels that will ever come, e.g. classes=range(10)."
                )
            pixels, labels, seen = look_at_data(self, X, y, classes)
        else:
            seen = previous.seen
            check_same_shape(self, seen)
            pixels, labels = check_pixels(self, X, y, seen)
            warn_of_other_range(pixels, seen.pixel_range)
            if classes is not None:
                encode_labels(np.unique(np.asarray(classes)), seen.classes)
        samples = self._samples(pixels, labels, sample_weight, seen)
        self._fitted = self._train_once(TrainingData(seen, samples), previous)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the class of each image.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images of the same shape and range of pixel values as in ``fit``.

        Returns
        -------
        ndarray of shape (n,)
            Members of ``classes_``.

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        ValueError
            If `X` has another number of pixels, holds NaN, infinity or masked values,
            or values so large that the scores are not finite.
        TypeError
            If `X` is sparse or not an array, such as a generator of batches.

        Warns
        -----
        PixelRangeWarning
            If the pixels have another range than in ``fit``.
        """
        logits, classes = self._checked_logits(X)
        return classes[logits.argmax(axis=1)]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, as in ``predict``, which lists the errors as well.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Probabilities in the order of ``classes_``; each row sums to 1.
        """
        logits, _ = self._checked_logits(X)
        return softmax(logits.astype(np.float64), axis=1)

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, as in ``predict``, which lists the errors as well.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Natural logarithms; finite also where a probability rounds to 0.
        """
        logits, _ = self._checked_logits(X)
        return log_softmax(logits.astype(np.float64), axis=1)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _check_state(self) -> None:
        if self._fitted is not None:
            validate_parameter_constraints(
                self._parameter_constraints,
                self.get_params(deep=False),
                caller_name=type(self).__name__,
            )
            self._fitted.check()

    def _samples(
        self,
        pixels: NDArray[Any],
        y: NDArray[Any],
        sample_weight: ArrayLike | None,
        seen: SeenData,
    ) -> Samples:
        """Encode and weigh; leave out the rows of weight 0."""
        targets = encode_labels(y, seen.classes)
        check_class_weight(self.class_weight, seen.classes)
        weights = combine_weights(sample_weight, self.class_weight, pixels, y)
        images = self._network_input(pixels, seen)
        if weights.min() == 0:
            used = weights > 0
            images, targets, weights = images[used], targets[used], weights[used]
        return Samples(images, targets, weights.astype(np.float32))

    def _checked_fraction(self) -> float:
        if self.validation_fraction is None:
            return DEFAULT_VALIDATION_FRACTION if self.early_stopping else 0.0
        if self.early_stopping and self.validation_fraction == 0:
            raise ValueError(
                "early_stopping=True needs validation data, but validation_fraction=0. "
                "Set validation_fraction=0.1, or give validation_data to fit."
            )
        return float(self.validation_fraction)

    def _validation_samples(
        self, validation_data: tuple[ArrayLike, ...], seen: SeenData
    ) -> Samples:
        if type(validation_data) not in (tuple, list) or not (
            2 <= len(validation_data) <= 3
        ):
            raise ValueError(
                "validation_data must be a tuple (X, y) or (X, y, sample_weight). Got "
                f"{type(validation_data).__name__} instead."
            )
        X, y, *sample_weight = validation_data
        pixels, labels = check_pixels(self, X, y, seen)
        warn_of_other_range(pixels, seen.pixel_range)
        weight = sample_weight[0] if sample_weight else None
        return self._samples(pixels, labels, weight, seen)

    def _draw_seed(self, previous: FittedState | None) -> int:
        return draw_seed(self.random_state, previous.n_epochs if previous else 0)

    def _split(self, data: TrainingData, seed: int) -> tuple[Samples, Samples | None]:
        """Hold out validation samples, if a fraction was asked for."""
        if not data.validation_fraction:
            return data.samples, data.validation
        if isinstance(self.random_state, Integral):
            # A warm start must not validate on images that it has learned from.
            seed = draw_seed(self.random_state)
        return hold_out(data.samples, data.validation_fraction, seed)

    def _checked_logits(self, X: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Compute the scores before the softmax; return the classes as well.

        Both are of one state: another thread may fit the classifier meanwhile.
        """
        check_is_fitted(self)
        fitted = self._fitted
        assert fitted is not None
        pixels = check_pixels(self, X, UNLABELLED, fitted.seen)
        warn_of_other_range(pixels, fitted.seen.pixel_range)
        with np.errstate(over="ignore", invalid="ignore"):
            logits = self._logits(fitted, pixels)
        if not np.isfinite(logits).all():
            low, high = fitted.seen.pixel_range
            raise ValueError(
                f"X has values from {pixels.min():g} to {pixels.max():g}, so far from "
                f"those seen in fit ({low:g} to {high:g}) that the scores of some "
                "images are not finite. Scale X as in fit."
            )
        return logits, fitted.seen.classes
