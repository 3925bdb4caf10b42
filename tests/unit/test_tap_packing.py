"""Messages of taps: short ones as they are, others compressed, each read back within its bound."""

import orjson
import pytest

from domain.live.packing import document_from, message_from
from schemas.limits import MAX_TAP_MESSAGE_BYTES

SHORT, LONG = 10, 50_000


@pytest.mark.parametrize("length", [SHORT, LONG])
@pytest.mark.parametrize("character", ["a", "é", "😀", "\x7f", "\x00", '"'])
def test_a_message_is_ascii_and_says_what_it_was_made_of(character, length):
    document = {"events": [{"raw": character * length}]}
    message = message_from(document)
    assert message.isascii()
    assert not [sign for sign in message if ord(sign) < 0x20]
    assert document_from(message, MAX_TAP_MESSAGE_BYTES * 4) == document


def test_a_short_message_is_json_and_a_long_one_is_compressed():
    short, long = {"raw": "a" * SHORT}, {"raw": "a" * LONG}
    assert message_from(short) == orjson.dumps(short).decode()
    assert len(message_from(long)) < LONG / 10


@pytest.mark.parametrize("length", [SHORT, LONG])
def test_a_message_of_more_than_its_bound_is_not_read(length):
    document = {"raw": "a" * length}
    exact = len(orjson.dumps(document))
    assert document_from(message_from(document), exact) == document
    with pytest.raises(ValueError, match="too long"):
        document_from(message_from(document), exact - 1)
