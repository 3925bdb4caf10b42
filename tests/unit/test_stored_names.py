"""What names an event that was delivered, found in its stored line."""

import pytest

from domain.delivery.batching import Event
from domain.delivery.connectors import RevisionTable
from domain.delivery.landed import stamps_of
from domain.delivery.stored_names import StoredNames
from tests.landed import line

TEXT = {"type": "STRING", "presence": "optional"}
FIELDS = [
    {**TEXT, "key": "kind", "from": "type"},
    {**TEXT, "key": "page_name", "from": "/context/page/name"},
    {**TEXT, "key": "mail", "from": "email", "protect": "hash"},
    {"key": "count", "type": "INT", "presence": "optional"},
    {"key": "free", "from": "properties", "type": "JSON", "presence": "optional"},
    {"key": "track", "from": "data", "type": "OBJECT", "presence": "optional", "when": {"/type": ["track"]},
     "fields": [{**TEXT, "key": "event_key", "from": "event"}]},
    {"key": "screen", "from": "data", "type": "OBJECT", "presence": "optional", "when": {"/type": ["screen"]},
     "fields": [{**TEXT, "key": "screen_key", "from": "event"}]},
]  # fmt: skip


def names_of(*pointers, asked=None):
    table = RevisionTable("", "rev_1", "First", FIELDS, "keep", 2, pointers)

    def find(revision_id):
        if asked is not None:
            asked.append(revision_id)
        return table if revision_id == "rev_1" else None

    return StoredNames(find)


def event(**stored):
    row = line(1, **stored)
    return Event(row, stamps_of(row))


@pytest.mark.parametrize(
    ("pointers", "stored", "name"),
    [
        (["/type"], {"kind": "page"}, "page"),
        (["/type"], {"type": "not this one"}, None),
        (["/context/page/name"], {"page_name": "Home"}, "Home"),
        (["/properties/product/name"], {"free": {"product": {"name": "Shoe"}}}, "Shoe"),
        (["/properties"], {"free": "text"}, "text"),
        (["/data/event"], {"track": {"event_key": "Order placed"}}, "Order placed"),
        (["/data/event"], {"screen": {"screen_key": "Cart"}}, "Cart"),
        (["/data"], {"track": {"event_key": "Order placed"}}, None),
        (["/un~1named"], {"_extra": {"/un~1named": "kept"}}, "kept"),
        (["/page/title"], {"_extra": {"/page": {"title": "Home"}}}, "Home"),
        (["/context/app/name"], {"_extra": {"/context/app": {"name": "Shop"}}}, "Shop"),
        (["/context/app/name"], {"_extra": {"/context/app": ["name"]}}, None),
        (["/data/event", "/type"], {"kind": "page"}, "page"),
        (["/data/event", "/type"], {"kind": "track", "track": {"event_key": ""}}, "track"),
        (["/count", "/type"], {"count": 7, "kind": "page"}, "page"),
        (["/email"], {"mail": "0f"}, None),
        (["/type"], {"kind": "ü" * 200}, "ü" * 128),
        ([], {"kind": "page"}, None),
    ],
    ids=str,
)
def test_the_first_pointer_whose_text_was_stored_names_an_event(pointers, stored, name):
    assert names_of(*pointers).of(event(**stored)) == name


def test_a_revision_is_looked_up_once_and_one_that_is_gone_names_nothing():
    asked = []
    names = names_of("/type", asked=asked)
    assert [names.of(event(kind="a")), names.of(event(kind="b"))] == ["a", "b"]
    assert [names.of(event(kind="a", revision_id="rev_gone")) for _ in range(2)] == [None, None]
    assert asked == ["rev_1", "rev_gone"]
