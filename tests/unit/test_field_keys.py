"""Keys of other people's data are stored under keys that a field can have, each under its own."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.language.field_keys import stored_keys, unusable_key
from schemas.models.field import KEY_PATTERN

ALIKE = st.text(alphabet="aAbB1_ -é日", max_size=6)
RESERVED = st.sampled_from(["_event_id", "_extra", "_table_a", "__root__", "_Extra", "key", "key_2", "_2"])
SENT = st.lists(ALIKE | RESERVED | st.text(max_size=140), max_size=12, unique=True)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("price", "price"),
        ("userID", "user_id"),
        ("HTTPServer2", "http_server2"),
        ("messageId", "message_id"),
        ("md5Hash", "md5_hash"),
        ("Coupon Code", "coupon_code"),
        ("$set", "set"),
        ("+1", "_1"),
        ("Größe", "gro_e"),
        ("Café-Crème", "cafe_creme"),
        ("ﬁnal①", "final1"),
        ("日本", "key"),
        ("", "key"),
        ("__", "__"),
        ("$__$", "key"),
        ("A" * 200, "a" * 128),
        ("9" * 200, "_" + "9" * 127),
        ("_event_id", "event_id"),
        ("_extra", "extra"),
        ("_table_suffix", "table_suffix"),
        ("price\n", "price"),
    ],
)
def test_a_key_is_spelled_so_that_a_field_can_have_it(sent, stored):
    assert stored_keys([sent], 1) == [stored]


def test_keys_that_are_their_own_go_first_and_others_are_numbered():
    assert stored_keys(["UserId", "userId", "user_id", "user_id_2"], 1) == [
        "user_id_3",
        "user_id_4",
        "user_id",
        "user_id_2",
    ]


def test_a_numbered_key_is_cut_so_that_it_fits():
    assert stored_keys(["a" * 128, "A" * 128, "A" * 129], 1) == ["a" * 128, "a" * 126 + "_2", "a" * 126 + "_3"]


def test_the_stamps_are_reserved_at_the_root_alone():
    assert stored_keys(["_extra", "_received_at"], 1) == ["extra", "received_at"]
    assert stored_keys(["_extra", "_received_at"], 2) == ["_extra", "_received_at"]


def test_a_key_that_is_sent_twice_is_stored_under_two_names():
    assert stored_keys(["properties", "properties"], 1) == ["properties", "properties_2"]


def test_very_many_keys_of_one_spelling_are_numbered_without_counting_anew():
    sent = ["$" * n for n in range(1, 5_000)]
    assert stored_keys(sent, 1)[-1] == "key_4999"


@given(SENT, st.integers(1, 3))
def test_keys_are_unique_and_a_field_can_have_them(sent, depth):
    stored = stored_keys(sent, depth)
    assert len(stored) == len(sent) == len(set(stored))
    for before, after in zip(sent, stored, strict=True):
        assert re.fullmatch(KEY_PATTERN, after)
        assert unusable_key(after, depth) is None
        assert after == before or unusable_key(before, depth) is not None


@given(SENT, st.integers(1, 3))
def test_what_was_stored_once_is_stored_as_it_is(sent, depth):
    stored = stored_keys(sent, depth)
    assert stored_keys(stored, depth) == stored
