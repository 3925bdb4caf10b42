import base64
import gzip
import json
import random
import tracemalloc
import zlib
from urllib.parse import quote, quote_plus, unquote_to_bytes, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import Rejected
from domain.http import HttpRequest
from domain.intake.payload import EventTexts, texts_from_request
from schemas.codes import Problem
from schemas.limits import MAX_BODY_BYTES, MAX_DECODED_BYTES

EVENT = '{"name":"käse+🧀 100%","n":1}'
TEXT = EVENT.encode()
BOM = b"\xef\xbb\xbf"


def post(body: bytes, content_type: str | None = "application/json", encoding: str | None = None) -> HttpRequest:
    headers = {"host": "in.example"}
    if content_type is not None:
        headers["content-type"] = content_type
    if encoding is not None:
        headers["content-encoding"] = encoding
    return HttpRequest("POST", "/e/env_1", "in.example", headers, {}, body, "203.0.113.7", "req_1")


def get(**query: str) -> HttpRequest:
    return HttpRequest("GET", "/e/env_1", "in.example", {}, query, b"", "203.0.113.7", "req_1")


def form(body: bytes, **more) -> HttpRequest:
    return post(body, "application/x-www-form-urlencoded", **more)


def refusal(request: HttpRequest) -> Rejected:
    with pytest.raises(Rejected) as caught:
        texts_from_request(request)
    return caught.value


def outcome(request: HttpRequest) -> EventTexts | Problem:
    try:
        return texts_from_request(request)
    except Rejected as problem:
        return problem.code


def form_and_text(request: HttpRequest) -> tuple[str, bytes]:
    texts = texts_from_request(request)
    return texts.form, texts.text


def base64url(text: bytes, *, padded: bool = False) -> str:
    encoded = base64.urlsafe_b64encode(text).decode()
    return encoded if padded else encoded.rstrip("=")


@pytest.mark.parametrize(
    ("content_type", "form_of_payload"),
    [
        ("application/json", "json"),
        ("Application/JSON", "json"),
        ("application/json; charset=utf-8", "json"),
        ("application/json ;charset=latin-1", "json"),
        ("text/plain", "json"),
        ("text/plain;charset=UTF-8", "json"),
        ("", "json"),
        (" ", "json"),
        (";", "json"),
        (None, "json"),
        ("application/x-ndjson", "lines"),
        ("APPLICATION/X-NDJSON; charset=utf-8", "lines"),
    ],
)
def test_a_body_is_handed_on_unread_and_uncopied_by_its_type(content_type, form_of_payload):
    body = b'not even JSON \xff\n[1, {"a"'
    texts = texts_from_request(post(body, content_type))
    assert texts.form == form_of_payload
    assert texts.text is body


@pytest.mark.parametrize(
    "content_type",
    [
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "json",
        "application/x-ndjsonx",
        "*/*",
        "application/json, text/plain",
    ],
)
def test_any_other_type_is_refused_with_those_that_are_accepted(content_type):
    problem = refusal(post(TEXT, content_type))
    assert (problem.code, problem.status) == (Problem.UNSUPPORTED_MEDIA_TYPE, 415)
    for accepted in ("application/json", "application/x-ndjson", "application/x-www-form-urlencoded", "text/plain"):
        assert accepted in problem.message
    assert content_type not in problem.message.split()


@pytest.mark.parametrize("content_type", ["application/json", "application/x-ndjson", None])
def test_a_byte_order_mark_is_taken_off(content_type):
    assert texts_from_request(post(BOM + TEXT, content_type)).text == TEXT
    assert texts_from_request(post(gzip.compress(BOM + TEXT), content_type, "gzip")).text == TEXT


@pytest.mark.parametrize(
    "request_without_event",
    [
        post(b""),
        post(b"", None),
        post(b" \r\n\t"),
        post(BOM),
        post(BOM + b"\n"),
        post(b"\n\n", "application/x-ndjson"),
        post(b"", encoding="gzip"),
        post(gzip.compress(b""), encoding="gzip"),
        post(gzip.compress(b"  "), encoding="gzip"),
        form(b""),
        form(b"d="),
        form(b"d=+%20"),
        form(b"e=%7B%7D"),
        form(b"dd=%7B%7D&xd=%7B%7D&d"),
        get(),
        get(d=""),
        get(d="  "),
        get(d="\ufeff"),
        get(D="{}"),
        get(d=base64url(b"   ")),
    ],
)
def test_a_request_without_an_event_learns_how_to_send_one(request_without_event):
    problem = refusal(request_without_event)
    assert (problem.code, problem.status) == (Problem.NO_PAYLOAD, 400)
    assert "POST" in problem.message
    assert "parameter d" in problem.message


@pytest.mark.parametrize("text", [EVENT, f" \n{EVENT}", "[1]", '"x"', "-1", "true", "null", "{broken", "[" * 9])
def test_a_pixel_carries_json_as_it_is(text):
    assert form_and_text(get(d=text)) == ("one", text.encode())


JSON_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    JSON_DOCUMENTS.filter(lambda value: isinstance(value, dict | list)),
    st.booleans(),
    st.sampled_from(["", " ", "\n", "\ufeff"]),
)
@example({"a": "?>~\x7f"}, True, "")
def test_base64url_is_told_by_its_first_character(document, padded, head):
    for ascii_only in (True, False):
        text = (head + json.dumps(document, ensure_ascii=ascii_only)).encode()
        expected = text.removeprefix(BOM)
        encoded = base64url(text, padded=padded)
        assert form_and_text(get(d=encoded)) == ("one", expected)
        assert form_and_text(form(b"d=" + quote(encoded).encode())) == ("json", expected)
        assert form_and_text(get(d=text.decode())) == ("one", expected)


@pytest.mark.parametrize(
    "text",
    [
        "eyJ",  # cut: 2 bytes and a half
        "eyJhI",
        "e30=x",
        "e3 0",
        "e30\n=",
        "ey+/",
        "=",
        "====",
        "e=30",
        "ü",
        "'single'",
        "<xml>",
        "%7B%7D",
    ],
)
def test_what_is_neither_json_nor_base64url_is_passed_on_as_it_is(text):
    if text == "eyJ":
        assert texts_from_request(get(d=text)).text == b'{"'
    else:
        assert texts_from_request(get(d=text)).text == text.encode()


@given(st.text(alphabet=st.characters()))
@example("\udcff")
@example("{\ud800}")
@example("\ufeff\ufeff")
@example("77u_")
def test_a_pixel_is_an_event_or_no_payload_whatever_it_holds(text):
    found = outcome(get(d=text))
    assert found == Problem.NO_PAYLOAD or (found.form == "one" and found.text)


def test_bytes_of_a_query_that_are_no_text_come_back_as_they_were():
    assert texts_from_request(get(d=b'{"a":"\xff"}'.decode(errors="surrogateescape"))).text == b'{"a":"\xff"}'
    assert texts_from_request(get(d='{"a":"\ud800"}')).text == b'{"a":"\xed\xa0\x80"}'


@given(JSON_DOCUMENTS, st.sampled_from([quote, quote_plus]))
@example({"käse": "+ %41&=;🧀"}, quote_plus)
def test_a_form_carries_what_a_browser_encodes(document, encode):
    text = json.dumps(document, ensure_ascii=False).encode()
    for body in (b"d=%b", b"d=%b&x=1", b"a=2&d=%b", b"&&d=%b&"):
        assert form_and_text(form(body % encode(text).encode())) == ("json", text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (urlencode({"d": EVENT}).encode(), TEXT),
        (b'd={"a":"b+c"}', b'{"a":"b c"}'),
        (b'd={"a":"b%2Bc"}', b'{"a":"b+c"}'),
        (b'd={"a":"100%"}', b'{"a":"100%"}'),
        (b'd={"a":"%zz%4"}', b'{"a":"%zz%4"}'),
        (b"d=%7B%22a%22%3A%22%ff%22%7D", b'{"a":"\xff"}'),
        (b"d=\xff", b"\xff"),
        (b'd={"a":"b=c"}', b'{"a":"b=c"}'),
        (b"d=[%7B%7D,{}]", b"[{},{}]"),
        (b"d=%EF%BB%BF{}", b"{}"),
        (b"d=%", b"%"),
        (b"d=%%41%4", b"%A%4"),
        (b"d=e30%3D", b"{}"),
        (b"d=e30=", b"{}"),
        (b"%64={}", b"{}"),
        (b"a=%64&dd=1&d={}&ad=2", b"{}"),
        (BOM + b"d={}", b"{}"),
        (BOM + b"a=1&d=%EF%BB%BF{}", b"{}"),
    ],
)
def test_the_value_of_a_form_is_decoded_as_bytes(body, text):
    assert form_and_text(form(body)) == ("json", text)
    assert form_and_text(form(gzip.compress(body), encoding="gzip")) == ("json", text)


@pytest.mark.parametrize("body", [b"d={}&d={}", b"d={}&a=1&%64={}", b"%64={}&%64={}", b"d&d={}", b"d=%7B%7D&d=&x"])
def test_a_form_that_has_its_event_twice_is_ambiguous(body):
    problem = refusal(form(body))
    assert (problem.code, problem.status) == (Problem.AMBIGUOUS, 400)
    assert "The parameter d stands more than once in the form" in problem.message


@pytest.mark.parametrize("name", ["url", "referrer", "sw", "sh"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_parameter_that_is_read_once_may_not_stand_twice(method, name):
    request = HttpRequest(method, "/", "h", {}, {"d": "{}", name: "1"}, b"{}", "192.0.2.1", "req_1", {name})
    problem = refusal(request)
    assert problem.code == Problem.AMBIGUOUS
    assert f"The parameter {name} stands more than once in the query" in problem.message


def test_parameters_that_nothing_reads_and_those_of_links_may_be_repeated():
    for method, repeated in (("GET", {"utm_source", "x"}), ("POST", {"d", "utm_medium"})):
        request = HttpRequest(method, "/", "h", {}, {"d": "{}"}, b"{}", "192.0.2.1", "req_1", repeated)
        assert texts_from_request(request).text == b"{}"


@given(
    st.lists(
        st.sampled_from([b"%", b"%4", b"%41", b"%C3%bc", b"\\", b"\\x41", b"\\N", b"u", b"\xff", b"\n", b"=", b"+"])
    )
)
def test_a_form_is_decoded_as_the_standard_library_does(parts):
    value = b"{" + b"".join(parts)
    assert texts_from_request(form(b"d=" + value)).text == unquote_to_bytes(value.replace(b"+", b" "))


@pytest.mark.parametrize("shift", range(4))
def test_an_escape_across_two_pieces_of_a_long_form_stays_whole(shift):
    text = b"[" * (1 + shift) + "ü{}".encode() * 60_000
    assert texts_from_request(form(b"d=" + quote(text).encode())).text == text


def deflate(data: bytes, wbits: int) -> bytes:
    engine = zlib.compressobj(wbits=wbits)
    return engine.compress(data) + engine.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    " GZIP ": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": lambda data: deflate(data, -15),
    "identity": lambda data: data,
    "": lambda data: data,
}


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("size", [1, 100, 16 * 1024, 300_000])
def test_encodings_are_understood(encoding, size):
    data = b"{" + random.Random(size).randbytes(size)
    assert texts_from_request(post(ENCODERS[encoding](data), encoding=encoding)).text == data


@pytest.mark.parametrize("level", range(10))
def test_both_kinds_of_deflate_are_told_apart_at_every_level(level):
    for wbits in (-15, -9, 9, 15):
        engine = zlib.compressobj(level, wbits=wbits)
        body = engine.compress(TEXT) + engine.flush()
        assert texts_from_request(post(body, encoding="deflate")).text == TEXT


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip,identity", "gzip;q=1", "*"])
def test_other_encodings_are_refused_with_those_that_are_understood(encoding):
    problem = refusal(post(gzip.compress(TEXT), encoding=encoding))
    assert (problem.code, problem.status) == (Problem.UNSUPPORTED_ENCODING, 415)
    assert all(name in problem.message for name in ("gzip", "deflate", "identity"))


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", lambda data: deflate(data, -15))],
)
def test_a_compressed_body_that_is_cut_anywhere_is_refused(encoding, encode):
    body = encode(TEXT * 3)
    for cut in range(1, len(body)):
        problem = refusal(post(body[:cut], encoding=encoding))
        assert (problem.code, problem.status) == (Problem.BAD_ENCODING, 400), cut
    assert texts_from_request(post(body, encoding=encoding)).text == TEXT * 3


@pytest.mark.parametrize("garbage", [b"\0", b"x", b"\x1f", b"\x1f\x8b", b"garbage", b"\0" * 70_000])
@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", lambda data: deflate(data, -15))],
)
def test_garbage_behind_the_end_is_refused(encoding, encode, garbage):
    assert refusal(post(encode(TEXT) + garbage, encoding=encoding)).code == Problem.BAD_ENCODING


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [TEXT, b"\x1f\x8b\x08", b"x", b"\x78\xbb\0\0\0\0abc", b"\xff" * 100])
def test_what_is_not_compressed_as_the_header_says_is_refused(encoding, body):
    assert refusal(post(body, encoding=encoding)).code == Problem.BAD_ENCODING


def test_a_checksum_that_does_not_fit_is_refused():
    body = bytearray(gzip.compress(TEXT))
    body[-8] ^= 1
    assert refusal(post(bytes(body), encoding="gzip")).code == Problem.BAD_ENCODING


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=6), st.integers(0, 20_000))
def test_gzip_of_several_members_is_one_text(parts, head_bytes):
    texts = [random.Random(head_bytes).randbytes(head_bytes), *parts, b"}"]
    body = b"".join(map(gzip.compress, texts))
    assert texts_from_request(post(body, encoding="gzip")).text == b"".join(texts).removeprefix(BOM)


def test_the_body_as_sent_is_measured_before_anything_else():
    fits, over = b"x" * MAX_BODY_BYTES, b"x" * (MAX_BODY_BYTES + 1)
    assert texts_from_request(post(fits)).text is fits
    for request in (post(over), post(over, "application/xml"), post(over, encoding="gzip"), form(over)):
        problem = refusal(request)
        assert (problem.code, problem.status) == (Problem.BODY_TOO_LARGE, 413)
        assert "4,194,304" in problem.message


@pytest.mark.parametrize("encode", [gzip.compress, zlib.compress, lambda data: deflate(data, -15)])
def test_the_decoded_body_may_take_16_mib_and_not_one_byte_more(encode):
    encoding = "gzip" if encode is gzip.compress else "deflate"
    fits = texts_from_request(post(encode(b"x" * MAX_DECODED_BYTES), encoding=encoding))
    assert len(fits.text) == MAX_DECODED_BYTES
    problem = refusal(post(encode(b"x" * (MAX_DECODED_BYTES + 1)), encoding=encoding))
    assert (problem.code, problem.status) == (Problem.BODY_TOO_LARGE, 413)
    assert "16,777,216" in problem.message


def test_the_members_of_a_body_share_one_limit():
    half = gzip.compress(b"x" * (MAX_DECODED_BYTES // 2))
    assert len(texts_from_request(post(half * 2 + gzip.compress(b""), encoding="gzip")).text) == MAX_DECODED_BYTES
    assert refusal(post(half * 2 + gzip.compress(b"x"), encoding="gzip")).code == Problem.BODY_TOO_LARGE


def endless_blocks() -> bytes:
    """Full blocks of zeros, none of which is the last."""
    engine = zlib.compressobj(9, wbits=-15)
    block = engine.compress(bytes(1024 * 1024)) + engine.flush(zlib.Z_FULL_FLUSH)
    return block * (MAX_BODY_BYTES // len(block))


def full_members() -> bytes:
    member = gzip.compress(bytes(1024 * 1024), 9)
    return member * (MAX_BODY_BYTES // len(member))


def traced(request: HttpRequest) -> tuple[EventTexts | Problem, int]:
    """Return the outcome and the most bytes that were held at once for it."""
    tracemalloc.start()
    try:
        return outcome(request), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("encoding", "make"),
    [("gzip", full_members), ("deflate", endless_blocks), ("deflate", lambda: deflate(bytes(100 * 1024 * 1024), 15))],
)
def test_a_bomb_of_gigabytes_is_refused_in_bounded_memory(encoding, make):
    body = make()
    assert len(body) <= MAX_BODY_BYTES
    found, peak_bytes = traced(post(body, encoding=encoding))
    assert found == Problem.BODY_TOO_LARGE
    assert peak_bytes < 3 * MAX_DECODED_BYTES


@pytest.mark.parametrize(
    ("head", "part", "found"),
    [(b"d=", b"%", EventTexts), (b"d=", b"+%2", EventTexts), (b"", b"&", Problem), (b"", b"&d=", Problem)],
)
def test_a_form_made_to_be_taken_apart_stays_in_bounded_memory(head, part, found):
    decoded = head + part * ((MAX_DECODED_BYTES - len(head)) // len(part))
    of_form, peak_bytes = traced(form(gzip.compress(decoded, 1), encoding="gzip"))
    assert isinstance(of_form, found)
    assert peak_bytes < 8 * MAX_DECODED_BYTES


def test_as_many_members_as_fit_are_one_text():
    member = gzip.compress(b"1", 1)
    count = MAX_BODY_BYTES // len(member)
    assert texts_from_request(post(member * count, encoding="gzip")).text == b"1" * count


@given(
    st.binary(max_size=300),
    st.sampled_from(["gzip", "deflate", "identity", None]),
    st.sampled_from([None, "text/plain", "application/x-ndjson", "application/x-www-form-urlencoded"]),
)
def test_no_body_raises_anything_but_a_refusal(body, encoding, content_type):
    found = outcome(post(body, content_type, encoding))
    assert found in {Problem.NO_PAYLOAD, Problem.BAD_ENCODING} or found.text


def test_json_sent_as_a_form_is_told_the_remedy():
    request = HttpRequest(
        "POST", "/", "", {"content-type": "application/x-www-form-urlencoded"}, {}, b' {"a":1}', "192.0.2.1", "req_1"
    )
    with pytest.raises(Rejected, match="Content-Type: application/json") as caught:
        texts_from_request(request)
    assert caught.value.code == Problem.NO_PAYLOAD
