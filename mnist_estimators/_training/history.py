"""The history of a training: each metric, epoch by epoch."""

from collections.abc import Mapping, Sequence

import numpy as np

METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")

History = dict[str, list[float]]


def curves(epochs: Sequence[Mapping[str, float]], *, with_validation: bool) -> History:
    """List each metric over the epochs, of which there may be none.

    Parameters
    ----------
    epochs : sequence of mapping
        Metrics of each whole epoch. One that is missing in an epoch is NaN there.
    with_validation : bool
        Whether those of validation data are among them.

    Returns
    -------
    dict of list of float
    """
    plain = METRICS if with_validation else METRICS[:2]
    names = dict.fromkeys([*plain, *(name for metrics in epochs for name in metrics)])
    return {
        name: [float(metrics.get(name, np.nan)) for metrics in epochs] for name in names
    }


def extended(history: History, later: History) -> History:
    """Add epochs; a metric that only some of the fits had is NaN in the others.

    Parameters
    ----------
    history : dict of list of float
        Not changed, so that an estimator still has it if the rest of the fit fails.
    later : dict of list of float
        What is added.

    Returns
    -------
    dict of list of float
    """
    n_before, n_new = (len(one.get("loss", ())) for one in (history, later))
    return {
        name: history.get(name, [np.nan] * n_before) + later.get(name, [np.nan] * n_new)
        for name in dict.fromkeys([*history, *later])
    }
