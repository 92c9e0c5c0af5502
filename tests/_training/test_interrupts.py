import time
import warnings

import pytest

from mnist_estimators._training import interrupts


def test_a_first_one_follows_none():
    assert not interrupts.follows_closely(time.monotonic())


@pytest.mark.parametrize(("seconds", "closely"), [(0, True), (1.9, True), (2.1, False)])
def test_two_seconds_after_one_that_has_ended_a_fit(seconds, closely):
    before = time.monotonic()
    with pytest.warns(UserWarning, match=r"after 1 of 5 epochs\. Press Ctrl-C again"):
        interrupts.warn_of_interrupt(1, 5)
    # What ran in this test took a moment, too.
    assert interrupts.follows_closely(before + seconds) is closely


def test_where_the_warning_is_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning):
            interrupts.warn_of_interrupt(0, 1)
    assert interrupts.follows_closely(time.monotonic())
