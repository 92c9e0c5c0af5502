"""A fit and its epochs as tasks, for the callbacks of scikit-learn 1.9 and later."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Self

from .._inputs.callbacks import has_callbacks
from .history import curves, extended


class FitTasks:
    """Reports the fit and its epochs to the callbacks of an estimator.

    Parameters
    ----------
    estimator : estimator
        Has callbacks, its own or those of a search or a pipeline, and `epochs`.
    X, y, sample_weight : object
        What the user gave to ``fit``.

    Attributes
    ----------
    before : FittedState
        The state that the fit completes with weights and history; set before training.
    """

    before: Any

    def __init__(self, estimator: Any, X: Any, y: Any, sample_weight: Any):
        self._about: dict[str, Any] = {"estimator": estimator, "X": X, "y": y}
        if sample_weight is not None:
            self._about["metadata"] = {"sample_weight": sample_weight}
        self._fit = estimator._init_callback_context(max_subtasks=int(estimator.epochs))
        self._fit.call_on_fit_task_begin(**self._about)

    @classmethod
    @contextmanager
    def of(
        cls, estimator: Any, X: Any, y: Any, sample_weight: Any
    ) -> Iterator[Self | None]:
        """Report begin and end of a fit, if there are callbacks that want to know."""
        if not has_callbacks(estimator):
            yield None
            return
        tasks = cls(estimator, X, y, sample_weight)
        yield tasks
        tasks._fit.call_on_fit_task_end(**tasks._about, reconstruction_attributes={})

    def epoch_begins(self) -> None:
        """Report the begin of an epoch."""
        self._epoch = self._fit.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._about)

    def epoch_ends(
        self, weights: Callable[[], Any], epochs: Sequence[Mapping[str, float]]
    ) -> bool:
        """Report the end of an epoch; return whether a callback stops the training.

        Parameters
        ----------
        weights : callable
            Copies the weights.
        epochs : sequence of mapping
            Metrics of the epochs until now.

        Returns
        -------
        bool
        """

        def state() -> dict[str, Any]:
            present = curves(epochs, with_validation="val_loss" in epochs[0])
            history = extended(self.before.history, present)
            now = replace(self.before, weights=tuple(weights()), history=history)
            return {"_fitted": now}

        return self._epoch.call_on_fit_task_end(
            **self._about, reconstruction_attributes=state
        )
