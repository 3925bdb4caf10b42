"""What stands on the way to a protected place and is no object never goes to `_extra`: it may be what is protected."""

import json

import pytest

from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision

EMAIL = {"key": "email", "type": "STRING", "presence": "optional", "protect": "redact"}
BY_POINTER = [{**EMAIL, "from": "/user/email"}]
WITHOUT_FORCE = [
    {"key": "user", "type": "OBJECT", "presence": "optional", "when": {"/kind": ["signed_up"]}, "fields": [EMAIL]}
]
IN_ARRAY = [
    {"key": "users", "from": "/all/users", "type": "ARRAY_OBJECT", "presence": "optional", "fields": [EMAIL]},
]


def stored(fields, event, additional_keys="keep"):
    document = {"revision_id": "r", "edition": 2, "additional_keys": additional_keys, "fields": fields}
    found = CompiledRevision(document).read_event(json.dumps(event).encode())
    return None if isinstance(found, Refusal) else json.loads(found)


@pytest.mark.parametrize("fields", [BY_POINTER, WITHOUT_FORCE])
@pytest.mark.parametrize("value", ["ann@example.org", [{"email": "ann@example.org"}], 7, True, [["ann"]]])
def test_it_is_left_out(fields, value):
    assert stored(fields, {"user": value}) == {}
    assert stored(fields, {"user": value, "new": 1}) == {"_extra": {"/new": 1}}


def test_further_keys_beside_a_protected_place_are_kept():
    assert stored(BY_POINTER, {"user": {"email": "ann@example.org", "name": "Ann"}})["_extra"] == {"/user/name": "Ann"}
    assert stored(WITHOUT_FORCE, {"user": {"email": "ann", "name": "Ann"}}) == {"_extra": {"/user/name": "Ann"}}


def test_what_holds_nothing_is_kept_as_any_other():
    for nothing in ({}, []):
        assert stored(BY_POINTER, {"user": nothing}) == {"_extra": {"/user": nothing}}


def test_it_is_left_out_around_an_array():
    for value in ("ann@example.org", ["ann@example.org"]):
        assert stored(IN_ARRAY, {"all": value}) == {}
    assert stored(IN_ARRAY, {"all": {"name": "x"}}) == {"_extra": {"/all/name": "x"}}


def test_it_is_left_out_within_an_array_that_is_not_in_force():
    fields = [{**IN_ARRAY[0], "when": {"/kind": ["signed_up"]}}]
    for value in (["ann@example.org"], [["ann@example.org"]], [{"email": "ann@example.org"}, 7]):
        assert stored(fields, {"all": {"users": value}}) == {}
    assert stored(fields, {"all": {"users": [{"email": "a", "name": "x"}]}}) == {"_extra": {"/all/users/0/name": "x"}}


@pytest.mark.parametrize("value", ["ann@example.org", [1]])
def test_a_place_that_is_not_protected_hides_nothing(value):
    fields = [{**EMAIL, "from": "/user/email"}]
    del fields[0]["protect"]
    assert stored(fields, {"user": value}) == {"_extra": {"/user": value}}


def test_with_reject_it_is_refused_as_any_other():
    assert stored(BY_POINTER, {"user": "ann@example.org"}, "reject") is None
