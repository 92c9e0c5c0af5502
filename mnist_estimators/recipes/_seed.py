"""The type of `random_state`."""

import numpy as np

Seed = int | np.random.RandomState | None
