"""Requests that are small to send and were, or could be, dear to read: by the shape of what they hold."""

import binascii
import gzip

MAX = 16 * 1024 * 1024

_STRING = {"key": "a", "type": "STRING", "presence": "optional"}


def _items(count, key="a"):
    children = [
        {"key": f"d{number}", "type": "STRING", "presence": "default", "default": "x"} for number in range(count)
    ]
    return [{"key": key, "type": "ARRAY_OBJECT", "presence": "optional", "fields": children}]


SCHEMAS = {
    "one STRING": [{**_STRING, "presence": "required"}],
    "objects with an INT": [
        {
            "key": "a",
            "type": "ARRAY_OBJECT",
            "presence": "required",
            "fields": [{"key": "b", "type": "INT", "presence": "optional"}],
        }
    ],
    "ARRAY_INT": [{"key": "a", "type": "ARRAY_INT", "presence": "required"}],
    "10 defaults": _items(10),
    "50 defaults": _items(50),
    "700 defaults": _items(700),
    "long defaults": [
        {
            "key": "a",
            "type": "ARRAY_OBJECT",
            "presence": "optional",
            "fields": [{"key": "d", "type": "STRING", "presence": "default", "default": "x" * 32_000}],
        }
    ],
    "macros": [
        {
            "key": "a",
            "type": "ARRAY_OBJECT",
            "presence": "optional",
            "fields": [{"key": "m", "type": "STRING", "presence": "macro", "macro": "user_agent"}],
        }
    ],
}

_COMMON = [{**_STRING, "key": f"c{number}"} for number in range(1_700)]


def _kind(number, **field):
    """Return a field for events of one kind; several kinds can be in force together."""
    place = ("/x", "/y", "/z")[number % 3]
    return {"key": f"k{number}", "presence": "optional", "when": {place: [f"v{number // 3}"]}, **field}


SCHEMAS |= {
    "kept": [{**_STRING, "key": "b"}],
    "JSON": [{**_STRING, "type": "JSON"}],
    "objects with JSON": [
        {
            "key": "a",
            "type": "ARRAY_OBJECT",
            "presence": "optional",
            "fields": [{**_STRING, "key": "b", "type": "JSON"}],
        }
    ],
    "hashed": [{**_STRING, "type": "ARRAY_STRING", "protect": "hash"}],
    "objects with a hashed": [
        {
            "key": "a",
            "type": "ARRAY_OBJECT",
            "presence": "optional",
            "fields": [{**_STRING, "key": "b", "protect": "hash"}],
        }
    ],
    "objects with an address": [
        {
            "key": "a",
            "type": "ARRAY_OBJECT",
            "presence": "optional",
            "fields": [{**_STRING, "key": "b", "protect": "ip_prefix"}],
        }
    ],
    "named": [{**_STRING, "key": "b"}],
    "pointers under an array": [
        {
            "key": "a",
            "type": "ARRAY_OBJECT",
            "presence": "optional",
            "fields": [{**_STRING, "key": "b", "from": "/c/d"}],
        }
    ],
    "JSON among 1,900": [
        {**_STRING, "type": "JSON"},
        *({**_STRING, "key": f"d{number}", "description": "x" * 1_000} for number in range(1_900)),
    ],
    "kinds": [*_COMMON, *(_kind(number, type="STRING") for number in range(150))],
    "kinds with choices": [
        {**_STRING, "rules": [{"rule": "one_of", "value": [f"{number}-{choice}" for choice in range(1_000)]}]}
        | {"key": f"c{number}"}
        for number in range(50)
    ]
    + [_kind(number, type="STRING") for number in range(150)],
}
ADDITIONAL_KEYS = {"kept": "keep", "kinds": "keep", "pointers under an array": "reject"}
"""What revisions do with keys that no field names, where it is not `drop`."""

EVENT_NAMES = {"named": ["/x", "/a"]}
"""What names the events of a revision, where something does."""


def _event(element, size=MAX):
    return b'{"a":[' + b",".join([element] * ((size - 64) // (len(element) + 1))) + b"]}"


def _packed(text, media_type="application/json"):
    return {"content-type": media_type, "content-encoding": "gzip"}, gzip.compress(text, 6)


def _plain(text):
    return {"content-type": "application/json"}, text


def _batch(element, events):
    return b"[" + b",".join([_event(element, (MAX - 2_000) // events)] * events) + b"]"


_WIDE = "😀".encode()
_WIDE_TEXT = b'"%b"' % _WIDE
_LONG_WIDE_TEXT = b'"%b%b"' % (_WIDE, b"x" * 16_000)
"""One such character has each of the others take four bytes."""


def _wide_keys(count):
    return b"{%b}" % b",".join(b'"%b%x":%b' % (_WIDE, number, _WIDE_TEXT) for number in range(count))


ELEMENTS = {
    "empty objects": b"{}",
    "empty keys": b'{"":0}',
    "whole floats": b'{"b":1.0}',
    "huge numbers": b"1e400",
    "long fractions": b"9007199254740993.0",
    "empty arrays": b"[]",
    "pairs of letters": b'"ab"',
    "long digits": b"9" * 400,
    "halves of characters": b'"\\ud800"',
    "wrong kinds": b'{"b":"x"}',
    "addresses": b'{"b":"1:2:3:4:5:6:7:8"}',
    "NaN": b"NaN",
    "wide characters": _WIDE_TEXT,
    "wide members": b"{%b:%b}" % (_WIDE_TEXT, _WIDE_TEXT),
}

REQUESTS = {
    **{f"{name}, one event": lambda element=element: _packed(_event(element)) for name, element in ELEMENTS.items()},
    **{
        f"{name}, an event in an array": lambda element=element: _packed(b"[" + _event(element, MAX - 2) + b"]")
        for name, element in ELEMENTS.items()
    },
    **{
        f"{name}, 1,000 events": lambda element=element: _packed(_batch(element, 1_000))
        for name, element in ELEMENTS.items()
    },
    **{
        f"{name}, 170 lines": lambda element=element: _packed(
            b"\n".join([_event(element, MAX // 170 - 1)] * 170), "application/x-ndjson"
        )
        for name, element in ELEMENTS.items()
    },
    "filled, 1,000 lines": lambda: _packed(b"\n".join([_event(b"{}", 64 + 3 * 1_900)] * 1_000), "application/x-ndjson"),
    "filled, 1,000 events": lambda: _packed(b"[" + b",".join([_event(b"{}", 64 + 3 * 1_900)] * 1_000) + b"]"),
    "few filled, 300 lines": lambda: _packed(b"\n".join([_event(b"{}", 64 + 3 * 141)] * 300), "application/x-ndjson"),
    "kinds, 1,000 lines": lambda: _packed(
        b"\n".join(
            b'{"x":"v%d","y":"v%d","z":"v%d","other":1}' % (number % 50, number // 50, number // 20)
            for number in range(1_000)
        ),
        "application/x-ndjson",
    ),
    "half a character, 1,000 lines": lambda: _packed(b'{"a":"\\ud800"}\n' * 1_000, "application/x-ndjson"),
    "empty objects, 4 MiB": lambda: _plain(_event(b"{}", 4 * 1024 * 1024)),
    "zeros": lambda: _packed(bytes(MAX)),
    "spaces": lambda: _packed(b" " * (MAX - 2) + b"{}"),
    "spaces around events": lambda: _packed(b"[" + b",".join([b" " * (MAX // 100 - 4) + b"{}"] * 100) + b"]"),
    "brackets": lambda: _packed(b"[" * MAX),
    "one long string": lambda: _packed(b'{"a":"' + b"x" * (MAX - 10) + b'"}'),
    "escapes": lambda: _packed(b'{"a":"' + b"\\u0000" * (MAX // 6 - 2) + b'"}'),
    "wide keys, 1,000 events": lambda: _packed(b"[%b]" % b",".join([_event(_wide_keys(850), 16_700)] * 1_000)),
    "long wide texts, 1,000 events": lambda: _packed(_batch(_LONG_WIDE_TEXT, 1_000)),
    "a wide text and a comma too many": lambda: _packed(b"[" + _event(_LONG_WIDE_TEXT, MAX - 10) + b",]  "),
    "the same key": lambda: _packed(b"{" + b",".join([b'"a":1'] * (MAX // 6 - 1)) + b"}"),
    "lines": lambda: _packed(b"{}\n" * (MAX // 3), "application/x-ndjson"),
    "long keys": lambda: _packed(b'[{"' + b"k" * (MAX - 20) + b'":1}]'),
}

_OF_PROTOCOLS = {
    "/v0/events": b"\n".join,
    "/import": b"\n".join,
    "/batch": lambda events: b'{"batch":[%b]}' % b",".join(events),
    "/v1/batch": lambda events: b'{"batch":[%b]}' % b",".join(events),
    "/2/httpapi": lambda events: b'{"events":[%b]}' % b",".join(events),
    "/mp/collect": lambda events: b'{"client_id":"c","events":[%b]}' % b",".join(events[:25]),
    "/com.snowplowanalytics.snowplow/tp2": lambda events: b'{"data":[%b]}' % b",".join(events),
}
ROUTE_ELEMENTS = {
    "deep lists": b"[" * 55 + b"]" * 55,
    "wide characters": _WIDE_TEXT,
    "empty objects": b"{}",
    "halves of characters": b'"\\ud800"',
    "long wide texts": _LONG_WIDE_TEXT,
    "wide members": ELEMENTS["wide members"],
}
ROUTE_REQUESTS = {
    f"{name} to {route}": (
        route,
        lambda element=element, joined=joined: _packed(joined([_event(element, (MAX - 4_000) // 1_000 - 1)] * 1_000)),
    )
    for route, joined in _OF_PROTOCOLS.items()
    for name, element in ROUTE_ELEMENTS.items()
}
"""On the routes of protocols whose events are translated one by one: the route, and what makes headers and body."""

_ENDLESS_LINES = b"{} {}\n" + b"\n".join([b'{"a":[' + b"[]," * 5_300] * 1_000)
_LONG_ID = b'"%b%b"' % (_WIDE, b"x" * 16_600)

OTHER_ROUTE_REQUESTS = {
    **{
        f"{name} to {route}": (
            route,
            lambda event=event, joined=_OF_PROTOCOLS[route]: _packed(joined([event % _event(b"[]", MAX - 4_000)])),
        )
        for route in ("/batch", "/import")
        for name, event in {"one event of empty arrays": b"%b", "two events on a line": b'%b {"a":1}'}.items()
    },
    "lines that end nowhere to /ndjson": ("/ndjson", lambda: _packed(_ENDLESS_LINES)),
    "a member of empty arrays to /batch": (
        "/batch",
        lambda: _packed(b'{"a":%b,"batch":[{}]}' % _event(b"[]", MAX - 4_000)),
    ),
    "long ids to /2/httpapi": (
        "/2/httpapi",
        lambda: _packed(b'{"events":[%b]}' % b",".join([b'{"insert_id":%b}' % _LONG_ID] * 1_000)),
    ),
    **{
        f"what is said of all events to {route}": (
            route,
            lambda key=key, event=event, said=said: _packed(
                b'{"%b":[%b],%b}' % (key, b",".join([event] * 1_000), said % (b"x" * 1_700_000))
            ),
        )
        for route, key, event, said in (
            ("/batch", b"batch", b'{"event":"a","uuid":"u","properties":{}}', b'"sent_at":"%b"'),
            ("/v1/batch", b"batch", b'{"type":"track","event":"a"}', b'"context":{"a":"%b"}'),
            ("/mp/collect", b"events", b'{"name":"a","params":{}}', b'"user_id":"%b"'),
        )
    },
    "a long time to /amplitude": (
        "/amplitude",
        lambda: _packed(
            b"e=%%7B%%7D&upload_time=%b%b" % (_WIDE, b"x" * (MAX - 100)), "application/x-www-form-urlencoded"
        ),
    ),
    "log events of a wide owner to /firehose": ("/firehose", lambda: _packed(_of_firehose(_LOG_EVENTS))),
    "a text that is no JSON as a CloudEvent": (
        "",
        lambda: _with_headers(_packed(_WIDE + b"x" * (MAX - 100), "text/plain"), {"ce-specversion": "1.0"}),
    ),
    "octets as a CloudEvent": (
        "",
        lambda: _with_headers(_packed(b"\xff" * MAX, "application/octet-stream"), {"ce-specversion": "1.0"}),
    ),
}
"""On routes of protocols, what is dear to one of them: as `ROUTE_REQUESTS`."""


_LOG_EVENTS = b'{"messageType":"DATA_MESSAGE","owner":"%b%b","logEvents":[%b]}' % (
    _WIDE,
    b"x" * 30_000,
    b",".join([b'{"id":"1"}'] * 1_000),
)


def _of_firehose(record):
    return b'{"records":[{"data":"%b"}]}' % binascii.b2a_base64(record, newline=False)


def _with_headers(made, more):
    headers, body = made
    return headers | more, body
