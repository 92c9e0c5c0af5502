"""Comparing computations that may round differently."""

from typing import Any

import numpy as np

# Matrix kernels add numbers in another order for another place in the batch, batch
# size, number of threads or processor. In float32 this moves logits of about 10, and
# so probabilities, by some 1e-6.
ATOL = 1e-5


def assert_same_up_to_rounding(found: Any, expected: Any) -> None:
    """Compare probabilities that two different calls computed from the same weights.

    The very same call (data, batch, weights, threads) gives the same bits: compare
    those with ``np.testing.assert_array_equal``.
    """
    np.testing.assert_allclose(found, expected, rtol=0, atol=ATOL)
