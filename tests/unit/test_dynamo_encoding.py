"""How items are written into DynamoDB."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.dynamodb.encoding import (
    CHUNK_BYTES,
    MAX_INLINE_BYTES,
    MAX_TEXT_BYTES,
    chunk_keys,
    pack,
    unpack,
)
from domain.records.ports import MAX_WRITES_PER_TRANSACTION
from tests.dynamodb_in_process import MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES, item_bytes

LONGEST_KEY_BYTES = 2_048 + 1_024

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=50)
@given(st.dictionaries(st.text(st.characters()), json_values))
def test_what_was_packed_unpacks_as_it_was(data):
    packed = pack(data, "id")
    assert json.dumps(unpack(packed.attributes, packed.chunks)) == json.dumps(data)


def test_small_data_stays_readable_and_large_data_is_deflated():
    assert pack({"name": "Größe"}, "id").attributes == {"data": {"S": '{"name":"Größe"}'}}
    large = pack({"name": "ö" * MAX_TEXT_BYTES}, "id").attributes["data"]["B"]
    assert len(large) < 100


def test_data_that_does_not_fit_is_cut_into_chunks_of_which_each_fits():
    data = {"text": Random(1).randbytes(1_000_000).hex()}
    attributes, chunks = pack(data, "id")
    assert attributes == {"chunks_id": {"S": "id"}, "chunks": {"N": str(len(chunks))}}
    assert len(chunks) >= 3
    assert max(map(len, chunks)) == CHUNK_BYTES
    keys = chunk_keys(attributes)
    assert len({key.pk for key in keys}) == len(chunks)
    item = {"pk": {"S": keys[0].pk}, "sk": {"S": keys[0].sk}, "chunk": {"B": chunks[0]}, "expires_at": {"N": "9" * 10}}
    assert item_bytes(item) < MAX_ITEM_BYTES


def test_the_largest_transaction_of_the_largest_items_fits():
    texts = (Random(1).randbytes(size // 2).hex() for size in range(2 * MAX_INLINE_BYTES, MAX_INLINE_BYTES, -400))
    attributes = next(packed.attributes for text in texts if not (packed := pack({"text": text}, "id")).chunks)
    assert len(attributes["data"]["B"]) > MAX_INLINE_BYTES - 400
    attributes["data"]["B"] = bytes(MAX_INLINE_BYTES)
    item = {**attributes, "pk": {"S": ""}, "sk": {"S": ""}, "version": {"N": "9" * 15}, "expires_at": {"N": "9" * 12}}
    assert (item_bytes(item) + LONGEST_KEY_BYTES) * MAX_WRITES_PER_TRANSACTION <= MAX_TRANSACTION_BYTES


def test_numbers_that_json_does_not_know_are_refused():
    with pytest.raises(ValueError, match="JSON"):
        pack({"n": float("inf")}, "id")
