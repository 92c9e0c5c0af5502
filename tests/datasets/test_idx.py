import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from mnist_estimators.datasets._idx import format_idx, parse_idx

arrays = npst.arrays(
    np.uint8, npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
)


def test_reads_the_documented_layout():
    content = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(parse_idx(content), [[1, 2, 3], [4, 5, 6]])


@settings(deadline=None)
@given(arrays)
def test_parsing_undoes_formatting(array):
    parsed = parse_idx(format_idx(array))
    assert parsed.dtype == np.uint8
    assert parsed.shape == array.shape
    np.testing.assert_array_equal(parsed, array)


@settings(deadline=None)
@given(arrays, st.data())
def test_a_truncated_file_is_refused(array, data):
    content = format_idx(array)
    length = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ValueError, match=r"too few|ends within|but \d+ follow"):
        parse_idx(content[:length])


@settings(deadline=None)
@given(arrays, st.binary(min_size=1, max_size=9))
def test_trailing_bytes_are_refused(array, trailing):
    with pytest.raises(ValueError, match="header announces"):
        parse_idx(format_idx(array) + trailing)


@settings(deadline=None)
@given(st.binary(max_size=40) | st.binary(max_size=40).map(b"\0\0\x08".__add__))
def test_any_bytes_are_an_array_or_a_value_error(content):
    try:
        array = parse_idx(content)
    except ValueError:
        return
    assert format_idx(array) == content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (gzip.compress(bytes(100)), "begins with 0x1f8b"),
        (b"\0\0\x0d\x01\0\0\0\x01" + bytes(4), "type 0x0d, not 0x08"),
    ],
    ids=["empty", "gzipped", "floats"],
)
def test_other_files_are_refused_with_the_reason(content, reason):
    with pytest.raises(ValueError, match=reason):
        parse_idx(content)


def test_only_unsigned_bytes_are_formatted():
    with pytest.raises(ValueError, match="int64, not uint8"):
        format_idx(np.zeros(3, np.int64))
