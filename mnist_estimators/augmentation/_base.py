"""What all augmenters share: validation, chunks, and scikit-learn's interface."""

from abc import ABCMeta, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._inputs.callbacks import CallbackSupportMixin, fit_task
from .._inputs.images import shape_of
from .._inputs.parameters import draw_seed
from .._inputs.sklearn_private import fit_context, validate_parameter_constraints
from .._inputs.validation import validate_pixels
from ..persistence import SaveMixin
from ._functional import LARGEST_SIDE, in_chunks

Drawn = tuple[NDArray[Any], ...]  # arrays of a value for each image


class BaseAugmenter(
    SaveMixin,
    CallbackSupportMixin,
    OneToOneFeatureMixin,
    TransformerMixin,
    BaseEstimator,
    metaclass=ABCMeta,
):
    """Random variants of images; subclasses say how they are drawn and made."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "image_shape": ["array-like", None],
        "random_state": ["random_state"],
    }

    # Each subclass has these fields.
    image_shape: tuple[int, int] | None
    random_state: int | np.random.RandomState | None

    image_shape_: tuple[int, int]
    background_: float

    @abstractmethod
    def _draw(self, n_images: int, rng: np.random.Generator) -> Drawn:
        """Draw the parameters of each image."""

    @abstractmethod
    def _apply(self, images: NDArray[Any], *parameters: NDArray[Any]) -> NDArray[Any]:
        """Make variants of images (n, height, width) of a type that OpenCV takes."""

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the shape of the images and their background.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, of any numeric type.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted augmenter.

        Raises
        ------
        ValueError
            If a parameter is out of its range, or if `X` holds NaN, infinity or no
            numbers, is empty, or is of another shape than `image_shape`.
        """
        with fit_task(self, X, y):
            images = self._stack(X, reset=True)
            if max(self.image_shape_) > LARGEST_SIDE:
                raise ValueError(
                    f"Images of shape {self.image_shape_} are too large: augmenters "
                    f"take up to {LARGEST_SIDE} pixels a side. If X has several rows "
                    "an image, say so with image_shape=(height, width)."
                )
            edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
            border = np.concatenate([edge.ravel() for edge in edges])
            # Halved, as the mean of two large numbers would overflow.
            median = 2 * np.median(border.astype(np.float64) / 2)
            self.background_ = border.dtype.type(median).item()
        return self

    def transform(self, X: ArrayLike) -> NDArray[Any]:
        """Return the images as they are: ``transform`` is for new, unlabelled images.

        ``fit(X).transform(X)`` is therefore not ``fit_transform(X)``.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images of the shape seen in ``fit``.

        Returns
        -------
        ndarray of the shape and type of `X`
            The same values; not a copy, where none is needed.

        Raises
        ------
        NotFittedError
            If the augmenter is not fitted.
        ValueError
            If `X` has another number of pixels, or holds NaN or infinity.
        """
        check_is_fitted(self)
        return validate_pixels(self, X, reset=False).reshape(shape_of(X))

    def fit_transform(
        self, X: ArrayLike, y: Any = None, **fit_params: Any
    ) -> NDArray[Any]:
        """Fit, and make one random variant of each image.

        A ``Pipeline`` calls this in its ``fit`` and ``transform`` in its ``predict``,
        so what comes after is trained on variants and predicts the images themselves:
        ``fit_transform(X)`` is not ``fit(X).transform(X)``.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images, of any numeric type. Not changed.
        y : object, default=None
            Ignored.
        **fit_params : dict
            None exist.

        Returns
        -------
        ndarray of the shape and type of `X`
            Variants, in the order of `X`.

        Raises
        ------
        ValueError
            As in ``fit``.
        """
        return self.fit(X, y, **fit_params).augment(X, random_state=self.random_state)

    def augment(
        self,
        X: ArrayLike,
        *,
        random_state: int | np.random.RandomState | None = None,
        alike: bool = False,
    ) -> NDArray[Any]:
        """Make one random variant of each image.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images of the shape seen in ``fit``. Not changed.
        random_state : int, RandomState instance or None, default=None
            Seed of this draw. With an int, the same images have the same variants,
            however often it is called.
        alike : bool, default=False
            Whether one random change is drawn for all images, so that the variant of an
            image does not depend on its place among the others.

        Returns
        -------
        ndarray of the shape and type of `X`
            Variants, in the order of `X`.

        Raises
        ------
        NotFittedError
            If the augmenter is not fitted.
        ValueError
            If `X` has another number of pixels, or holds NaN or infinity.
        """
        check_is_fitted(self)
        images = self._stack(X, reset=False)
        validate_parameter_constraints(
            {"random_state": ["random_state"]},
            {"random_state": random_state},
            caller_name="augment",
        )
        rng = np.random.default_rng(draw_seed(random_state))
        n_draws = 1 if alike else len(images)
        parameters = tuple(
            np.broadcast_to(values, (len(images), *values.shape[1:]))
            for values in self._draw(n_draws, rng)
        )
        return in_chunks(self._apply, images, *parameters).reshape(shape_of(X))

    def _stack(self, X: ArrayLike, *, reset: bool) -> NDArray[Any]:
        pixels = validate_pixels(self, X, reset=reset)
        return pixels.reshape(len(pixels), *self.image_shape_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
