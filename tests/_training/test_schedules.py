import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_estimators._training.schedules import SCHEDULES, learning_rates

rates = st.floats(2**-20, 10, width=32)
many_steps = st.integers(1, 500)


@given(st.sampled_from([None, *SCHEDULES]), rates, many_steps)
def test_there_is_a_positive_rate_for_each_step(schedule, rate, n_steps):
    found = learning_rates(schedule, rate, n_steps)
    assert found.shape == (n_steps,)
    assert found.dtype == np.float32
    assert found.min() > 0
    assert found.max() <= np.float32(rate)


@given(rates, many_steps)
def test_without_a_schedule_the_rate_stays(rate, n_steps):
    assert set(learning_rates(None, rate, n_steps)) == {np.float32(rate)}


@given(rates, many_steps)
def test_cosine_falls_from_the_full_rate(rate, n_steps):
    found = learning_rates("cosine", rate, n_steps)
    assert found[0] == np.float32(rate)
    assert (np.diff(found) < 0).all()


@given(rates, st.integers(2, 500))
def test_one_cycle_starts_low_rises_and_falls(rate, n_steps):
    found = learning_rates("one_cycle", rate, n_steps)
    top = found.argmax()
    assert found[0] == pytest.approx(rate / 25)
    assert (np.diff(found[: top + 1]) > 0).all()
    assert (np.diff(found[top:]) < 0).all()
    assert top == pytest.approx(0.3 * n_steps, abs=1)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_many_steps_reach_the_full_rate_and_end_near_zero(schedule):
    found = learning_rates(schedule, 0.1, 1000)
    assert found.max() == pytest.approx(0.1)
    assert found[-1] < 1e-5 * found.max() + 1e-6


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_shape_of_a_schedule_does_not_depend_on_the_number_of_steps(schedule):
    few, many = (learning_rates(schedule, 1.0, n) for n in (100, 1000))
    np.testing.assert_allclose(many[::10], few, rtol=1e-6)
