"""Any classifier, trained on random variants of its images as well."""

from collections.abc import Callable
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils import (
    Tags,
    assert_all_finite,
    check_consistent_length,
    get_tags,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_is_fitted,
    column_or_1d,
    has_fit_parameter,
)

from .._inputs.callbacks import CallbackSupportMixin, fit_task
from .._inputs.estimators import (
    as_taken,
    copy_feature_names,
    scores_pairs_of_classes,
)
from .._inputs.parameters import check_instance, draw_seed
from .._inputs.sklearn_private import HasMethods, Interval, fit_context
from .._inputs.validation import check_labels, validate_weights
from ..persistence import SaveMixin


def _estimator_has(name: str) -> Callable[[Any], bool]:
    def check(classifier: Any) -> bool:
        getattr(getattr(classifier, "estimator_", classifier.estimator), name)
        return True

    return check


class AugmentedClassifier(
    SaveMixin,
    CallbackSupportMixin,
    ClassifierMixin,
    MetaEstimatorMixin,
    BaseEstimator,
):
    """Train any classifier on images and on random variants of them.

    The variants are made inside ``fit``, from the images given to it: in a
    cross-validation of this classifier no variant of an image gets into another fold.
    Splits that the estimator makes inside come too late for that. So search with
    ``GridSearchCV(AugmentedClassifier(...), ...)``, not the other way round, and leave
    an estimator's own early stopping off.

    What is predicted is the images themselves, or with `tta` the mean over them and
    some variants.

    Parameters
    ----------
    estimator : classifier
        Any scikit-learn classifier. A clone is fitted.
    augmenter : augmenter
        Such as ``DigitAugmenter()``: has ``fit`` and ``augment``. A clone is fitted.
    n_copies : int, default=4
        Variants of each image to train on, next to the image itself, at least 0.
    tta : int, default=0
        Test-time augmentation: variants of each image to predict, next to the image
        itself. Their probabilities are averaged, or their decision functions where the
        estimator has no ``predict_proba``. All images undergo the same `tta` random
        changes, which ``fit`` draws.
    random_state : int, RandomState instance or None, default=None
        Seed of the variants. The estimator has its own.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    estimator_ : classifier
        The fitted clone of `estimator`.
    augmenter_ : augmenter
        The fitted clone of `augmenter`.
    n_features_in_ : int
        Pixels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where `X` was a data frame with text names.

    See Also
    --------
    mnist_estimators.augmentation.DigitAugmenter : Variants that suit digits.
    CNNDigitClassifier : Makes new variants for each epoch, with `augmenter`.

    Examples
    --------
    >>> from mnist_estimators import AugmentedClassifier, load_small_digits
    >>> from mnist_estimators.augmentation import DigitAugmenter
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> X, y = load_small_digits()
    >>> knn = KNeighborsClassifier(n_neighbors=3)
    >>> augmented = AugmentedClassifier(knn, DigitAugmenter(), random_state=0)
    >>> plain_score = knn.fit(X[:200], y[:200]).score(X[200:], y[200:])
    >>> augmented.fit(X[:200], y[:200]).score(X[200:], y[200:]) > plain_score
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"])],
        "augmenter": [HasMethods(["fit", "augment"])],
        "n_copies": [Interval(Integral, 0, None, closed="left")],
        "tta": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any,
        augmenter: Any,
        *,
        n_copies: int = 4,
        tta: int = 0,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.estimator = estimator
        self.augmenter = augmenter
        self.n_copies = n_copies
        self.tta = tta
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Make variants and train on them and on the images.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images. An estimator that only takes rows of pixels gets rows, as does a
            pipeline with a step that does.
        y : array-like of shape (n,)
            Class labels.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images, and of their variants. The estimator must take them.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter is out of its range; if `X` and `y` are not images and their
            labels; or with `tta`, if the estimator has neither ``predict_proba`` nor
            ``decision_function``, or not one score for each class.
        TypeError
            If `estimator` or `augmenter` is a class, not an instance of it.
        """
        check_instance("estimator", self.estimator)
        check_instance("augmenter", self.augmenter)
        if self.tta:
            _check_has_scores(self.estimator, self.tta)
        if sample_weight is not None:
            _check_takes_weights(self.estimator)
        check_labels(y)
        labels: NDArray[Any] = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_classification_targets(labels)
        augmenter = clone(self.augmenter).fit(X)
        if hasattr(augmenter, "set_output"):
            augmenter.set_output(transform="default")
        images = augmenter.transform(X)
        check_consistent_length(images, labels)
        n_times = self.n_copies + 1
        weights = {}
        if sample_weight is not None:
            checked = validate_weights(sample_weight, images)
            weights["sample_weight"] = np.tile(checked, n_times)
        seed = draw_seed(self.random_state)
        enlarged = np.empty((n_times, *images.shape), images.dtype)
        enlarged[0] = images
        for number in range(self.n_copies):
            enlarged[number + 1] = augmenter.augment(X, random_state=seed + number)
        enlarged = enlarged.reshape(-1, *images.shape[1:])
        estimator = clone(self.estimator)
        with fit_task(self, X, y, inner=estimator):
            estimator.fit(
                as_taken(estimator, enlarged), np.tile(labels, n_times), **weights
            )
            if self.tta:
                one_image = as_taken(estimator, images[:1])
                _check_scores_of_classes(estimator, one_image, self.tta)
            self.augmenter_, self.estimator_, self._seed = augmenter, estimator, seed
            self.classes_ = estimator.classes_
            self.n_features_in_ = augmenter.n_features_in_
            copy_feature_names(self, [augmenter])
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Name the most probable class of each image.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images of the shape seen in ``fit``.

        Returns
        -------
        ndarray of shape (n,)
            Members of ``classes_``.

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        ValueError
            If `X` is not made of images of that shape.
        """
        check_is_fitted(self)
        if not self.tta:
            images = self.augmenter_.transform(X)
            return self.estimator_.predict(as_taken(self.estimator_, images))
        scores = self._mean_scores(_scores_name(self.estimator_), X)
        best = scores.argmax(axis=1) if scores.ndim == 2 else (scores > 0).astype(int)
        return self.classes_[best]

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Compute the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, as in ``predict``, which names the errors as well.

        Returns
        -------
        ndarray of shape (n, n_classes)
            In the order of ``classes_``; with `tta` the mean over the variants.
        """
        check_is_fitted(self)
        return self._mean_scores("predict_proba", X)

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X: ArrayLike) -> NDArray[Any]:
        """Compute the confidence of each class.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, as in ``predict``, which names the errors as well.

        Returns
        -------
        ndarray of shape (n, n_classes), or (n,) for two classes
            As the estimator gives it; with `tta` the mean over the variants.
        """
        check_is_fitted(self)
        return self._mean_scores("decision_function", X)

    def _mean_scores(self, name: str, X: ArrayLike) -> NDArray[Any]:
        score = getattr(self.estimator_, name)
        total = score(as_taken(self.estimator_, self.augmenter_.transform(X)))
        for number in range(self.tta):
            variants = self.augmenter_.augment(
                X, random_state=self._seed + number, alike=True
            )
            total = total + score(as_taken(self.estimator_, variants))
        return total / (self.tta + 1)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags = get_tags(self.estimator).classifier_tags
        tags.input_tags.three_d_array = True
        return tags


def _scores_name(classifier: Any) -> str:
    names = ("predict_proba", "decision_function")
    return next((name for name in names if hasattr(classifier, name)), "")


def _check_has_scores(classifier: Any, tta: int) -> None:
    if not _scores_name(classifier):
        raise ValueError(
            f"tta={tta} averages predict_proba or decision_function, but "
            f"{type(classifier).__name__} has neither. Use tta=0."
        )


def _check_scores_of_classes(classifier: Any, X: NDArray[Any], tta: int) -> None:
    """Raise unless there is a score for each class, or one for the two of them."""
    n_classes = len(classifier.classes_)
    scores = getattr(classifier, _scores_name(classifier))(X)
    # Of three classes there are three pairs, so the shape does not tell.
    if n_classes > 2 and (
        scores.shape[1] != n_classes or scores_pairs_of_classes(classifier)
    ):
        raise ValueError(
            f"tta={tta} averages one score for each class, but the decision_function "
            f"of {type(classifier).__name__} is for pairs of classes. Use "
            "decision_function_shape='ovr', or tta=0."
        )


def _check_takes_weights(classifier: Any) -> None:
    if not has_fit_parameter(classifier, "sample_weight"):
        raise ValueError(
            f"sample_weight was given, but fit of {type(classifier).__name__} takes "
            "none. Leave it out, or use another estimator."
        )
