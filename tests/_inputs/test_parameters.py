import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_estimators._inputs.parameters import (
    draw_seed,
    flags_per_layer,
    positive_integers,
    rates_per_layer,
)

containers = st.sampled_from([tuple, list, np.array])
rates = st.floats(0, 1, exclude_max=True)


@given(st.lists(st.integers(1, 10**6)), containers)
def test_sizes_are_a_tuple_of_int(sizes, container):
    container = container if sizes else tuple
    found = positive_integers("filters", container(sizes))
    assert found == tuple(sizes)
    assert all(type(size) is int for size in found)


@pytest.mark.parametrize("size", [8, np.int64(8)])
def test_one_size_is_one_layer(size):
    assert positive_integers("filters", size) == (8,)


@pytest.mark.parametrize(
    "sizes", [0, -1, 2.0, "64", None, (8, 0), (8, 1.5), ((8, 8),), np.array(8)]
)
def test_sizes_that_are_not_positive_integers_are_refused(sizes):
    with pytest.raises(ValueError, match="filters must be positive integers"):
        positive_integers("filters", sizes)


@given(rates, st.integers(0, 5))
def test_one_rate_serves_all_layers(rate, n_layers):
    assert rates_per_layer("dropout", rate, n_layers) == (rate,) * n_layers


@given(st.lists(rates), containers)
def test_each_layer_can_have_a_rate_of_its_own(values, container):
    found = rates_per_layer("dropout", container(values), len(values))
    assert found == tuple(values)
    assert all(type(rate) is float for rate in found)


@pytest.mark.parametrize("rate", [1, -0.1, float("nan"), "half", None, (0.5, 1.0)])
def test_rates_out_of_range_are_refused(rate):
    with pytest.raises(ValueError, match="dropout must be at least 0 and below 1"):
        rates_per_layer("dropout", rate, 2 if rate != "half" else 4)


def test_one_switch_serves_all_layers_or_each_has_its_own():
    assert flags_per_layer("batch_normalization", True, 2) == (True, True)
    assert flags_per_layer("batch_normalization", np.False_, 1) == (False,)
    assert flags_per_layer("batch_normalization", [True, np.False_], 2) == (True, False)


@pytest.mark.parametrize("value", ["no", ("yes", "no"), (0, 1), (None, True), 1.0])
def test_switches_are_true_or_false(value):
    with pytest.raises(ValueError, match="must be True or False in every layer"):
        flags_per_layer("batch_normalization", value, 2)


@pytest.mark.parametrize("read", [rates_per_layer, flags_per_layer])
def test_another_number_of_values_than_layers_is_refused(read):
    with pytest.raises(ValueError, match="has 1 values for 3 hidden layers"):
        read("dropout", (0.5,), 3)


class TestSeed:
    @given(st.integers(0, 2**32 - 1), st.integers(0, 1000))
    def test_an_int_gives_the_same_seed_each_time(self, random_state, stream):
        seed = draw_seed(random_state, stream)
        assert seed == draw_seed(random_state, stream)
        assert 0 <= seed < 2**31

    def test_a_run_that_goes_on_has_another_seed(self):
        assert len({draw_seed(0, epochs) for epochs in range(100)}) == 100

    def test_a_random_state_goes_on(self):
        random_state = np.random.RandomState(0)
        first, second = (draw_seed(random_state) for _ in range(2))
        assert first != second
        assert draw_seed(np.random.RandomState(0)) == first

    def test_none_is_fresh_and_leaves_the_global_states_alone(self):
        before = random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002  the global one
        assert draw_seed(None) != draw_seed(None)
        after = random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002  the global one
        assert after == before
