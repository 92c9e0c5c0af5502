from array import array
from collections import deque

import numpy as np
import pandas as pd
import pytest

from mnist_estimators._inputs.validation import check_array_like


class OnlyAnArray:
    """Gives its values to NumPy, and has no items."""

    def __array__(self, dtype=None, copy=None):
        return np.eye(2)

    def __iter__(self):
        raise AssertionError("nobody needs to go over the items")


class LikeAList:
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return [[0.0, 1.0], [1.0, 0.0]][index]

    def __iter__(self):
        yield from (self[0], self[1])


class Loader:
    def __len__(self):
        return 1

    def __iter__(self):
        yield np.eye(2), [0, 1]


@pytest.mark.parametrize(
    "values",
    [
        np.eye(2),
        [[0, 1], [1, 0]],
        ((0, 1), (1, 0)),
        range(3),
        deque([1, 2]),
        array("d", [1.0]),
        memoryview(b"ab"),
        pd.DataFrame({"a": [1]}),
        pd.Series([1]),
        OnlyAnArray(),
        LikeAList(),
        None,
        "text",
        3.0,
    ],
    ids=lambda values: type(values).__name__,
)
def test_what_numpy_takes_passes(values):
    check_array_like("X", values)


@pytest.mark.parametrize(
    "values",
    [Loader(), (row for row in np.eye(2)), iter([1]), map(abs, [1]), {1, 2}],
    ids=lambda values: type(values).__name__,
)
def test_others_that_are_iterated_over_are_refused(values):
    kind = type(values).__name__
    with pytest.raises(TypeError, match=rf"^y is a {kind} \(of .*partial_fit"):
        check_array_like("y", values)


def test_an_iterator_stays_as_it_is():
    values = iter([1])
    with pytest.raises(TypeError):
        check_array_like("X", values)
    assert list(values) == [1]
