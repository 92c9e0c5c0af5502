"""What a training run leaves, and another one continues from."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# After so many steps, statistics of batch normalisation follow at their final pace.
MANY_STEPS = 1_000_000

Weights = list[NDArray[np.float32]]


class TrainingState(NamedTuple):
    """All that a later fit needs to continue: weights, and the optimizer's variables.

    Weights that are missing at the end are drawn, and an empty list stands for an
    optimizer that has taken no step. The earlier steps are those behind the statistics
    of each batch normalisation that the optimizer did not count; None leaves them to be
    estimated.
    """

    weights: Weights
    optimizer: list[NDArray[Any]]
    earlier_steps: Sequence[int] | None = None
