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
        Metrics of each whole epoch.
    with_validation : bool
        Whether those of validation data are among them.

    Returns
    -------
    dict of list of float
    """
    names = METRICS if with_validation else METRICS[:2]
    return {name: [metrics[name] for metrics in epochs] for name in names}


def extend(history: History, later: History) -> None:
    """Add epochs; a metric that only some of the fits had is NaN in the others.

    Parameters
    ----------
    history : dict of list of float
        Changed.
    later : dict of list of float
        What is added.
    """
    n_before, n_new = (len(one.get("loss", ())) for one in (history, later))
    for name in dict.fromkeys([*history, *later]):
        column = history.setdefault(name, [np.nan] * n_before)
        column.extend(later.get(name, [np.nan] * n_new))
