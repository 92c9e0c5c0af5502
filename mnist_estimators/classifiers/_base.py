"""What all classifiers of the package share: fitting, predicting, and their history."""

from abc import ABCMeta, abstractmethod
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._inputs.callbacks import CallbackSupportMixin
from .._inputs.parameters import COUNT, FRACTION, draw_seed
from .._inputs.pixel_ranges import check_finite_scores, warn_of_other_range
from .._inputs.samples import (
    Samples,
    check_class_weight,
    combine_weights,
    encode_labels,
)
from .._inputs.seen import SeenData, check_pixels, check_same_shape, look_at_data
from .._inputs.sklearn_private import (
    Hidden,
    StrOptions,
    fit_context,
    validate_parameter_constraints,
)
from .._inputs.validation import UNLABELLED
from .._training.fit_tasks import FitTasks
from ..persistence import SaveMixin
from ._fitted_attributes import FittedAttributes
from ._fitted_state import FittedState
from ._training_data import TrainingData, fraction_to_hold_out, given_validation


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
        # check_class_weight says how to give the labels of an array.
        "class_weight": [
            dict,
            StrOptions({"balanced"}),
            None,
            Hidden("array-like"),
        ],
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
        X_val: ArrayLike | None = None,
        y_val: ArrayLike | None = None,
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
            `class_weight`. Only their ratios matter: the products are divided by
            their mean. Images of weight 0 are left out.
        validation_data : tuple (X, y) or (X, y, sample_weight), default=None
            Images to evaluate after each epoch, in place of a part of `X`. Their
            weights are multiplied with `class_weight` and divided by their mean.
        X_val : array-like of shape (n, ...), default=None
            The same as `validation_data=(X_val, y_val)`, for a
            ``Pipeline(..., transform_input=["X_val"])``: with metadata routing and
            ``set_fit_request(X_val=True, y_val=True)`` they go through its steps.
        y_val : array-like of shape (n,), default=None
            Labels of `X_val`.

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
            or `sample_weight` has masked values; if validation data are given twice,
            or without images or labels; or if the training diverges.
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
            Also if `class_weight` names no label in `y`; or if no class has two
            images, so that none can be held out for validation.
        PixelRangeWarning
            If a fit with ``warm_start=True`` gets another range of pixel values than
            the first one; or if the validation data have another one than `X`.
        """
        given = given_validation(validation_data, X_val, y_val)
        previous = self._fitted if self.warm_start else None
        if previous is None:
            pixels, labels, seen = look_at_data(self, X, y)
        else:
            seen = previous.seen
            check_same_shape(self, seen)
            pixels, labels = check_pixels(self, X, y, seen)
            check_classification_targets(labels)
            warn_of_other_range(pixels, seen.pixel_range)
        check_class_weight(self.class_weight, seen.classes)
        samples, seen = self._samples(
            pixels,
            labels,
            sample_weight,
            seen,
            is_first=previous is None,
        )
        if given is None:
            fraction = fraction_to_hold_out(
                self.validation_fraction, self.early_stopping
            )
            data = TrainingData(seen, samples, validation_fraction=fraction)
        else:
            validation = self._validation_samples(given, seen, pixels)
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
            Weights of the images in the loss, multiplied with `class_weight`. Other
            than in ``fit`` they are used as they are, so that the images of all calls
            compare: weights of mean 1 suit the learning rate.

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
        check_class_weight(self.class_weight, seen.classes)
        samples, seen = self._samples(
            pixels,
            labels,
            sample_weight,
            seen,
            relative=False,
            is_first=previous is None,
        )
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
        *,
        relative: bool = True,
        is_first: bool = False,
    ) -> tuple[Samples, SeenData]:
        """Encode and weigh; leave out the rows of weight 0.

        What the first call sees is described again, without these rows.
        """
        weights = combine_weights(
            sample_weight, self.class_weight, pixels, y, relative=relative
        )
        if is_first:
            seen = seen.of_used(pixels, weights)
        targets = encode_labels(y, seen.classes)
        images = self._network_input(pixels, seen)
        if weights.min() == 0:
            used = weights > 0
            images, targets, weights = images[used], targets[used], weights[used]
        return Samples(images, targets, weights.astype(np.float32)), seen

    def _validation_samples(
        self,
        validation: tuple[ArrayLike, ArrayLike, ArrayLike | None],
        seen: SeenData,
        training: NDArray[Any],
    ) -> Samples:
        X, y, given = validation
        pixels, labels = check_pixels(self, X, y, seen)
        warn_of_other_range(pixels, seen.pixel_range, training=training)
        # Relative to their own mean: the least loss doesn't depend on their scale.
        return self._samples(pixels, labels, given, seen)[0]

    def _draw_seed(self, previous: FittedState | None) -> int:
        return draw_seed(self.random_state, previous.n_epochs if previous else 0)

    def _checked_logits(self, X: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """Compute scores before the softmax, and return classes of the same state."""
        check_is_fitted(self)
        fitted = self._fitted
        assert fitted is not None
        pixels = check_pixels(self, X, UNLABELLED, fitted.seen)
        warn_of_other_range(pixels, fitted.seen.pixel_range)
        with np.errstate(over="ignore", invalid="ignore"):
            logits = self._logits(fitted, pixels)
        check_finite_scores(logits, pixels, fitted.seen.pixel_range)
        return logits, fitted.seen.classes
