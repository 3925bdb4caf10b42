"""A text that is written late is the same as before its event was validated, and no deeper or longer than is said."""

import copy

import pytest

from domain.intake.translated_texts import TranslatedTexts
from domain.protocols.shared.shape import MAX_ADDED_BYTES
from domain.validation.faults import Refusal
from tests.translated import BODIES, made, revision

DEEP = b"[" * 62 + b"]" * 62


@pytest.mark.parametrize("additional_keys", ["drop", "keep"])
@pytest.mark.parametrize(("route", "body", "members"), BODIES)
def test_validating_changes_nothing_of_a_text_that_is_written_late(route, body, members, additional_keys):
    events = made(route, body, members, b'{"ip":"192.0.2.7","items":[{"a":{"b":1}}]}')
    if events[0].written:
        assert events[0].value is None
        return
    assert len(events[0].text) <= len(events[0].content) + MAX_ADDED_BYTES
    before, value = events[0].text, copy.deepcopy(events[0].value)
    TranslatedTexts(events).read(revision(additional_keys))
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
