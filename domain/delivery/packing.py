"""Packs events into stream records, and records into calls.

The service bills each record rounded up to 5 KB, so the events of a request travel in as few records as fit.
"""

from collections.abc import Sequence

from schemas.limits import MAX_PUT_BYTES, MAX_RECORDS_PER_PUT


def pack(lines: Sequence[bytes], max_record_bytes: int) -> tuple[list[bytes], list[int]]:
    """Join newline-terminated lines, in order, into records of at most `max_record_bytes`.

    Returns:
        The records, and how many lines each of them holds. A line that is longer makes a record of its own.
    """
    if len(lines) == 1:
        return [lines[0]], [1]
    if lines and sum(map(len, lines)) <= max_record_bytes:  # nearly always
        return [b"".join(lines)], [len(lines)]
    records: list[bytes] = []
    counts: list[int] = []
    start = size = 0
    for index, line in enumerate(lines):
        if size + len(line) > max_record_bytes and index > start:
            records.append(b"".join(lines[start:index]))
            counts.append(index - start)
            start, size = index, 0
        size += len(line)
    if lines:
        records.append(b"".join(lines[start:]))
        counts.append(len(lines) - start)
    return records, counts


def calls_of(records: Sequence[bytes]) -> list[slice]:
    """Return the parts of `records`, in order, that one call of a stream takes each: 500 records and 4 MiB."""
    calls: list[slice] = []
    start = size = 0
    for index, record in enumerate(records):
        if index > start and (size + len(record) > MAX_PUT_BYTES or index - start == MAX_RECORDS_PER_PUT):
            calls.append(slice(start, index))
            start, size = index, 0
        size += len(record)
    if records:
        calls.append(slice(start, len(records)))
    return calls
