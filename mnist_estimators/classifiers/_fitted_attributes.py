"""The attributes of a fitted classifier, all read from its one state."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ._fitted_state import FittedState, state_of_earlier_version

if TYPE_CHECKING:
    import pandas as pd


class FittedAttributes:
    """Gives a classifier its fitted attributes, and its state to pickles and files.

    What the attributes return can't change the classifier: arrays are read-only and
    lists are copies. Only ``weights_`` can be assigned.
    """

    # Each subclass says which state its fit leaves behind.
    _state_class: ClassVar[type[FittedState]]

    _fitted: Any = None

    @property
    def classes_(self) -> NDArray[Any]:
        """Class labels, sorted."""
        return self._fitted_as("classes_").seen.classes

    @property
    def n_features_in_(self) -> int:
        """Number of pixels of an image."""
        return self._fitted_as("n_features_in_").seen.n_features_in

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Column names, if `X` was a data frame with text names."""
        names = self._fitted_as("feature_names_in_").seen.feature_names_in
        if names is None:
            raise AttributeError("feature_names_in_: X had no column names in fit")
        return names

    @property
    def image_shape_(self) -> tuple[int, int]:
        """Height and width of the images, in pixels."""
        return self._fitted_as("image_shape_").seen.image_shape

    @property
    def pixel_range_(self) -> tuple[float, float]:
        """Lowest and highest pixel value."""
        return self._fitted_as("pixel_range_").seen.pixel_range

    @property
    def weights_(self) -> tuple[NDArray[Any], ...]:
        """The fitted weights: read-only arrays.

        You can assign other arrays of the same shapes; they act at once.
        """
        return self._fitted_as("weights_").weights

    @weights_.setter
    def weights_(self, weights: Iterable[Any]) -> None:
        check_is_fitted(self)
        self._fitted = self._fitted.with_weights(weights)

    @property
    def history_(self) -> dict[str, list[float]]:
        """Loss and accuracy of each epoch."""
        history = self._fitted_as("history_").history
        return {name: list(values) for name, values in history.items()}

    @property
    def n_iter_(self) -> int:
        """Number of epochs trained, also before the last call continued them."""
        return self._fitted_as("n_iter_").n_epochs

    @property
    def loss_curve_(self) -> list[float]:
        """Training loss of each epoch."""
        return self.history_.get("loss", [])

    @property
    def best_loss_(self) -> float | None:
        """Least training loss of an epoch; None where there are validation data."""
        history = self.history_
        if "val_accuracy" in history:
            return None
        return min(history.get("loss", ()), default=np.inf)

    @property
    def validation_scores_(self) -> list[float] | None:
        """Accuracy on the validation data after each epoch; None without any."""
        return self.history_.get("val_accuracy")

    @property
    def best_validation_score_(self) -> float | None:
        """Largest of `validation_scores_`; None without any."""
        scores = self.validation_scores_
        if scores is None:
            return None
        # NaN in epochs of fits without validation data.
        return max((one for one in scores if not np.isnan(one)), default=-np.inf)

    @property
    def history_frame_(self) -> "pd.DataFrame":
        """The history as a data frame: one column a metric, one row an epoch."""
        import pandas as pd

        epochs = pd.RangeIndex(1, self.n_iter_ + 1, name="epoch")
        return pd.DataFrame(self.history_, index=epochs)

    def _fitted_as(self, name: str) -> Any:
        """Return the state, for an attribute that an unfitted classifier lacks."""
        if self._fitted is None:
            raise NotFittedError(
                f"This {type(self).__name__} is not fitted yet, so it has no {name}. "
                "Call 'fit' first."
            )
        return self._fitted

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    def __getstate__(self) -> dict[str, Any]:
        # A mixin: BaseEstimator, behind it in every class, has the method.
        state: Any = super().__getstate__()
        state = dict(state)
        if self._fitted is not None:
            state["_fitted"] = self._fitted.to_plain()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        plain = state.pop("_fitted", None)
        if plain is None and "weights_" in state:
            plain = state_of_earlier_version(state)
        super().__setstate__(state)  # type: ignore[misc]  # of BaseEstimator
        if plain is not None:
            self._fitted = self._state_class.from_plain(plain)
