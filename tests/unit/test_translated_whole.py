"""Of every protocol: an event is stored whole, repeats have their ids, and another content has another id."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.intake.protocol_ids import ids_of_events
from domain.intake.translated_texts import TranslatedTexts
from domain.protocols.routes import AT_THE_ADDRESS, ROUTES
from domain.validation.revision import CompiledRevision
from tests.translated import RECEIVED_NS, translated

KEY = "wk_secret"
TIME, MILLISECONDS = "2026-11-28T13:46:45.131Z", 1_795_873_605_131
FIELDS = [
    {"key": "text", "type": "STRING", "presence": "optional", "from": "/properties/b"},
    {"key": "count", "type": "INT", "presence": "optional", "from": "/my_a"},
]
REVISION = CompiledRevision({"revision_id": "r", "additional_keys": "keep", "fields": FIELDS})
STAMPS = {"_event_id", "_received_at", "_revision_id", "_extra"}

Event = dict[str, Any]


class Sender(NamedTuple):
    """How a protocol's senders write an event of some free values and further keys, and a request of some events.

    `pointer` leads to the free values in the event that is made, `more` to the further keys where they are not at its
    root. `wrap` takes the events, and when they are sent.
    """

    protocol: str
    route: str
    pointer: str
    write: Callable[[Event, Event, str], Event]
    wrap: Callable[[Sequence[Event], str], bytes]
    has_ids: bool = True
    headers: Mapping[str, str] = {}
    more: str = ""


def in_json(name: str | None = None, **of_all: Any) -> Callable[[Sequence[Event], str], bytes]:
    """Return what writes a body: an array of events, or an object with them under a name; `None` is when it is sent."""

    def wrap(events: Sequence[Event], sent: str) -> bytes:
        if name is None:
            return orjson.dumps(events)
        return orjson.dumps({**{key: sent if value is None else value for key, value in of_all.items()}, name: events})

    return wrap


def in_lines(events: Sequence[Event], _sent: str) -> bytes:
    return b"\n".join(map(orjson.dumps, events))


def in_records(events: Sequence[Event], _sent: str) -> bytes:
    records = [{"data": base64.b64encode(orjson.dumps(event)).decode()} for event in events]
    return orjson.dumps({"requestId": "request-1", "timestamp": 1, "records": records})


def snowplow(free: Event, more: Event, own_id: str) -> Event:
    inner = {"schema": "iglu:com.acme/ordered/jsonschema/1-0-0", "data": free}
    wrapped = json.dumps({"schema": "iglu:of-the-wrapping", "data": inner})
    return {
        "e": "ue",
        "eid": own_id,
        "aid": "shop",
        "ue_px": base64.urlsafe_b64encode(wrapped.encode()).decode(),
        **more,
    }


CLOUDEVENTS = {"content-type": "application/cloudevents-batch+json"}
SENDERS = [
    Sender(
        "segment",
        "/v1/batch",
        "/properties",
        lambda free, more, own_id: {
            "type": "track",
            "messageId": own_id,
            "properties": free,
            "writeKey": KEY,
            "timestamp": TIME,
            **more,
        },
        in_json("batch", writeKey=KEY, sentAt=None),
    ),
    Sender(
        "posthog",
        "/batch",
        "/properties",
        lambda free, more, own_id: {
            "event": "a",
            "uuid": own_id,
            "properties": {**free, "token": KEY},
            "api_key": KEY,
            "timestamp": TIME,
            **more,
        },
        in_json("batch", api_key=KEY, sent_at=None),
    ),
    Sender(
        "posthog",
        "/i/v1/analytics/events",
        "/properties",
        lambda free, more, own_id: {"event": "a", "uuid": own_id, "properties": free, "timestamp": TIME, **more},
        in_json("batch", created_at=TIME),
    ),
    Sender(
        "snowplow",
        "/com.snowplowanalytics.snowplow/tp2",
        "/unstruct_event/data",
        snowplow,
        in_json("data", schema="iglu:of-the-wrapping"),
        more="/other",
    ),
    Sender(
        "amplitude",
        "/2/httpapi",
        "/event_properties",
        lambda free, more, own_id: {
            "event_type": "a",
            "insert_id": own_id,
            "event_properties": free,
            "time": MILLISECONDS,
            **more,
        },
        in_json("events", api_key=KEY, client_upload_time=None),
    ),
    Sender(
        "mixpanel",
        "/track",
        "/properties",
        lambda free, more, own_id: {
            "event": "a",
            "properties": {**free, "token": KEY, "$insert_id": own_id, "time": MILLISECONDS},
            **more,
        },
        in_json(),
    ),
    Sender(
        "mixpanel",
        "/engage",
        "/operations/$set",
        lambda free, more, _own_id: {"$token": KEY, "$distinct_id": "d", "$set": free, **more},
        in_json(),
        has_ids=False,
    ),
    Sender(
        "ga4",
        "/mp/collect",
        "/params",
        lambda free, more, _own_id: {"name": "a", "params": free, "api_secret": KEY, **more},
        in_json("events", client_id="c", api_secret=KEY),
        has_ids=False,
    ),
    Sender(
        "cloudevents",
        "",
        "/data",
        lambda free, more, own_id: {
            "specversion": "1.0",
            "id": own_id,
            "source": "/shop",
            "type": "a",
            "time": TIME,
            "data": free,
            **more,
        },
        in_json(),
        headers=CLOUDEVENTS,
    ),
    *(
        Sender(protocol, route, "/properties", lambda free, more, _own_id: {"properties": free, **more}, wrap, ids)
        for protocol, route, wrap, ids in [
            ("tinybird", "/v0/events", in_lines, False),
            ("ndjson", "/ndjson", in_lines, False),
            ("logpush", "/logpush", in_lines, False),
            ("firehose", "/firehose", in_records, True),
        ]
    ),
    Sender(
        "hooks",
        "/hooks/shop",
        "/payload",
        lambda free, _more, _own_id: free,
        lambda events, _sent: orjson.dumps(events[0]),
        headers={"x-webhook-id": "wh-1"},
        more="nowhere",
    ),
]
IN_JSON = [sender for sender in SENDERS if sender.has_ids and sender.protocol not in {"hooks", "firehose"}]
EACH = pytest.mark.parametrize("sender", SENDERS, ids=[sender.route or sender.protocol for sender in SENDERS])

NAMES = st.text("abcxyz~/é ", min_size=1, max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(-1e9, 1e9)
    | st.text(max_size=5) | st.just(KEY[:3]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(NAMES, children, max_size=3),
    max_leaves=6,
)  # fmt: skip
SAID = VALUES.filter(lambda value: value is not None)
FREE = st.dictionaries(NAMES, SAID, min_size=1, max_size=4)
MORE = st.dictionaries(st.text("abc~/é", min_size=1, max_size=2).map("my_{}".format), SAID, max_size=3)
OWN_IDS = st.text("abc-1é", min_size=1, max_size=8) | st.just("long " * 60)
WHENS = st.sampled_from(["2026-11-28T13:46:59.131Z", "2026-11-28T13:47:00Z", "2026-11-28T14:47:00.5+01:00"])


def made_of(sender, events, sent="2026-11-28T13:46:59.131Z"):
    return translated(sender.route, sender.wrap(events, sent), headers=sender.headers)


def ids_of(sender, events, sent, received_ns=RECEIVED_NS):
    return ids_of_events("env_1", sender.protocol, made_of(sender, events, sent), None, received_ns)


def put(into, pointer, value):
    """Put a value where a JSON Pointer leads."""
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
    for parent in parents:
        into = into.setdefault(parent, {})
    into[last] = value


def found(within, pointer):
    for part in pointer.split("/")[1:]:
        within = within[part]
    return within


def exactly(value):
    """Return a value so that 1, 1.0 and True differ."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def test_a_sender_is_drawn_for_every_protocol():
    owners = {name for route in ROUTES.values() for name in (route.protocol, *route.by_key.values())}
    assert {sender.protocol for sender in SENDERS} == owners | AT_THE_ADDRESS.keys()


@EACH
@settings(max_examples=20)
@given(free=FREE, more=MORE)
def test_an_event_holds_all_that_was_sent_but_keys_and_wrapping(sender, free, more):
    (made,) = made_of(sender, [sender.write(free, more, "id-1")])
    event = orjson.loads(made.text)
    stored = found(event, sender.pointer)
    assert exactly({name: stored[name] for name in free}) == exactly(free)
    if sender.more != "nowhere":
        kept = found(event, sender.more) if sender.more and more else event
        assert exactly({name: kept[name] for name in more}) == exactly(more)
    assert KEY.encode() not in made.text


@EACH
@settings(max_examples=20)
@given(free=FREE, more=MORE)
def test_fields_and_what_is_kept_beside_them_hold_the_whole_event(sender, free, more):
    count = more.get("my_a")
    assume(type(count) is not float or not count.is_integer())  # a field makes 0 of 0.0
    (made,) = made_of(sender, [sender.write(free, more, "id-1")])
    (verdict,) = TranslatedTexts([made]).read(REVISION)
    assume(type(verdict) is bytes)  # some values don't fit the fields
    document = orjson.loads(verdict)
    again = {}
    for field in FIELDS:
        if field["key"] in document:
            put(again, field["from"], document[field["key"]])
    for pointer, value in document.get("_extra", {}).items():
        put(again, pointer, value)
    assert exactly(again) == exactly(orjson.loads(made.text))
    assert not document.keys() - STAMPS - {field["key"] for field in FIELDS}


@pytest.mark.parametrize("sender", [sender for sender in SENDERS if sender.has_ids], ids=lambda sender: sender.protocol)
@settings(max_examples=15)
@given(
    drawn=st.lists(st.tuples(FREE, MORE, OWN_IDS), min_size=1, max_size=5),
    cut=st.integers(0, 5),
    sent=WHENS,
    again=WHENS,
    later=st.integers(0, 10**12),
)
def test_a_batch_that_is_sent_again_or_cut_anew_has_the_same_ids(sender, drawn, cut, sent, again, later):
    events = [sender.write(*event) for event in drawn][: 1 if sender.protocol == "hooks" else None]
    ids = ids_of(sender, events, sent)
    assert ids_of(sender, events, again, RECEIVED_NS + later) == ids
    if sender.protocol != "firehose":  # whose ids are those of the place in a request
        parts = [part for part in (events[cut:], events[:cut]) if part]
        anew = [ids_of(sender, part, again, RECEIVED_NS + later) for part in reversed(parts)]
        assert [event_id for part in anew for event_id in part] == ids


def written_by_python(body):
    """Return a body as Python's own encoder writes it: with white space, and all but ASCII escaped."""
    return b"\n".join(json.dumps(json.loads(line)).encode() for line in body.split(b"\n"))


@pytest.mark.parametrize(
    "odd",
    [b"1", b'"\\ud800"', b"NaN", b"1e999", b"[" * 500 + b"]" * 500, b"[" * 1_100 + b"]" * 1_100],
    ids=["member", "half", "nan", "large", "deep", "deeper"],
)
@pytest.mark.parametrize(
    "sender",
    [sender for sender in SENDERS if sender.protocol not in {"hooks", "firehose"}],
    ids=lambda sender: sender.route or sender.protocol,
)
@settings(max_examples=3)
@given(free=FREE, more=MORE)
def test_an_event_is_the_same_whatever_stands_beside_it(sender, odd, free, more):
    event, when = sender.write(free, more, "id-1"), "2026-11-28T13:46:59.131Z"
    bodies = [written_by_python(sender.wrap(events, when)) for events in ([event], [event, {"odd_": "@@"}])]
    alone, beside = (translated(sender.route, body.replace(b'"@@"', odd), headers=sender.headers)[0] for body in bodies)
    assert beside.text == alone.text
    if sender.has_ids:
        alone_id, beside_id = (
            ids_of_events("env_1", sender.protocol, [made], None, RECEIVED_NS)[0] for made in (alone, beside)
        )
        assert alone_id == beside_id


@pytest.mark.parametrize("sender", [sender for sender in SENDERS if sender.has_ids], ids=lambda sender: sender.protocol)
@settings(max_examples=20)
@given(one=FREE, other=FREE, own_id=OWN_IDS, when=WHENS)
def test_two_contents_under_one_id_are_two_events(sender, one, other, own_id, when):
    assume(exactly(one) != exactly(other))
    first, second = (ids_of(sender, [sender.write(free, {}, own_id)], when)[0] for free in (one, other))
    assert first != second
    assert first[16] == second[16] == "8"


@pytest.mark.parametrize(
    "odd",
    [
        b"7",
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b'{"\\ud800":1}',
        *(b'{"a":%b}' % (b"[" * levels + b"]" * levels) for levels in (900, 1_100)),
    ],
)
@pytest.mark.parametrize("sender", IN_JSON, ids=lambda sender: sender.protocol)
def test_what_else_a_batch_holds_changes_no_id(sender, odd):
    events = [sender.write({"a": " é", "b": [1.5, {}]}, {}, "id-1"), sender.write({"a": 1}, {"my_a": 2}, "id-2")]
    (first,), (second,) = (ids_of(sender, [event], TIME) for event in events)
    for place in range(3):
        among = [*events[:place], "odd", *events[place:]]
        body = sender.wrap(among, TIME).replace(b'"odd"', odd)
        made = translated(sender.route, body, headers=sender.headers)
        assert len(made) == 3
        ids = ids_of_events("env_1", sender.protocol, made, None, RECEIVED_NS)
        assert [event_id for event_id in ids if event_id in {first, second}] == [first, second]
