"""A text that is written late is the same as before its event was validated, and no deeper or longer than is said."""

import copy

import pytest

from domain.intake.translated_texts import TranslatedTexts
from domain.protocols.shared.shape import MAX_ADDED_BYTES
from domain.validation.faults import Refusal
from domain.validation.revision import CompiledRevision
from tests.unit.test_translated_values import translated

DEEP = b"[" * 62 + b"]" * 62
FIELDS = [
    {"key": "type", "type": "STRING", "presence": "optional"},
    {"key": "properties", "type": "JSON", "presence": "optional"},
    {"key": "ip", "type": "STRING", "presence": "optional", "from": "/properties/ip", "protect": "hash"},
]
TIME = b'"timestamp":"2026-11-28T13:46:45Z"'
SENT_AT = b'"2026-11-28T13:46:59.131Z"'
BODIES = [
    ("/v1/batch", b'{"sentAt":%b,"batch":[%%b]}' % SENT_AT, b'"messageId":"m",' + TIME),
    ("/batch", b'{"sent_at":%b,"batch":[%%b]}' % SENT_AT, b'"event":"a","uuid":"u",' + TIME),
    ("/2/httpapi", b'{"events":[%b]}', b'"insert_id":"i","time":1795873605131'),
    ("/track", b"[%b]", b'"event":"a"'),
    ("/v0/events?name=shop", b"%b", b'"a":1'),
]


def revision(additional_keys):
    return CompiledRevision({"revision_id": "r", "additional_keys": additional_keys, "fields": FIELDS})


def made(route, body, members, properties):
    path, _, query = route.partition("?")
    event = b'{%b,"properties":%b}' % (members, properties)
    return translated(path, body % event, query=[tuple(query.split("="))] if query else ())


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
@pytest.mark.parametrize(("route", "body", "members"), BODIES)
def test_validating_changes_nothing_of_a_text_that_is_written_late(route, body, members, additional_keys):
    events = made(route, body, members, b'{"ip":"192.0.2.7","items":[{"a":{"b":1}}]}')
    assert not events[0].written
    assert len(events[0].text) <= len(events[0].content) + MAX_ADDED_BYTES
    before, value = events[0].text, copy.deepcopy(events[0].value)
    (document,) = TranslatedTexts(events).read(revision(additional_keys))
    document["properties"] = document["ip"] = None
    assert events[0].text == before
    assert events[0].value == value


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
@pytest.mark.parametrize(("route", "body", "members"), BODIES)
def test_nesting_is_bounded_of_events_whose_text_is_written_late(route, body, members, additional_keys):
    compiled = revision(additional_keys)
    for levels, is_fine in ((DEEP, True), (b"[%b]" % DEEP, False)):
        events = made(route, body, members, b'{"a":%b}' % levels)
        (verdict,) = TranslatedTexts(events).read(compiled)
        assert isinstance(verdict, Refusal) is not is_fine
