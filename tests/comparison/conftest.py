"""Images that the tests of this folder share."""

import pytest
from sklearn.datasets import load_digits


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X, y = X[:300], y[:300]
    X.flags.writeable = y.flags.writeable = False  # the caller's arrays are not changed
    return X, y
