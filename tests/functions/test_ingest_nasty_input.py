"""Whatever comes in, the contract's answer goes out: never a 500, and never late."""

import gzip
import json
import tracemalloc
import zlib
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.intake.addresses import address_from_path
from domain.intake.answers import MIXED, PIXEL
from domain.language.templates import TEMPLATES
from domain.protocols.routes import ROUTES, route_of
from domain.protocols.shared.loading import protocol_named
from schemas.codes import PROBLEM_STATUS, Fault, Outcome, Problem
from schemas.limits import MAX_EVENT_VALUES
from tests.front_doors import FRONT_DOORS, http_api_event
from tests.ingest_world import World
from tests.processor import cpu_time

MAPS = [
    {"key": "name", "type": "STRING", "presence": "optional"},
    {"key": "count", "type": "INT", "presence": "optional"},
    {"key": "price", "type": "FLOAT", "presence": "optional"},
    {"key": "at", "type": "DATETIME", "presence": "optional"},
    {"key": "since", "type": "TIMESTAMP", "presence": "optional"},
    {"key": "flag", "type": "BOOLEAN", "presence": "default", "default": False},
    {"key": "numbers", "type": "ARRAY_INT", "presence": "optional"},
    {
        "key": "items",
        "type": "ARRAY_OBJECT",
        "presence": "optional",
        "fields": [{"key": "sku", "type": "STRING", "presence": "required"}],
    },
    {"key": "agent", "type": "STRING", "presence": "macro", "macro": "user_agent"},
]
SLOW_PATTERNS = [
    "(a+)+",
    "(a|a)*b",
    "(a|aa)+",
    "(.*a){12}",
    "([a-z]+)*[0-9]",
    "(x+x+)+y",
    "(?:a?){50}a{50}",
    ".*.*.*=.*",
]


@pytest.fixture
def environment_id(world):
    return world.add_environment(MAPS)


def codes_of(answer):
    return [error["code"] for row in answer.json["results"] for error in row["errors"]]


NOT_JSON = [
    "NaN",
    '{"price": NaN}',
    '{"price": -Infinity}',
    '{"unknown": [NaN]}',
    "{'name': 'x'}",
    '{"name": "x",}',
    '{"name": "x"} x',
    '{"name": "x"}{"name": "y"}',
    '{"name": "x"}\x00',
    "\x00",
    "\x00{}",
    '{"price": 01}',
    '{"price": .5}',
    '{"price": +1}',
    '{"price": 0x10}',
    '// comment\n{"name": "x"}',
    "{name: 1}",
    '{"name": "tab\there"}',
    '{"name": "\\ud800"}',
    '{"\\udc00": 1}',
    '{"unknown": "\\udc00\\ud800"}',
    '{"name": "\\x41"}',
    "\ufeff\ufeff{}",
    '{"name": \ufeff"x"}',
    "\u00a0{}",
    "{",
    '"',
    "tru",
    "[",
    "]",
    "[]]",
    "[{}],[{}]",
    "[{}]{}",
    "[{},]",
    "[,{}]",
    "[{} {}]",
    b'{"name": "\xff"}',
    b'{"name": "\xed\xa0\x80"}',
    b'{"unknown": "\xc0\x80"}',
    '{"name": "x"}'.encode("utf-16"),
    '{"name": "x"}'.encode("utf-32-be"),
]


@pytest.mark.parametrize("body", NOT_JSON, ids=repr)
def test_what_is_not_json_is_not_json_in_every_form(world, environment_id, body):
    raw = body.encode() if isinstance(body, str) else body
    answers = [
        world.post(environment_id, raw),
        world.post(environment_id, raw, as_base64=True),
        world.post(environment_id, gzip.compress(raw), headers={"content-encoding": "gzip"}),
        world.post(
            environment_id, b"d=" + b"".join(b"%%%02x" % byte for byte in raw), "application/x-www-form-urlencoded"
        ),
    ]
    for answer in answers:
        assert (answer.status, answer.code, codes_of(answer)) == (400, "not_json", ["not_json"])
    # The value of a form may look like base64url, and is kept decoded then.
    assert {event.raw for event in world.quarantined()[:3]} == {raw.removeprefix(b"\xef\xbb\xbf")}
    assert world.events() == []


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("null", ["not_an_object"]),
        ('[null, [], 1, true, "x"]', ["not_an_object"] * 5),
        ('{"price": 1e400}', ["out_of_range"]),
        ('{"price": -1e999999999}', ["out_of_range"]),
        ('{"count": 1e999999999}', ["out_of_range"]),
        ('{"since": 1e400}', ["out_of_range"]),
        ('{"count": 9223372036854775808}', ["out_of_range"]),
        ('{"count": ' + "9" * 100_000 + "}", ["out_of_range"]),
        ('{"numbers": [1, 1e400, -9223372036854775809, 1.5]}', ["out_of_range", "out_of_range", "type_int"]),
        ('{"count": true, "flag": 0, "name": []}', ["type_string", "type_int", "type_boolean"]),
        ('{"at": "2021-02-30 00:00:00"}', ["type_datetime"]),
        ('{"since": 1793614272345}', ["out_of_range"]),
        ('{"items": [{}, null, [], {"sku": 1}]}', ["required", "type_object", "type_object", "type_string"]),
        ('{"unknown": ' + "[" * 64 + "]" * 64 + "}", ["depth"]),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, ["depth"]),
        ("[" * 10_000 + "]" * 10_000, ["depth"]),
        ('{"name": "' + "x" * 32_001 + '"}', ["string_too_long"]),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_json_but_no_event_has_its_faults(world, environment_id, body, codes):
    answer = world.post(environment_id, body)
    assert (answer.status, answer.code, codes_of(answer)) == (400, "invalid_event", codes)


@pytest.mark.parametrize("levels", [64, 1_100, 10_000])
def test_an_element_of_any_depth_is_refused_alone(world, environment_id, levels):
    deep = '{"a":' + "[" * levels + "]" * levels + "}"
    answer = world.post(environment_id, f'[{{"name":"a"}},{deep},{{"name":"b"}}]')
    assert [row["outcome"] for row in answer.json["results"]] == ["accepted", "quarantined", "accepted"]
    assert codes_of(answer) == ["depth"]
    (kept,) = world.quarantined()
    assert kept.raw.decode() == deep


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        ('\ufeff{"name": "bom"}', {"name": "bom"}),
        ('{"name": "\\u0000"}', {"name": "\0"}),
        ('{"name": "a", "name": "b"}', {"name": "b"}),
        ('{"name": 1, "name": "b"}', {"name": "b"}),
        ('{"count": 1e3, "price": 5e-324}', {"count": 1000, "price": 5e-324}),
        ('{"count": -9223372036854775808}', {"count": -(2**63)}),
        ('{"price": 1e308, "count": 9223372036854775807}', {"price": 1e308, "count": 2**63 - 1}),
        ('{"unknown": 1e400, "__proto__": {}, "name": null}', {}),
        ('{"unknown": ' + "[" * 63 + "]" * 63 + "}", {}),
        ('{"unknown": "NaN Infinity", "name": "NaN"}', {"name": "NaN"}),
        ("{}", {}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_odd_but_honest_json_is_taken(world, environment_id, body, stored):
    for text in (body, f"[{body}]" if not body.startswith("\ufeff") else body):
        assert world.post(environment_id, text).status == 200
    for event in world.events():
        assert {key: value for key, value in event.items() if not key.startswith("_")} == {
            **stored,
            "flag": False,
            "agent": "test",
        }


BOMBS = {
    "zeros": (lambda: gzip.compress(bytes(16 * 1024 * 1024 + 1)), "gzip", "body_too_large"),
    "many zeros": (lambda: zlib.compress(bytes(50_000_000)), "deflate", "body_too_large"),
    "nested": (lambda: gzip.compress(gzip.compress(bytes(1_000_000))), "gzip", "not_json"),
    "cut": (lambda: gzip.compress(b'{"name": "x"}')[:-1], "gzip", "bad_encoding"),
    "trailing": (lambda: gzip.compress(b"{}") + b"x", "gzip", "bad_encoding"),
    "plain": (lambda: b"{}", "gzip", "bad_encoding"),
    "twice": (lambda: b"{}", "gzip, gzip", "unsupported_encoding"),
    "brotli": (lambda: b"{}", "br", "unsupported_encoding"),
    "empty": (lambda: gzip.compress(b""), "gzip", "no_payload"),
    "events": (lambda: gzip.compress(b"[" + b"{}," * 5_000_000 + b"{}]"), "gzip", "too_many_events"),
    "brackets": (lambda: gzip.compress(b"[" * 16_000_000), "gzip", "not_json"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_and_broken_compression_are_refused(world, environment_id, bomb):
    make, coding, code = BOMBS[bomb]
    assert world.post(environment_id, make(), headers={"content-encoding": coding}).code == code


def test_millions_of_lines_are_refused_in_bounded_memory(world, environment_id):
    lines = b"{}\n" * 1_300_000
    tracemalloc.start()
    try:
        assert world.post(environment_id, lines, "application/x-ndjson").code == "too_many_events"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(lines)  # a list of all lines takes twenty times the body


def test_a_crowded_batch_fares_as_any_other(world, environment_id):
    crowd = {"items": [{"sku": "x"}] * 300, "name": "crowd"}
    events = [crowd] * 700 + [{"count": "x"}] + [crowd] * 100
    text = json.dumps(events, separators=(",", ":"))
    assert text.count("{") > MAX_EVENT_VALUES
    rows = world.post(environment_id, text).json["results"]
    assert [row["outcome"] for row in rows] == ["accepted"] * 700 + ["quarantined"] + ["accepted"] * 100
    assert {len(event["items"]) for event in world.events()} == {300}
    assert world.post(environment_id, text[:-1]).code == "not_json"
    assert world.post(environment_id, text.replace("x", "NaN", 1)).json["ok"] is False
    assert world.post(environment_id, text.replace('"x"', "NaN", 1)).code == "not_json"


@pytest.mark.parametrize("pattern", SLOW_PATTERNS)
def test_no_pattern_makes_a_long_string_slow(world, pattern):
    rules = [{"rule": "regex", "value": pattern}]
    maps = [{"key": "text", "type": "ARRAY_STRING", "presence": "required", "rules": rules}]
    environment_id = world.add_environment(maps)
    texts = ["a" * 31_999 + "!", "x" * 32_000, "a" * 32_000]
    with cpu_time() as spent:
        answer = world.post(environment_id, {"text": texts})
    assert spent.seconds < 1.0
    assert answer.status in {200, 400}
    assert {code for code in codes_of(answer) if answer.status == 400} <= {"regex"}


def test_tens_of_thousands_of_unknown_keys_are_dropped_or_listed_in_time(world, environment_id):
    rejecting = world.add_environment(MAPS, "reject")
    body = json.dumps({f"k{number}": number for number in range(49_000)})
    with cpu_time() as spent:
        assert world.post(environment_id, body).status == 200
        (row,) = world.post(rejecting, body).json["results"]
    assert (len(row["errors"]), row["more"]) == (100, True)
    assert spent.seconds < 2.0


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "\udcff", "origin": "\ud800", "accept": "\udcff", "referer": "\udcff"},
        {"content-type": "application/json; charset=\udcff"},
        {"idempotency-key": "\udcff"},
        {"content-encoding": ""},
        {"accept": "x" * 100_000},
        {"": "", "x": "y" * 100_000, "é": "é"},
    ],
    ids=repr,
)
def test_strange_headers_do_no_harm(world, environment_id, headers):
    assert world.post(environment_id, '{"name": "x"}', headers=headers).status == 200
    assert world.post(environment_id, "{", headers=headers).code == "not_json"
    assert world.get(environment_id, {}, headers=headers).status == 200


@pytest.mark.parametrize(
    "value",
    ["https://a.example\nx: y", "a\r", "\udcff", "é", "x" * 100_000],
    ids=["line feed", "carriage return", "surrogate", "not ASCII", "long"],
)
@pytest.mark.parametrize("name", ["origin", "webhook-request-origin", "access-control-request-headers"])
@pytest.mark.parametrize("route", ["", "/i", "/v1/t"])
def test_no_answer_repeats_a_header_that_could_not_be_one(world, environment_id, route, name, value):
    for method in ("OPTIONS", "GET"):
        answer = world.send(http_api_event(method, f"/e/{environment_id}{route}", headers={name: value}))
        assert not any(value == sent for sent in answer.headers.values())


TYPES = [
    "application/json",
    "text/plain;charset=utf-8",
    "application/x-ndjson",
    "application/x-www-form-urlencoded",
    "",
    "image/png",
    "multipart/form-data; boundary=x",
]
TEXT = st.text(st.characters(), max_size=40)  # lone surrogates too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([field["key"] for field in MAPS]) | TEXT, inner, max_size=5)
    ),
    max_leaves=12,
).map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON,
    st.lists(JSON, max_size=5).map(b"\n".join),
    st.lists(JSON, max_size=5).map(lambda parts: b"[" + b",".join(parts) + b"]"),
    JSON.map(lambda text: b"d=" + text),
    JSON.map(gzip.compress),
    JSON.map(zlib.compress),
    st.tuples(JSON, st.integers(0, 200), st.binary(max_size=3)).map(lambda cut: cut[0][: cut[1]] + cut[2]),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(TYPES) | TEXT,
        "content-encoding": st.sampled_from(["gzip", "deflate", "identity", "br", "GZIP "]) | TEXT,
        "accept": st.sampled_from(["application/json", "image/*", "*/*"]) | TEXT,
        "origin": st.sampled_from(["https://a.example", "null"]) | TEXT,
        "idempotency-key": TEXT,
        "user-agent": TEXT,
        "referer": TEXT,
        "access-control-request-headers": st.just("authorization, x-retry-count") | TEXT,
        "webhook-request-origin": st.just("eventgrid.example") | TEXT,
        "x-forwarded-for": TEXT,
        "x-amzn-trace-id": TEXT,
        "cloudfront-viewer-city": TEXT,
    },
)
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["d", "url", "referrer", "utm_source", "sw", "sh", ""]) | TEXT,
        TEXT
        | JSON.map(lambda text: text.decode("utf-8", "surrogateescape"))
        | st.sampled_from(["e30", "e30=", "W10", "https://a.example/?utm_term=%ff"]),
    ),
    max_size=4,
)


OWN_HOST = "events.a.example"


def make_fuzzed_world():
    world = World()
    ids = [
        world.add_environment(MAPS),
        world.add_environment(MAPS, "reject", on_invalid="reject", streams=["s1", "s2"]),
        world.add_environment([*MAPS, *TEMPLATES["user_tracking"].fields], store_addresses=True),
        world.add_environment(MAPS, allowed_origins=["https://a.example"]),
        world.add_environment(MAPS, plan_exhausted=True),
        world.add_environment(MAPS, state="deleted"),
        world.add_environment(MAPS, state="provisioning"),
    ]
    world.add_host(OWN_HOST, ids[0])
    return world, ids


FUZZED, FUZZED_IDS = make_fuzzed_world()
PATHS = st.one_of(
    st.sampled_from([f"/e/{environment_id}" for environment_id in FUZZED_IDS]),
    st.sampled_from(["/", "/health", "/e/", "/e/env_0000000000000000000000none"]),
    TEXT.map(lambda text: f"/{text}"),
)
PATHS_OF_ROUTES = st.tuples(
    st.sampled_from(["", *(f"/e/{environment_id}" for environment_id in FUZZED_IDS)]),  # with none, at the domain
    st.sampled_from(sorted(route.replace("{", "").replace("}", "") for route in ROUTES)),
)
BODIES_OF_ROUTES = st.builds(
    lambda wrapping, inner: wrapping % inner,
    st.sampled_from(
        [
            b'{"batch": [%b], "sentAt": "2026-11-02T10:11:12Z"}',
            b'{"batch": [%b], "sent_at": 7}',
            b'{"schema": "s", "data": [%b]}',
            b'{"events": [%b]}',
            b'{"data": %b}',
            b'{"properties": %b, "timestamp": 1}',
            b"data=%b",
        ]
    ),
    JSON,
)
QUERIES_OF_ROUTES = QUERIES | st.lists(
    st.tuples(
        st.sampled_from(
            ["data", "e", "eid", "dtm", "stm", "ue_pr", "ue_px", "cx", "co", "vp", "res", "name", "verbose"]
        ),
        TEXT | JSON.map(lambda text: text.decode("utf-8", "surrogateescape")),
    ),
    max_size=6,
)
OUTCOMES = {"accepted", "quarantined", MIXED, *Problem}
METHODS = st.sampled_from(["POST", "POST", "POST", "GET", "GET", "HEAD", "OPTIONS", "PUT"]) | TEXT
FORMS_OF_BODY = st.sampled_from([None, True])


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(FRONT_DOORS)),
    METHODS,
    PATHS,
    HEADERS,
    QUERIES,
    BODIES,
    st.sampled_from(["ingest.example.com", OWN_HOST]) | TEXT,
    FORMS_OF_BODY,
)
@example(
    "HTTP API", "GET", f"/e/{FUZZED_IDS[2]}", {"user-agent": "("}, [("d", "e30"), ("url", "http://[")], b"", "", None
)
def test_whatever_a_front_door_sends_gets_a_well_formed_answer(
    door, method, path, headers, query, body, host, as_base64
):
    answer = fuzzed(
        FRONT_DOORS[door](method, path, headers=headers, query=query, body=body, host=host, as_base64=as_base64)
    )
    route = address_from_path(path)[1]
    if route_of(route):
        check_well_formed_of_a_route(answer, method, route)
    else:
        check_well_formed(answer, method)
        check_kept(FUZZED, answer)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(sorted(FRONT_DOORS)),
    METHODS,
    PATHS_OF_ROUTES,
    HEADERS,
    QUERIES_OF_ROUTES,
    BODIES | BODIES_OF_ROUTES,
    FORMS_OF_BODY,
)
def test_whatever_comes_on_a_route_gets_a_well_formed_answer(door, method, path, headers, query, body, as_base64):
    address, route = path
    host = "ingest.example.com" if address else OWN_HOST
    answer = fuzzed(
        FRONT_DOORS[door](
            method, address + route, headers=headers, query=query, body=body, host=host, as_base64=as_base64
        )
    )
    check_well_formed_of_a_route(answer, method, route)


def fuzzed(event):
    for sink in (FUZZED.streams, FUZZED.quarantine, FUZZED.spill):
        sink.taken.clear()
        sink.calls.clear()
    return FUZZED.send(event)


def check_headers(answer):
    json.dumps(answer.raw)
    assert answer.status in {200, 204} | {PROBLEM_STATUS[code] for code in Problem} - {500}
    assert answer.headers["x-request-id"]
    assert all("\n" not in value and "\r" not in value for value in answer.headers.values())


def check_well_formed(answer, method):
    check_headers(answer)
    assert "access-control-allow-credentials" not in answer.headers
    if method == "HEAD" or answer.status == 204:
        assert answer.body == b""
    elif answer.headers["content-type"] == "image/gif":
        assert (method, answer.body) == ("GET", PIXEL)
        assert answer.headers["x-ingest-outcome"] in OUTCOMES - {"quarantined"}
    elif answer.status == 200:
        assert answer.headers["content-type"] == "application/json"
    else:
        assert answer.headers["content-type"] == "application/problem+json"
        assert PROBLEM_STATUS[Problem(answer.json["code"])] == answer.json["status"] == answer.status


def check_well_formed_of_a_route(answer, method, route):
    """A protocol's answers have forms of their own; what holds for all of them is in their headers."""
    check_headers(answer)
    owner = ROUTES[route_of(route)[0]]
    if not any(protocol_named(name).has_credentials for name in (owner.protocol, *owner.by_key.values())):
        assert "access-control-allow-credentials" not in answer.headers
    if method in {"HEAD", "OPTIONS"} or owner.is_configuration or owner.is_dry_run:
        return
    outcome = answer.headers["x-ingest-outcome"]
    assert outcome in OUTCOMES
    if answer.headers["content-type"] == "image/gif":
        assert answer.body == PIXEL
    elif answer.status >= 400 and answer.headers["content-type"] == "application/json":
        assert answer.json["code"]
        assert answer.json["message"]
    if outcome in {"accepted", "quarantined", MIXED}:
        assert answer.status in {200, 204}
    if outcome in {*Problem, "quarantined"}:
        assert not FUZZED.events()
    if outcome in {*Problem, "accepted"}:
        assert not FUZZED.quarantined()


def check_kept(world, answer):
    """What the answer calls accepted or quarantined is durable, and nothing else is."""
    if not answer.body.startswith(b"{") or answer.json == {"status": "ok"}:
        return
    result = answer.json
    rows = result.get("results", [])
    assert [row["index"] for row in rows] == list(range(len(rows)))
    for row in rows:
        assert row["outcome"] in set(Outcome)
        assert (row["outcome"] == "accepted") == (not row["errors"])
        assert all(error["code"] in set(Fault) for error in row["errors"])
    accepted = result["event_ids"] if answer.status == 200 else []
    assert [event["_event_id"] for event in world.events()] == accepted
    quarantined = [row["event_id"] for row in rows if row["outcome"] == "quarantined"]
    assert [event.event_id for event in world.quarantined()] == quarantined


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_broken_bytes_within_good_json_never_fail_on_our_side(data):
    good = json.dumps([{"name": "é", "count": 1, "items": [{"sku": "x"}], "at": "2026-01-02 03:04:05"}] * 2).encode()
    body = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    event = http_api_event("POST", f"/e/{FUZZED_IDS[0]}", body=bytes(body), headers={"content-type": TYPES[0]})
    for sink in (FUZZED.streams, FUZZED.quarantine):
        sink.taken.clear()
    answer = FUZZED.send(event)
    check_well_formed(answer, "POST")
    check_kept(FUZZED, answer)


def test_a_byte_order_mark_is_tolerated_wherever_a_json_text_begins(world, environment_id):
    mark = b"\xef\xbb\xbf"
    lines = [b'{"name": "1"}', b'{"name": "2"}', b"", b'  {"name": "3"} ', b'{"name": "4\xef\xbb\xbf"}']
    body = b"\r\n".join(mark + line for line in lines)
    assert world.post(environment_id, body, "application/x-ndjson").json["accepted"] == 4
    form = mark + b"d=%EF%BB%BF" + quote_from_bytes(b'{"name": "5"}').encode()
    assert world.post(environment_id, form, "application/x-www-form-urlencoded").status == 200
    assert world.get(environment_id, '\ufeff{"name": "6"}').status == 200
    assert [event["name"] for event in world.events()] == ["1", "2", "3", "4\ufeff", "5", "6"]
