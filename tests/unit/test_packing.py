"""Packing lines into records, and records into calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.packing import calls_of, pack
from schemas.limits import MAX_PUT_BYTES, MAX_RECORDS_PER_PUT


def test_no_lines_make_no_records():
    assert pack([], 10) == ([], [])


def test_one_line_is_its_own_record():
    line = b"abc\n"
    records, counts = pack([line], 10)
    assert records[0] is line
    assert counts == [1]


def test_lines_fill_a_record_to_the_last_byte():
    assert pack([b"123\n", b"45678\n", b"9\n"], 10) == ([b"123\n45678\n", b"9\n"], [2, 1])
    assert pack([b"123\n", b"456789\n", b"9\n"], 10) == ([b"123\n", b"456789\n9\n"], [1, 2])


def test_a_line_beyond_the_limit_stands_alone():
    assert pack([b"1\n", b"123456789\n", b"2\n", b"3\n"], 5) == ([b"1\n", b"123456789\n", b"2\n3\n"], [1, 1, 2])
    assert pack([b"123456789\n", b"2\n"], 5) == ([b"123456789\n", b"2\n"], [1, 1])


@given(st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"") + b"\n")), st.integers(13, 40))
def test_records_hold_all_lines_in_order_and_no_two_neighbours_would_fit_in_one(lines, limit):
    records, counts = pack(lines, limit)
    assert b"".join(records) == b"".join(lines)
    assert [record.count(b"\n") for record in records] == counts
    assert all(len(record) <= limit for record in records)
    firsts = [lines[sum(counts[:n])] for n in range(len(counts))]
    assert all(len(record) + len(first) > limit for record, first in zip(records, firsts[1:], strict=False))


@pytest.mark.parametrize(
    ("sizes", "calls"),
    [
        ([], []),
        ([1], [1]),
        ([1] * MAX_RECORDS_PER_PUT, [500]),
        ([1] * (2 * MAX_RECORDS_PER_PUT + 1), [500, 500, 1]),
        ([MAX_PUT_BYTES // 4] * 9, [4, 4, 1]),
        ([MAX_PUT_BYTES // 4, MAX_PUT_BYTES // 4 * 3, 1], [2, 1]),
        ([MAX_PUT_BYTES // 4 + 1] * 4, [3, 1]),
    ],
)
def test_a_call_takes_500_records_and_4_mib(sizes, calls):
    records = [bytes(size) for size in sizes]
    parts = calls_of(records)
    assert [len(records[part]) for part in parts] == calls
    assert [record for part in parts for record in records[part]] == records
