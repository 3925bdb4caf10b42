"""Translated events are validated together as they are one by one."""

import pytest

from domain.intake.translated_texts import TranslatedTexts
from domain.protocols.shared.shape import Made
from domain.validation.faults import Refusal
from tests.translated import BODIES, made, revision, translated

DEEP = b"[" * 62 + b"]" * 62
LINES = [b'{"type":"a","properties":{"a":[[1]]}}', b'{"type":7}', b"7", b'{"type":"b"}', b'{"type":"e","x":1}']


@pytest.mark.parametrize("additional_keys", ["drop", "keep", "reject"])
@pytest.mark.parametrize(
    "odd", [b"", b'{"type":', b'{"type":"\\ud800"}', b'{"a":NaN}', b'{"properties":%b}' % (b"[" * 70 + b"]" * 70)]
)
def test_lines_are_validated_together_as_one_by_one(additional_keys, odd):
    compiled = revision(additional_keys)
    events = translated("/ndjson", b"\n".join([*LINES, odd]))
    together = TranslatedTexts(events).read(compiled)
    alone = [TranslatedTexts([event]).read(compiled)[0] for event in events]
    assert [_told(verdict) for verdict in together] == [_told(verdict) for verdict in alone]
    assert [_told(verdict) for verdict in together] == [_told(compiled.read_event(event.text)) for event in events]


def test_an_event_that_may_not_be_read_is_not_parsed_with_others():
    events = [Made(b'{"type":"a"}'), Made(b'{"type":"b"}', is_unread=True)]
    first, second = TranslatedTexts(events).read(revision("drop"))
    assert first == b'{"type":"a"}\n'
    assert isinstance(second, Refusal)


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
@pytest.mark.parametrize(("route", "body", "members"), BODIES)
def test_nesting_is_bounded_of_translated_events(route, body, members, additional_keys):
    compiled = revision(additional_keys)
    for levels, is_fine in ((DEEP, True), (b"[%b]" % DEEP, False)):
        events = made(route, body, members, b'{"a":%b}' % levels)
        (verdict,) = TranslatedTexts(events).read(compiled)
        assert isinstance(verdict, Refusal) is not is_fine


def _told(verdict):
    return (verdict.raw, verdict.errors()) if isinstance(verdict, Refusal) else verdict
