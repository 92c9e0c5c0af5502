"""Support of scikit-learn's callbacks, which version 1.9 has brought."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]  # in place of theirs
        """Adds nothing: this scikit-learn has no callbacks."""

    def with_callbacks(method: Any) -> Any:
        """Return the method as it is: this scikit-learn has no callbacks."""
        return method


__all__ = ["CallbackSupportMixin", "fit_task", "has_callbacks", "with_callbacks"]


def has_callbacks(estimator: Any) -> bool:
    """Whether callbacks observe a fit: the estimator's own, or those of a search."""
    names = ("_skl_callbacks", "_parent_callback_ctx")
    return any(hasattr(estimator, name) for name in names)


@contextmanager
def fit_task(
    estimator: Any, X: Any, y: Any = None, inner: Any = None
) -> Iterator[None]:
    """Report a fit to the callbacks of an estimator.

    Parameters
    ----------
    estimator : estimator
        Inherits from ``CallbackSupportMixin``. Its method ``fit`` is decorated with
        ``fit_context`` or ``with_callbacks``.
    X, y : object
        What the user gave to ``fit``.
    inner : estimator, default=None
        The estimator that is fitted inside, if there is one. Callbacks that are made
        for several levels observe it, too.
    """
    if not has_callbacks(estimator):
        yield
        return
    about = {"estimator": estimator, "X": X, "y": y}
    task = estimator._init_callback_context(max_subtasks=int(inner is not None))
    task.call_on_fit_task_begin(**about)
    if inner is None:
        yield
    else:
        part = task.subcontext(task_name="fit-estimator")
        with part.propagate_callback_context(inner):
            part.call_on_fit_task_begin(**about)
            yield
            part.call_on_fit_task_end(**about)
    task.call_on_fit_task_end(**about, reconstruction_attributes={})
