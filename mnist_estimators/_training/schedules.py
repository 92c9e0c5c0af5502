"""Learning-rate schedules as plain arrays: one rate for each training step."""

import numpy as np
from numpy.typing import NDArray

SCHEDULES = ("cosine", "one_cycle")
WARM_UP = 0.3
START = 0.04


def learning_rates(
    schedule: str | None, learning_rate: float, n_steps: int
) -> NDArray[np.float32]:
    """Compute the learning rate of each step of a fit.

    Parameters
    ----------
    schedule : {'cosine', 'one_cycle'} or None
        None keeps the rate; 'cosine' lets it fall to zero along half a cosine; and
        'one_cycle' raises it from a 25th to the full rate over the first 30 % of the
        steps before it falls.
    learning_rate : float
        The largest rate.
    n_steps : int
        Number of steps of the whole fit.

    Returns
    -------
    ndarray of shape (n_steps,), dtype float32

    References
    ----------
    .. [1] I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm
       Restarts", ICLR 2017.
    .. [2] L. N. Smith, N. Topin, "Super-Convergence: Very Fast Training of Neural
       Networks Using Large Learning Rates", 2019.

    Examples
    --------
    >>> from mnist_estimators._training.schedules import learning_rates
    >>> learning_rates("cosine", 0.1, 4).round(3)
    array([0.1  , 0.085, 0.05 , 0.015], dtype=float32)
    """
    if schedule is None:
        return np.full(n_steps, learning_rate, np.float32)
    progress = np.arange(n_steps) / n_steps
    if schedule == "cosine":
        factor = _half_cosine(progress)
    else:
        rising = START + (1 - START) * (1 - _half_cosine(progress / WARM_UP))
        falling = _half_cosine((progress - WARM_UP) / (1 - WARM_UP))
        factor = np.where(progress < WARM_UP, rising, falling)
    return (learning_rate * factor).astype(np.float32)


def _half_cosine(progress: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * (1 + np.cos(np.pi * np.clip(progress, 0, 1)))
