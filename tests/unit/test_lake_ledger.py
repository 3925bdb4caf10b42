"""Entries of a lake's ledger, which may lie in a bucket that others write to as well."""

import pytest

from connectors.lake import ledger
from connectors.lake.ledger import packed, unpacked
from domain.errors import Undelivered


def test_an_entry_is_read_as_it_was_written():
    assert unpacked(packed(b"evt_1\nevt_2")) == b"evt_1\nevt_2"
    assert unpacked(packed(b"")) == b""


@pytest.mark.parametrize("content", [b"", packed(b"evt_1")[:-1], packed(b"evt_1")[:5], b"no gzip"])
def test_a_part_of_an_entry_is_none(content):
    assert unpacked(content) is None


def test_an_entry_that_unpacks_to_more_than_any_object_has_is_not_read(monkeypatch):
    monkeypatch.setattr(ledger, "MAX_ENTRY_BYTES", 1_000)
    assert unpacked(packed(b"x" * 1_000)) == b"x" * 1_000
    with pytest.raises(Undelivered, match="unpacks to more"):
        unpacked(packed(b"x" * 1_001))
