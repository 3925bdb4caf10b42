"""An event as a protocol makes it."""

import json

import pytest

from domain.msgspec_core import Raw
from domain.protocols.shared.shape import Made


@pytest.mark.parametrize(
    "own_id", [None, "", "a", "é" * 5_000, "\ud800😀\udfff" * 5_000], ids=["none", "empty", "short", "long", "halves"]
)
def test_the_senders_id_is_what_it_was_however_long(own_id):
    assert Made(b"{}", own_id).sender_id == own_id
    assert own_id is None or Made(b"{}", Raw(json.dumps(own_id).encode())).sender_id == own_id
