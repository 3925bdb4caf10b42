"""What no honest sender sends: every request gets an answer of the contract, and the server stays small and alive."""

import gzip
import json
import random
import re
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from local.delivered import delivered_events
from tests.waiting import wait_until

SCHEMA = [
    {"key": "page", "type": "STRING", "presence": "optional"},
    {"key": "price", "type": "FLOAT", "presence": "optional"},
    {"key": "count", "type": "INT", "presence": "optional"},
    {"key": "items", "type": "ARRAY_OBJECT", "presence": "optional", "fields": [{"key": "sku", "type": "STRING"}]},
]
MAX_GROWTH_MIB = 400
"""How much the process may hold on top of what it held before: two bodies of 16 MiB, and what reading them takes."""

CONTRACT = {
    200: {None},
    204: {None},
    400: {"invalid_event", "not_json", "no_payload", "bad_encoding"},
    404: {"unknown_environment", "not_found"},
    405: {"method_not_allowed"},
    413: {"body_too_large", "too_many_events"},
    415: {"unsupported_media_type", "unsupported_encoding"},
}


@pytest.fixture(scope="module")
def made(api):
    return api.make_environment("Nasty", SCHEMA, settings={"on_invalid": "reject"})


@pytest.fixture(scope="module")
def client(run):
    with httpx.Client(timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def stays_small_and_silent(run, made):
    """Whatever a test of this module sends: no failure is logged, memory is bounded, and the service goes on."""
    before = memory_mib(run, "VmRSS")
    yield
    assert memory_mib(run, "VmHWM") - before < MAX_GROWTH_MIB
    assert "Traceback" not in run.log.read_text()
    assert "Unhandled" not in run.log.read_text()
    answer = httpx.post(made.address, json={"page": "still here"}, trust_env=False).json()
    wait_until(
        lambda: (
            answer["event_ids"][0] in {row["_event_id"] for row in delivered_events(run.state_dir, made.environment_id)}
        )
    )


def memory_mib(run, field):
    status = Path(f"/proc/{run.process.pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)[1]) / 1024


def checked(response):
    """Return the answer's code after checking that the contract knows it."""
    assert response.status_code in CONTRACT, response.text
    assert response.headers["x-request-id"]
    if response.status_code in {200, 204}:
        return None
    problem = response.json()
    assert problem["code"] in CONTRACT[response.status_code]
    return problem["code"]


def post(client, made, body, content_type="application/json", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(made.address, content=body, headers={"Content-Type": content_type, **names})


def exchange(run, *chunks, until_closed=False):
    """Send raw bytes on a connection of their own; return what came back, empty if the server only hung up."""
    with socket.create_connection(("127.0.0.1", run.port), timeout=10) as connection:
        try:
            for chunk in chunks:
                connection.sendall(chunk)
            answer = connection.recv(65_536)
            while until_closed and (more := connection.recv(65_536)):
                answer += more
        except (ConnectionResetError, BrokenPipeError):
            return b""
        return answer


@pytest.mark.parametrize(
    "text",
    [
        b"NaN",
        b'{"price": NaN}',
        b'{"price": Infinity}',
        b'{"price": -Infinity}',
        b"{'page': 'x'}",
        b'{"page": "x",}',
        b'{"page": "x"} x',
        b'{"page": "x"}{"page": "x"}',
        b'{"price": 01}',
        b'{"price": .5}',
        b'{"price": 1.}',
        b'{"price": +1}',
        b'{"price": 0x10}',
        b'// no comment\n{"page": "x"}',
        b'{"page": "x" /* y */}',
        b'{page: "x"}',
        b'{"page": "\x00"}',
        b'{"page": "tab\there"}',
        b'{"page": "\xff"}',
        b'{"page": "\xed\xa0\x80"}',
        b'{"page": "\\x41"}',
        b'{"page": "\\u12"}',
        b'{"page": "\\ud800"}',
        b'{"page": "\\udc00\\ud800"}',
        '{"page": "x"}'.encode("utf-16"),
        '{"page": "x"}'.encode("utf-32-be"),
        b"\x00",
        b"{" * 90_000,
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b'"',
        b"tru",
        b"\xa0{}",
    ],
    ids=repr,
)
def test_what_is_not_json_is_said_to_be_so(client, made, text):
    assert checked(post(client, made, text)) == "not_json"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"null", "not_an_object"),
        (b"1", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"true", "not_an_object"),
        (b"[[]]", "not_an_object"),
        (b"[null]", "not_an_object"),
        (b'{"price": 1e400}', "out_of_range"),
        (b'{"price": -1e999999999}', "out_of_range"),
        (b'{"count": 9223372036854775808}', "out_of_range"),
        (b'{"count": ' + b"9" * 100_000 + b"}", "out_of_range"),
        (b'{"count": 1.5}', "type_int"),
        (b'{"count": true}', "type_int"),
        (b'{"page": {"toString": 1}}', "type_string"),
        (b'{"items": {"0": {"sku": "x"}}}', "type_array"),
        (b'{"items": [[]]}', "type_object"),
        (b'{"page": "' + b"x" * 1_000_001 + b'"}', "event_too_large"),
        (b'{"other": ' + b"[" * 200 + b"]" * 200 + b"}", "depth"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_json_but_not_an_event_of_the_schema_gets_its_fault(client, made, text, code):
    response = post(client, made, text)
    assert checked(response) == "invalid_event"
    (row,) = response.json()["results"]
    assert [error["code"] for error in row["errors"]] == [code]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (b'\xef\xbb\xbf{"page": "bom"}', {"page": "bom"}),
        (b' \t\r\n{"page": "space"} \n', {"page": "space"}),
        (b'{"page": "\\u0000"}', {"page": "\0"}),
        (b'{"page": "first", "page": "last"}', {"page": "last"}),
        (b'{"page": "\\ud83d\\ude00"}', {"page": "\N{GRINNING FACE}"}),
        (b'{"price": -0.0, "count": -0}', {"price": 0, "count": 0}),
        (b'{"count": 1e3, "price": 5e-324}', {"count": 1000, "price": 5e-324}),
        (b'{"count": -9223372036854775808}', {"count": -(2**63)}),
        (b'{"page": null, "__proto__": {"page": 1}}', {}),
        (b'{"page": "\\u2028</script>\\n\\r"}', {"page": "\u2028</script>\n\r"}),
        (b'{"page": "' + b"\xf0\x9f\x98\x80" * 8_000 + b'"}', {"page": "\N{GRINNING FACE}" * 8_000}),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_odd_but_honest_json_is_stored_as_what_it_means(client, run, made, text, stored):
    response = post(client, made, text)
    assert checked(response) is None
    (event_id,) = response.json()["event_ids"]

    def found():
        rows = delivered_events(run.state_dir, made.environment_id)
        return [row for row in rows if row["_event_id"] == event_id]

    (row,) = wait_until(found)
    assert {key: value for key, value in row.items() if not key.startswith("_")} == stored


@pytest.mark.parametrize(
    ("body", "coding", "code"),
    [
        (gzip.compress(bytes(17 * 1024 * 1024), mtime=0), "gzip", "body_too_large"),
        (zlib.compress(bytes(400 * 1024 * 1024)), "deflate", "body_too_large"),
        (gzip.compress(b"{}", mtime=0)[:-5], "gzip", "bad_encoding"),
        (gzip.compress(b'{"page": "x"}', mtime=0)[:12], "gzip", "bad_encoding"),
        (b"{}", "gzip", "bad_encoding"),
        (b"\x1f\x8b", "gzip", "bad_encoding"),
        (b"\x00", "deflate", "bad_encoding"),
        (gzip.compress(b"{}", mtime=0) + b"trailing", "gzip", "bad_encoding"),
        (b"{}", "br", "unsupported_encoding"),
        (b"{}", "zstd", "unsupported_encoding"),
        (b"{}", "x" * 5_000, "unsupported_encoding"),
        (gzip.compress(b"x" * 100, mtime=0), "gzip", "not_json"),
        (gzip.compress(b"", mtime=0), "gzip", "no_payload"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_broken_or_dangerous_compression_is_refused(client, made, body, coding, code):
    assert checked(post(client, made, body, Content_Encoding=coding)) == code


def test_many_bombs_at_once_are_taken_in_turns(client, made):
    bomb = gzip.compress(b"[" + b'{"a":1},' * 1_900_000 + b"{}]")
    plain = gzip.compress(bytes(16 * 1024 * 1024))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda body: post(client, made, body, Content_Encoding="gzip"), [bomb, plain] * 2))
    assert {checked(answer) for answer in answers} == {"too_many_events", "invalid_event"}


def test_an_event_of_countless_faults_is_answered_with_a_hundred(client, made):
    response = post(client, made, gzip.compress(b'{"items": [' + b"{}," * 40_000 + b"{}]}"), Content_Encoding="gzip")
    assert checked(response) == "invalid_event"
    (row,) = response.json()["results"]
    assert row["more"] is True
    assert [error["pointer"] for error in row["errors"]] == [f"/items/{number}/sku" for number in range(100)]


def test_a_large_body_is_413_however_it_comes(client, made):
    body = b'{"page": "' + b"x" * 10_000_000 + b'"}'
    chunked = (body[start : start + 100_000] for start in range(0, len(body), 100_000))
    assert checked(post(client, made, body)) == "body_too_large"
    assert checked(post(client, made, chunked)) == "body_too_large"
    assert checked(post(client, made, body + body)) == "body_too_large"


def test_a_body_of_just_the_limit_is_read(client, made):
    limit = 4 * 1024 * 1024
    lines = (b'{"page": "' + b"x" * 30_000 + b'"}\n') * (limit // 30_013)
    fitting = lines.ljust(limit)
    assert checked(post(client, made, fitting, "application/x-ndjson")) is None
    assert checked(post(client, made, fitting + b" ", "application/x-ndjson")) == "body_too_large"


@pytest.mark.parametrize(
    "query",
    ["d=abc", "d=e30", "d=%FF", "d=%00", "d=%7B", "d=e", "d===", "d=-_-_", "d=", "", "d", "&&&", "x=" + "y" * 5_000],
)
def test_a_strange_pixel_is_still_a_pixel(client, made, query):
    response = client.get(f"{made.address}?{query}")
    assert response.status_code == (200 if query == "d=e30" else 400)
    assert (response.headers["content-type"], len(response.content)) == ("image/gif", 43)
    assert response.headers["x-ingest-outcome"]


@pytest.mark.parametrize(
    "content_type",
    [
        "image/png",
        "application/xml",
        "multipart/form-data",
        "x",
        "/",
        "application/json2",
        "text/html",
        "json",
        "a" * 5_000,
    ],
)
def test_a_foreign_type_is_415(client, made, content_type):
    assert checked(post(client, made, b"{}", content_type)) == "unsupported_media_type"


@pytest.mark.parametrize(
    "headers",
    [
        [("User-Agent", b"\xff\xfe"), ("Referer", b"\xff://\x80")],
        [("Idempotency-Key", b"\xff" * 300)],
        [("Origin", b"null")],
        [("Origin", b"https://\xff")],
        [("Accept", b"\xff"), ("Accept", b",,,;q=")],
        [("Content-Type", b"application/json; charset=\xff")],
        [("X-Forwarded-For", b"1.2.3.4, \x80")],
        [("Content-Encoding", b"")],
        [("Cookie", b"a" * 3_000)],
    ],
    ids=repr,
)
def test_strange_headers_do_no_harm(run, made, headers):
    names = {name for name, _ in headers}
    lines = [name.encode() + b": " + value for name, value in headers]
    if "Content-Type" not in names:
        lines.append(b"Content-Type: application/json")
    head = b"\r\n".join([f"POST /e/{made.environment_id} HTTP/1.1".encode(), b"Host: 127.0.0.1", *lines])
    answer = exchange(run, head + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", until_closed=True)
    status = int(answer.split(b" ", 2)[1])
    assert status in {200, 415}, answer


@pytest.mark.parametrize(
    "path",
    [
        "/e/",
        "/e/%00",
        "/e/..%2f..%2fetc%2fpasswd",
        "/e/../../etc/passwd",
        "/e/" + "a" * 5_000,
        "/e/env_%C3%A9",
        "/e/%FF",
        "/e/x/y",
    ],
)
def test_a_strange_address_is_an_unknown_one(run, path):
    request = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{{}}"
    answer = exchange(run, request.encode())
    assert answer.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "host",
    ["", "\xff", "a" * 5_000, "events.example.com:99999", "[::1", "..", "a..b", "%00", "127.0.0.1.example.com", ";"],
)
def test_a_strange_host_is_an_unknown_one_or_this_machine(run, host):
    request = f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n{{}}"
    answer = exchange(run, request.encode("latin-1"))
    assert int(answer.split(b" ", 2)[1]) in {404, 405}


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("GET /e/x?d=" + "x" * 10_300, "", 414),
        ("GET /e/x?d=" + "x" * 2_000_000, "", 414),
        ("GET /e/x", "X: " + "y" * 10_300 + "\r\n", 431),
        ("GET /e/x", "X: " + "y" * 2_000_000 + "\r\n", 431),
        ("GET /e/x", "".join(f"X-{number}: y\r\n" for number in range(2_000)), 431),
    ],
    ids=["long line", "endless line", "long header", "endless header", "many headers"],
)
def test_a_head_beyond_the_bound_is_refused(run, line, headers, status):
    answer = exchange(run, f"{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode(), headers.encode(), b"\r\n")
    # Where it is still sending, the sender may find the connection cut before it reads the answer.
    assert answer == b"" or answer.startswith(f"HTTP/1.1 {status} ".encode())


def test_a_head_that_never_ends_is_cut_off(run):
    sent = 0
    with socket.create_connection(("127.0.0.1", run.port), timeout=10) as connection:
        connection.sendall(b"GET /e/x HTTP/1.1\r\nX: ")
        try:
            while sent < 100_000_000:
                sent += connection.send(b"y" * 65_536)
        except OSError:
            pass
    assert sent < 20_000_000


@pytest.mark.parametrize(
    "text",
    [
        b"\x00\x00\x00\x00\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET\r\n\r\n",
        b"POST /e/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /e/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
        b"POST /e/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /e/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /e/x HTTP/9.9\r\n\r\n",
        b"GET /e/\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /e/x HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=repr,
)
def test_what_is_not_http_is_refused_or_hung_up_on(run, text):
    with socket.create_connection(("127.0.0.1", run.port), timeout=10) as connection:
        connection.sendall(text)
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = connection.recv(65_536)
        except ConnectionResetError:
            answer = b""
    assert answer == b"" or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 ")), answer


def test_senders_that_stall_keep_nobody_from_being_served(client, run, made):
    stalled = []
    try:
        for number in range(300):
            connection = socket.create_connection(("127.0.0.1", run.port), timeout=10)
            head = f"POST /e/{made.environment_id} HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
            body = b"Content-Length: 100000\r\n\r\n{" if number % 2 else b"X-Half: "
            connection.sendall(head.encode() + body)
            stalled.append(connection)
        for _ in range(20):
            assert checked(post(client, made, b'{"page": "through"}')) is None
            assert checked(post(client, made, gzip.compress(b'{"page": "too"}'), Content_Encoding="gzip")) is None
    finally:
        for connection in stalled:
            connection.close()


def test_thousands_of_unknown_ids_cost_little(client, run):
    chance = random.Random(7)
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    before = memory_mib(run, "VmRSS")
    for _ in range(3_000):
        environment_id = "env_" + "".join(chance.choices(alphabet, k=26))
        response = client.post(f"{run.address}/e/{environment_id}", content=b"{}")
        assert response.status_code == 404
    assert memory_mib(run, "VmRSS") - before < 50


def test_random_bytes_never_fail_on_our_side(client, made):
    chance = random.Random(11)
    valid = json.dumps([{"page": "x", "price": 1.5, "items": [{"sku": "y"}]}] * 3).encode()
    types = ["application/json", "application/x-ndjson", "application/x-www-form-urlencoded", "text/plain"]
    for number in range(400):
        body = bytearray(valid)
        for _ in range(chance.randint(1, 6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        checked(post(client, made, bytes(body), types[number % 4]))


@pytest.mark.parametrize("connection", ["Upgrade, HTTP2-Settings", "keep-alive, upgrade"])
def test_an_offer_to_speak_http_2_is_passed_over_and_the_body_read(client, made, connection):
    headers = {"Connection": connection, "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAB"}
    for _ in range(2):  # on one connection
        response = post(client, made, b'{"page":"upgrade"}', **headers)
        assert (response.status_code, response.json()["accepted"]) == (200, 1)
