"""Early stopping: which epoch was best, and when to wait no longer."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class BestEpoch(NamedTuple):
    """The epoch of least validation loss: its state, and how long ago it was."""

    state: Any = None
    loss: float = np.inf
    epochs_since: int = 0


class EarlyStopping:
    """Remember the state of training after the epoch of least validation loss.

    Parameters
    ----------
    patience : int or None
        Epochs without improvement before training stops. None never stops it.
    """

    def __init__(self, patience: int | None):
        self.patience = patience
        self.best = BestEpoch()

    def update(self, loss: float, state: Callable[[], Any]) -> None:
        """Tell of the end of an epoch.

        Parameters
        ----------
        loss : float
            Validation loss.
        state : callable
            Makes a copy of the present state.
        """
        if loss < self.best.loss:
            self.best = BestEpoch(state(), loss)
        else:
            since = self.best.epochs_since + 1
            self.best = self.best._replace(epochs_since=since)

    @property
    def stops(self) -> bool:
        """Whether patience has run out."""
        return self.patience is not None and self.best.epochs_since >= self.patience
