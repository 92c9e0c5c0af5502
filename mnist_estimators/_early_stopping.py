"""Early stopping: which epoch was best, and when to wait no longer."""

from collections.abc import Callable
from typing import Any

import numpy as np


class EarlyStopping:
    """Remember the weights of the epoch of least validation loss.

    Parameters
    ----------
    patience : int or None
        Epochs without improvement before training stops. None never stops it.
    """

    def __init__(self, patience: int | None):
        self.patience = patience
        self.best_weights: Any = None
        self._best_loss = np.inf
        self._epochs_without_gain = 0

    def update(self, loss: float, weights: Callable[[], Any]) -> None:
        """Tell of the end of an epoch.

        Parameters
        ----------
        loss : float
            Validation loss.
        weights : callable
            Makes a copy of the present weights.
        """
        if loss < self._best_loss:
            self._best_loss, self.best_weights = loss, weights()
            self._epochs_without_gain = 0
        else:
            self._epochs_without_gain += 1

    @property
    def stops(self) -> bool:
        """Whether patience has run out."""
        return self.patience is not None and self._epochs_without_gain >= self.patience
