"""Ctrl-C: one ends a fit, and another one soon after it ends the whole program."""

import warnings
from math import inf
from time import monotonic

SECONDS = 2.0

_ended_a_fit = -inf


def follows_closely(since: float) -> bool:
    """Whether a Ctrl-C follows one that has ended a fit, by two seconds at most.

    Parameters
    ----------
    since : float
        When the running training step began, by ``time.monotonic``. Python notices
        Ctrl-C only after the step, so it may have been pressed as early as that.

    Returns
    -------
    bool
    """
    return since - _ended_a_fit <= SECONDS


def warn_of_interrupt(n_epochs: int, planned: int) -> None:
    """Warn that the user has ended the training, as scikit-learn's networks do.

    Parameters
    ----------
    n_epochs : int
        Whole epochs until then.
    planned : int
        Epochs that there would have been.
    """
    global _ended_a_fit
    _ended_a_fit = monotonic()
    warnings.warn(
        f"Training interrupted by user, after {n_epochs} of {planned} epochs. Press "
        "Ctrl-C again within two seconds to stop the whole program, such as a search.",
        stacklevel=2,
    )
