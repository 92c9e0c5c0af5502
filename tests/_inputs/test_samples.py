import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from sklearn.utils import compute_sample_weight

from mnist_estimators._inputs.samples import (
    Samples,
    check_class_weight,
    combine_weights,
    encode_labels,
    hold_out,
)

labels = st.lists(st.sampled_from("abcd"), min_size=1, max_size=20).map(np.array)


def samples(y):
    """Samples in which image, target and weight of a row all tell its number."""
    n = len(y)
    rows = np.arange(n, dtype=np.float32)
    return Samples(rows.reshape(n, 1, 1, 1), np.asarray(y, np.int32), rows)


class TestLabels:
    @given(labels)
    def test_a_label_becomes_its_index_among_the_classes(self, y):
        classes = np.array(list("abcde"))
        encoded = encode_labels(y, classes)
        assert encoded.dtype == np.int32
        np.testing.assert_array_equal(classes[encoded], y)

    @given(st.lists(st.integers(0, 9), min_size=1), st.sampled_from("uif"))
    def test_what_is_equal_has_the_same_index(self, y, kind):
        numbers = np.array(y, f"{kind}4")
        np.testing.assert_array_equal(encode_labels(numbers, np.arange(10)), y)
        text = np.array([f"no. {label}" for label in y], "U20")
        classes = np.array([f"no. {label}" for label in range(10)])
        np.testing.assert_array_equal(encode_labels(text, classes), y)

    def test_truth_values_are_two_classes_of_0_and_1(self):
        y = np.array([True, False])
        np.testing.assert_array_equal(encode_labels(y, np.array([0, 1])), [1, 0])

    @pytest.mark.parametrize(
        ("label", "classes"),
        [
            ("z", ["a", "b"]),
            ("big_new", ["big", "low"]),
            ("1", range(10)),
            (1, ["0", "1"]),
            (True, range(10)),
            (7, [False, True]),
        ],
    )
    def test_other_labels_are_refused(self, label, classes):
        message = rf"names \[{label!r}\], .* knows only the labels \[{classes[0]!r}, "
        with pytest.raises(ValueError, match=message):
            encode_labels(np.array([label]), np.array(classes))

    @given(st.floats(-0.99, 9.99).filter(lambda label: not label.is_integer()))
    def test_a_number_between_the_classes_is_not_rounded(self, label):
        with pytest.raises(ValueError, match=r"names \["):
            encode_labels(np.array([3.0, label]), np.arange(10))

    def test_the_error_names_some_of_many(self):
        with pytest.raises(ValueError, match=r"109\] and 90 more, but"):
            encode_labels(np.arange(100, 200), np.arange(10))


class TestWeights:
    def combine(self, sample_weight, class_weight, y, *, relative=False):
        X = np.ones((len(y), 1))
        return combine_weights(sample_weight, class_weight, X, y, relative=relative)

    @given(labels)
    def test_without_any_each_image_weighs_1(self, y):
        np.testing.assert_array_equal(self.combine(None, None, y), np.ones(len(y)))

    @given(labels, st.floats(0.125, 8), st.floats(0.125, 8))
    def test_sample_and_class_weights_multiply(self, y, weight, weight_of_a):
        sample_weight = np.arange(1.0, len(y) + 1) * weight
        expected = np.where(y == "a", weight_of_a, 1) * sample_weight
        found = self.combine(sample_weight, {"a": weight_of_a}, y)
        np.testing.assert_array_equal(found, expected)

    @given(labels)
    def test_balanced_classes_weigh_the_same(self, y):
        found = self.combine(None, "balanced", y)
        np.testing.assert_array_equal(found, compute_sample_weight("balanced", y))
        totals = [found[y == label].sum() for label in np.unique(y)]
        np.testing.assert_allclose(totals, totals[0])

    @pytest.mark.parametrize("y", [[0, 0, 2], [1, 1, 1]])
    def test_weights_of_classes_that_are_absent_do_not_matter(self, y):
        found = self.combine(None, {0: 2.0, 1: 3.0, 9: 4.0}, np.array(y))
        np.testing.assert_array_equal(found, [{0: 2, 1: 3}.get(k, 1) for k in y])

    def test_the_given_weights_are_left_alone(self):
        sample_weight = np.ones(3)
        self.combine(sample_weight, {0: 5.0}, np.array([0, 0, 1]))
        np.testing.assert_array_equal(sample_weight, np.ones(3))

    @pytest.mark.parametrize(
        ("sample_weight", "class_weight", "message"),
        [
            ([1, 1, -1], None, "sample_weight must be finite and zero or more.*-1 to"),
            (None, {0: -2}, "class_weight must be finite and zero or more.*-2 to 1"),
            (None, {0: np.nan}, "class_weight must be finite"),
            ([-1, -1, 0], {0: -1}, "must be finite and zero or more"),
            ([1, np.nan, 1], None, "NaN"),
            ([0, 0, 0], None, "no image to learn from|non-zero"),
            ([0, 0, 1], {1: 0}, "no image to learn from"),
            ([1, 1], None, "inconsistent|shape"),
        ],
    )
    def test_weights_that_make_no_sense_are_refused(
        self, sample_weight, class_weight, message
    ):
        with pytest.raises(ValueError, match=message):
            self.combine(sample_weight, class_weight, np.array([0, 0, 1]))

    @given(labels, st.floats(1e-300, 1e300), st.floats(1e-300, 1e300))
    def test_relative_weights_do_not_depend_on_the_scale(self, y, scale, of_classes):
        sample_weight = np.arange(len(y)) + 0.5
        class_weight = {"a": 3.0, "b": 1.0, "c": 0.25, "d": 1.0}
        found = self.combine(sample_weight, class_weight, y, relative=True)
        assert found.mean() == pytest.approx(1)
        scaled = {label: weight * of_classes for label, weight in class_weight.items()}
        other = self.combine(sample_weight * scale, scaled, y, relative=True)
        # Each of a few operations on 64-bit numbers rounds.
        np.testing.assert_allclose(other, found, rtol=1e-14)

    @given(labels, st.floats(5e-324, 1.7e308))
    def test_equal_weights_are_relative_weights_of_1(self, y, weight):
        found = self.combine(np.full(len(y), weight), None, y, relative=True)
        np.testing.assert_array_equal(found.astype(np.float32), np.ones(len(y)))

    def test_the_mean_is_that_of_weights_above_0(self):
        y = np.array([0, 1, 0, 1])
        found = self.combine([0, 1, 3, 0], None, y, relative=True)
        np.testing.assert_array_equal(found, [0, 0.5, 1.5, 0])

    def test_balanced_classes_count_only_what_has_a_weight(self):
        y = np.array([0, 0, 0, 1])
        found = self.combine([0, 0, 1, 1], "balanced", y)
        np.testing.assert_array_equal(found, [0, 0, 1, 1])

    @pytest.mark.parametrize("weight", [1e-300, 1e300])
    def test_weights_out_of_the_range_of_float32(self, weight):
        with pytest.raises(ValueError, match=r"sample_weight, .* Divide all weights"):
            self.combine(np.full(3, weight), None, np.array([0, 0, 1]))


class TestClassWeights:
    @pytest.mark.parametrize("given", [None, "balanced", {}, {1: 2.0, 7: 1.0}])
    def test_some_labels_are_enough(self, given):
        check_class_weight(given, np.arange(3))

    def test_no_known_label_is_warned_of(self):
        message = r"class_weight .* names \['1'\], but the labels in y are \[0, 1, 2\]"
        with pytest.warns(UserWarning, match=message):
            check_class_weight({"1": 2.0}, np.arange(3))

    @pytest.mark.parametrize("given", [pd.Series([1.0, 2.0]), np.ones(2), [1.0, 2.0]])
    def test_weights_without_labels_are_refused(self, given):
        message = rf"Got {type(given).__name__} .*dict\(zip\(labels, weights\)\)"
        with pytest.raises(ValueError, match=message):
            check_class_weight(given, np.arange(2))


class TestHoldOut:
    @given(st.integers(0, 2**31), st.sampled_from([0.1, 0.25, 0.5]))
    def test_each_class_gives_its_share(self, seed, fraction):
        y = np.repeat([0, 1, 2], [20, 40, 60])
        training, validation = hold_out(samples(y), fraction, seed)
        held_out = np.bincount(validation.targets)
        np.testing.assert_array_equal(held_out, fraction * np.bincount(y))
        assert len(training.targets) + len(validation.targets) == len(y)

    @given(st.integers(0, 2**31))
    def test_each_row_stays_whole_and_is_in_one_part(self, seed):
        y = np.arange(40) % 4
        parts = hold_out(samples(y), 0.25, seed)
        for part in parts:
            np.testing.assert_array_equal(part.images.ravel(), part.weights)
            np.testing.assert_array_equal(y[part.weights.astype(int)], part.targets)
        rows = np.concatenate([part.weights for part in parts])
        np.testing.assert_array_equal(np.sort(rows), np.arange(40))

    def test_the_seed_decides(self):
        data = samples([0, 1] * 50)
        first, again, other = (hold_out(data, 0.2, seed)[1] for seed in (0, 0, 1))
        np.testing.assert_array_equal(first.weights, again.weights)
        assert set(first.weights) != set(other.weights)

    @pytest.mark.parametrize("fraction", [0.1, 0.25, 0.8])
    def test_it_draws_as_train_test_split_where_that_can(self, fraction):
        y = np.arange(60) % 5
        expected = train_test_split(
            np.arange(60), test_size=fraction, stratify=y, random_state=3
        )
        for part, rows in zip(hold_out(samples(y), fraction, 3), expected, strict=True):
            np.testing.assert_array_equal(part.weights, rows)

    @given(
        st.lists(st.integers(0, 5), min_size=1, max_size=30),
        st.floats(0.01, 0.99),
        st.integers(0, 99),
    )
    def test_what_can_be_held_out_is(self, y, fraction, seed):
        counts = np.bincount(y)
        assume(counts.max() >= 2)
        training, validation = hold_out(samples(y), fraction, seed)
        rows = np.concatenate([training.weights, validation.weights])
        np.testing.assert_array_equal(np.sort(rows), np.arange(len(y)))
        learned = np.bincount(training.targets, minlength=len(counts))
        assert learned[counts == 1].tolist() == [1] * (counts == 1).sum()
        assert 0 < len(validation.targets) < len(y)

    @pytest.mark.parametrize("seed", range(3))
    def test_one_of_each_class_where_there_is_less_to_share(self, seed):
        y = np.repeat([0, 1, 2, 3], [5, 2, 1, 2])
        training, validation = hold_out(samples(y), 0.1, seed)
        assert sorted(validation.targets) == [0, 1, 3]
        assert np.bincount(training.targets).tolist() == [4, 1, 1, 1]
        training, validation = hold_out(samples(y), 0.9, seed)
        assert sorted(training.targets) == [0, 1, 2, 3]
        assert np.bincount(validation.targets).tolist() == [4, 1, 0, 1]

    def test_the_seed_decides_which_one(self):
        data = samples(np.repeat([0, 1, 2, 3], 3))
        drawn = [tuple(hold_out(data, 0.1, seed)[1].weights) for seed in range(9)]
        assert drawn[0] == tuple(hold_out(data, 0.1, 0)[1].weights)
        assert len(set(drawn)) > 3

    def test_a_class_of_one_image_leaves_the_shares_of_the_others(self):
        y = np.append(np.arange(1000) % 10, 10)
        training, validation = hold_out(samples(y), 0.1, 0)
        assert np.bincount(validation.targets).tolist() == [10] * 10
        assert np.bincount(training.targets).tolist() == [90] * 10 + [1]

    def test_nothing_can_be_held_out(self):
        data = samples([0, 1, 2])
        message = "validation_fraction=0.2 can't be held out of 3 images, as no class"
        with pytest.warns(UserWarning, match=message):
            training, validation = hold_out(data, 0.2, 0)
        assert training is data
        assert validation is None
