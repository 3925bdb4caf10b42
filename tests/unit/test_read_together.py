"""Events whose texts are read in one call are read as each is alone, also where their texts are no JSON."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.msgspec_core import Decoder, Raw
from domain.validation.bounds import RequestWork
from domain.validation.revision import CompiledRevision
from tests.translated import translated_whole

FIELDS = [
    {"key": "a", "type": "STRING", "presence": "optional"},
    {"key": "j", "type": "JSON", "presence": "optional"},
]
WHEN = {"/a": ["x"]}
BY_KIND = [*FIELDS, {"key": "k", "type": "INT", "presence": "optional", "when": WHEN}]
PIECES = ['{"a":"x"}', '{"a":"y","j":[1]}', '{"a":"', '"}', '{"j":', "[", "]", "{", "}", ",", "1", '"', " ", "\n", ""]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join), min_size=1, max_size=6)


def compiled(additional_keys, fields):
    return CompiledRevision({"revision_id": "r", "edition": 2, "additional_keys": additional_keys, "fields": fields})


REVISIONS = [compiled(keys, fields) for keys in ("drop", "keep", "reject") for fields in (FIELDS, BY_KIND)]


def alone(revision, text):
    document = revision.read_together([text], RequestWork())
    return [None] if document is None else document


@settings(max_examples=300)
@given(TEXTS)
def test_no_text_is_read_with_its_neighbours(texts):
    texts = [text.encode() for text in texts]
    for revision in REVISIONS:
        found = revision.read_together(texts, RequestWork())
        if found is not None:
            assert found == [document for text in texts for document in alone(revision, text)]


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(
    "texts",
    [
        [b'{"a":"x', b'y"}', b'{"a":"1"},{"a":"2"}'],
        [b'{"j":[1', b'2]},{"j":1}'],
        [b'{"a":"x"},{"a":"x"}', b""],
        [b'{"a":"x"}', b'{"a":"y"}]'],
    ],
)
def test_texts_that_are_json_only_together_are_not_accepted(revision, texts):
    found = revision.read_together(texts, RequestWork())
    assert found is None or found[-1] is None
    assert found is None or len(found) == len(texts)


EVENTS = '{"a":1}', '{"messageId":"m","type":"track"}', '{"event":"e","properties":{"token":"t"}}', '{"e":"pv"}'
ROUTES = [
    ("/v1/batch", '{"batch":[%s]}'),
    ("/batch", '{"batch":[%s]}'),
    ("/2/httpapi", '{"events":[%s]}'),
    ("/track", "[%s]"),
    ("/engage", "[%s]"),
    ("/mp/collect", '{"events":[%s]}'),
    ("/com.snowplowanalytics.snowplow/tp2", '{"data":[%s]}'),
    ("/v0/events", "%s"),
    ("/ndjson", "%s"),
    ("", "[%s]"),
]
BROKEN = st.lists(st.sampled_from([*EVENTS, *PIECES, "NaN", '"\\ud800"', '{"name":"n","params":{}}']), max_size=5)


@pytest.mark.parametrize(("route", "body"), ROUTES)
@given(parts=BROKEN, between=st.sampled_from([",", "", "\n"]))
def test_texts_that_are_said_to_be_json_are_one_value_each(route, body, parts, between):
    headers = {} if route else {"content-type": "application/cloudevents-batch+json"}
    try:
        made = translated_whole(route, (body % between.join(parts)).encode(), headers=headers)
    except Rejected:  # there is no event
        return
    texts = [event.text for event in made.events]
    if made.are_json:
        assert list(map(bytes, Decoder(list[Raw]).decode(b"[%b]" % b",".join(texts)))) == texts


def test_the_events_of_a_usual_batch_are_said_to_be_json():
    usual = {
        "/v1/batch": b'{"batch":[{"messageId":"m","type":"track"},{"type":"page"}]}',
        "/batch": b'{"batch":[{"event":"a","uuid":"1","distinct_id":"d","properties":{}}]}',
        "/2/httpapi": b'{"events":[{"event_type":"a"},{"event_type":"b"}]}',
        "/track": b'[{"event":"a","properties":{}},{"event":"b","properties":{}}]',
        "/mp/collect": b'{"events":[{"name":"a"},{"name":"b"}]}',
        "/com.snowplowanalytics.snowplow/tp2": b'{"data":[{"e":"pv"},{"e":"pp"}]}',
    }
    assert [route for route, body in usual.items() if not translated_whole(route, body).are_json] == []
