"""What all classifiers of the package share: fitting, predicting, and their history."""

from abc import ABCMeta, abstractmethod
from collections.abc import Hashable, Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._inputs.images import as_network_input, pixel_range, warn_of_other_range
from .._inputs.parameters import draw_seed
from .._inputs.samples import Samples, combine_weights, encode_labels
from .._inputs.sklearn_private import Interval, StrOptions, fit_context
from .._inputs.validation import validate_pixels
from ..persistence import SaveMixin
from ._failure import put_back_on_failure
from ._fitted_state import check_fitted_state

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_VALIDATION_FRACTION = 0.1


class BaseDigitClassifier(SaveMixin, ClassifierMixin, BaseEstimator, metaclass=ABCMeta):
    """A network as a scikit-learn classifier; subclasses say how it learns."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="left"), None],
        "early_stopping": ["boolean"],
        "patience": [Interval(Integral, 1, None, closed="left")],
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

    image_shape_: tuple[int, int]
    weights_: list[NDArray[Any]]

    @abstractmethod
    def _train(
        self,
        samples: Samples,
        validation: Samples | None,
        fraction: float,
        *,
        epochs: int,
        partial: bool,
        going_on: bool,
        to_go_on: bool,
    ) -> None:
        """Train, from ``weights_`` where `going_on`; keep what training goes on with.

        `fraction` of the samples are to be held out for validation. A `partial` fit
        has a constant learning rate and no checkpoint. What it takes to go on apart
        from ``weights_`` is kept only where `to_go_on`.
        """

    @abstractmethod
    def _logits(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Compute scores (n, n_classes) before the softmax, of pixels (n, n_pixels)."""

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        validation_data: tuple[ArrayLike, ...] | None = None,
    ) -> Self:
        """Train the network; where that fails, the classifier stays what it was.

        Keras networks raise some errors more than those below: their classes name them.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, of any numeric type. Which range of pixel values they use (0 to 1,
            16, 255 or 65535) is found out and kept.
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
            numbers, is empty, or is of another shape than `y` or `image_shape`; if `y`
            is not made of class labels; if weights are negative or all 0; if `X`, `y`
            or `sample_weight` has masked values; if the data are too few to hold out
            validation data; or if the training diverges.
        TypeError
            If `X` is sparse.
        KeyboardInterrupt
            If the user interrupts the training before its first steps are done.

        Warns
        -----
        UserWarning
            If the user interrupts the training later, with Ctrl-C or a notebook's
            stop button. That ends this fit alone, as in scikit-learn's
            ``MLPClassifier``. The classifier is fitted, with the weights of its best
            epoch where there are validation data, else with those it has come to. The
            history has whole epochs only, perhaps none.
        PixelRangeWarning
            If a fit that goes on gets another range of pixel values than the first.
        """
        going_on = self.warm_start and hasattr(self, "weights_")
        with put_back_on_failure(self):
            pixels, labels = validate_pixels(self, X, y, reset=not going_on)
            check_classification_targets(labels)
            if going_on:
                warn_of_other_range(pixels, self.pixel_range_)
            else:
                self._learn_data(pixels, np.unique(labels))
            samples = self._samples(pixels, labels, sample_weight)
            validation, fraction = None, 0.0
            if validation_data is not None:
                validation = self._validation_samples(validation_data)
            else:
                fraction = self._validation_fraction()
            self._train(
                samples,
                validation,
                fraction,
                epochs=int(self.epochs),
                partial=False,
                going_on=going_on,
                to_go_on=self.warm_start,
            )
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Go once over some data, going on from the present weights.

        There is no validation, and the learning rate stays as it is: `epochs`,
        `validation_fraction` and `early_stopping` play no part. An interrupt by the
        user is as in ``fit``.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images. The first call fixes their shape and range of pixel values.
        y : array-like of shape (n,)
            Class labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come; needed in the first call.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images in the loss.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        ValueError
            As in ``fit``; if the first call lacks `classes`, a later one names others,
            or `y` holds other labels; or with ``class_weight='balanced'``, which needs
            all data at once.

        Warns
        -----
        PixelRangeWarning
            If the pixel values have another range than in the first call.
        """
        if isinstance(self.class_weight, str):
            raise ValueError(
                "class_weight='balanced' needs all labels at once, which partial_fit "
                "never has. Give the weights as a dict, or use sample_weight."
            )
        first = not hasattr(self, "weights_")
        if first and classes is None:
            raise ValueError(
                "classes must be given in the first call of partial_fit: all labels "
                "that will ever come, e.g. classes=range(10)."
            )
        with put_back_on_failure(self):
            pixels, labels = validate_pixels(self, X, y, reset=first)
            if first:
                self._learn_data(pixels, np.unique(np.asarray(classes)))
            else:
                warn_of_other_range(pixels, self.pixel_range_)
                if classes is not None:
                    encode_labels(np.unique(np.asarray(classes)), self.classes_)
            self._train(
                self._samples(pixels, labels, sample_weight),
                None,
                0.0,
                epochs=1,
                partial=True,
                going_on=not first,
                to_go_on=True,
            )
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Name the most probable class of each image.

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
            or values so large that no prediction comes out.
        TypeError
            If `X` is sparse.

        Warns
        -----
        PixelRangeWarning
            If the pixels have another range than in ``fit``.
        """
        best = self._checked_logits(X).argmax(axis=1)
        return self.classes_[best]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, as in ``predict``, which names the errors as well.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Probabilities in the order of ``classes_``; each row sums to 1.
        """
        return softmax(self._checked_logits(X).astype(np.float64), axis=1)

    def predict_log_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Compute the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, as in ``predict``, which names the errors as well.

        Returns
        -------
        ndarray of shape (n, n_classes)
            Natural logarithms; finite also where a probability rounds to 0.
        """
        return log_softmax(self._checked_logits(X).astype(np.float64), axis=1)

    @property
    def n_iter_(self) -> int:
        """Number of epochs that the network was trained for."""
        check_is_fitted(self)
        return len(self.history_["loss"])

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of each epoch."""
        check_is_fitted(self)
        return self.history_["loss"]

    @property
    def history_frame_(self) -> "pd.DataFrame":
        """The history as a data frame: one column a metric, one row an epoch."""
        import pandas as pd

        check_is_fitted(self)
        epochs = pd.RangeIndex(1, self.n_iter_ + 1, name="epoch")
        return pd.DataFrame(self.history_, index=epochs)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "weights_")

    def _check_state(self) -> None:
        if hasattr(self, "weights_"):
            check_fitted_state(self, self._weight_shapes())

    @abstractmethod
    def _weight_shapes(self) -> list[tuple[int, ...]]:
        """Say which shapes ``weights_`` must have; ValueError where none could."""

    def _learn_data(self, pixels: NDArray[Any], classes: NDArray[Any]) -> None:
        self.classes_ = classes
        self.pixel_range_ = pixel_range(pixels)
        self.history_: dict[str, list[float]] = {}

    def _samples(
        self, pixels: NDArray[Any], y: NDArray[Any], sample_weight: ArrayLike | None
    ) -> Samples:
        """Scale, encode and weigh; leave out the rows of weight 0."""
        targets = encode_labels(y, self.classes_)
        if isinstance(self.class_weight, Mapping):
            unknown = set(self.class_weight) - set(self.classes_.tolist())
            if unknown:
                raise ValueError(
                    f"class_weight names {sorted(unknown, key=str)}, which are not "
                    f"among the labels {self.classes_.tolist()}. Name labels alone."
                )
        weights = combine_weights(sample_weight, self.class_weight, pixels, y)
        images = self._network_input(pixels)
        if weights.min() == 0:
            used = weights > 0
            images, targets, weights = images[used], targets[used], weights[used]
        return Samples(images, targets, weights.astype(np.float32))

    def _validation_fraction(self) -> float:
        if self.validation_fraction is None:
            return DEFAULT_VALIDATION_FRACTION if self.early_stopping else 0.0
        if self.early_stopping and self.validation_fraction == 0:
            raise ValueError(
                "early_stopping=True needs validation data, but validation_fraction=0. "
                "Set validation_fraction=0.1, or give validation_data to fit."
            )
        return float(self.validation_fraction)

    def _validation_samples(self, validation_data: tuple[ArrayLike, ...]) -> Samples:
        if type(validation_data) not in (tuple, list) or not (
            2 <= len(validation_data) <= 3
        ):
            raise ValueError(
                "validation_data must be a tuple (X, y) or (X, y, sample_weight). Got "
                f"{type(validation_data).__name__} instead."
            )
        X, y, *sample_weight = validation_data
        pixels, labels = validate_pixels(self, X, y, reset=False)
        warn_of_other_range(pixels, self.pixel_range_)
        weight = sample_weight[0] if sample_weight else None
        return self._samples(pixels, labels, weight)

    def _draw_seed(self) -> int:
        return draw_seed(self.random_state, len(self.history_.get("loss", ())))

    def _split_seed(self, seed: int) -> int:
        """Give the seed of the validation split, from that of this training."""
        if isinstance(self.random_state, Integral):
            # A training that goes on must not validate on what it has learnt from.
            return draw_seed(self.random_state)
        return seed

    def _network_input(self, pixels: NDArray[Any]) -> NDArray[Any]:
        return as_network_input(pixels, self.pixel_range_[1], self.image_shape_)

    def _checked_logits(self, X: ArrayLike) -> NDArray[Any]:
        check_is_fitted(self)
        pixels = validate_pixels(self, X, reset=False)
        warn_of_other_range(pixels, self.pixel_range_)
        with np.errstate(over="ignore", invalid="ignore"):
            logits = self._logits(pixels)
        if not np.isfinite(logits).all():
            low, high = self.pixel_range_
            raise ValueError(
                f"X has values from {pixels.min():g} to {pixels.max():g}, so far from "
                f"those seen in fit ({low:g} to {high:g}) that the scores of some "
                "images are not finite. Scale X as in fit."
            )
        return logits
