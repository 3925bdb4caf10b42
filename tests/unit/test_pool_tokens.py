"""Access tokens of the login service: which count, and by which keys they are judged."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.cognito.keys import MAX_AGE_SECONDS, MAX_OUTAGE_SECONDS, PAUSE_SECONDS, PoolKeys, make_fetch
from adapters.cognito.tokens import LEEWAY_SECONDS, PoolTokens
from domain.errors import Undelivered
from tests.pool import CLIENT, ISSUER, Pool, jwk, private_key

NOW = 1_795_420_800


class Monotonic:
    def __init__(self):
        self.seconds = 1_000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def pool():
    return Pool(NOW)


@pytest.fixture
def time_passes():
    return Monotonic()


@pytest.fixture
def verify(pool, time_passes):
    tokens = PoolTokens(PoolKeys(pool.fetch, time_passes), ISSUER, (CLIENT, "other-client"))
    return lambda token, now=NOW: tokens.verify(token, now)


def unsigned(**header):
    """Return a token whose signature is nothing."""
    parts = [{"kid": "first", **header}, {"sub": "user-1", "iss": ISSUER, "client_id": CLIENT, "exp": NOW + 60}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


def signed_with_the_public_key(pool):
    """Return a token that is sound to whoever takes the public key for a shared secret."""
    secret = private_key("first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header, body, _ = pool.token().split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "first"}).encode()).rstrip(b"=").decode()
    algorithm = jwt.get_algorithm_by_name("HS256")
    signature = algorithm.sign(f"{header}.{body}".encode(), secret)
    return f"{header}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_a_sound_token_says_who_and_until_when(pool, verify):
    assert verify(pool.token("user-1", username="ann")) == ("user-1", "ann", NOW + 3_600)
    assert verify(pool.token(client_id="other-client"))
    assert verify(pool.token(username=None)).username == "user-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": f"{ISSUER}x"},
        {"iss": None},
        {"client_id": "another"},
        {"client_id": None},
        {"client_id": [CLIENT]},
        {"token_use": "id"},
        {"token_use": None},
        {"sub": ""},
        {"sub": None},
        {"exp": NOW},
        {"exp": None},
        {"exp": str(NOW + 60)},
        {"exp": True},
        {"nbf": NOW + LEEWAY_SECONDS + 1},
        {"nbf": "soon"},
    ],
)
def test_a_token_with_another_claim_does_not_count(pool, verify, claims):
    assert verify(pool.token(**claims)) is None


def test_a_token_counts_until_it_expires_and_a_little_before_it_begins(pool, verify):
    token = pool.token(nbf=NOW + LEEWAY_SECONDS)
    assert verify(token)
    assert verify(token, NOW + 3_599)
    assert verify(token, NOW + 3_600) is None


def test_no_other_algorithm_counts_whatever_the_token_says(pool, verify):
    assert verify(unsigned(alg="none")) is None
    assert verify(unsigned(alg="None")) is None
    assert verify(unsigned(alg="RS256")) is None
    assert verify(signed_with_the_public_key(pool)) is None
    claims = jwt.decode(pool.token(), options={"verify_signature": False})
    assert verify(jwt.encode(claims, private_key("first"), "PS256", {"kid": "first"})) is None
    assert verify(jwt.encode(claims, private_key("first"), "RS512", {"kid": "first"})) is None


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "..", "é.é.é", "iet_token", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA"])
def test_what_is_no_token_does_not_count(verify, text):
    assert verify(text) is None


def test_a_changed_token_does_not_count(pool, verify):
    header, body, signature = pool.token().split(".")
    other = pool.token("user-2").split(".")[1]
    assert verify(f"{header}.{other}.{signature}") is None
    assert verify(f"{header}.{body}.{signature[:-4]}AAAA") is None


def test_a_token_of_another_key_by_the_same_name_does_not_count(pool, verify):
    assert verify(pool.token(key="second", header={"kid": "first"})) is None


def test_keys_are_fetched_once_and_again_when_they_are_old(pool, verify, time_passes):
    token = pool.token()
    assert all(verify(token) for _ in range(3))
    assert pool.fetches == 1
    time_passes.seconds += MAX_AGE_SECONDS + 1
    assert verify(token)
    assert pool.fetches == 2


def test_a_new_key_counts_at_once_and_a_withdrawn_one_no_longer(pool, verify, time_passes):
    old = pool.token()
    assert verify(old)
    time_passes.seconds += PAUSE_SECONDS
    pool.published = [jwk("second")]
    assert verify(pool.token(key="second"))
    assert verify(old) is None


def test_made_up_key_ids_do_not_have_keys_fetched_without_end(pool, verify, time_passes):
    for number in range(50):
        assert verify(pool.token(header={"kid": f"made-up-{number}"})) is None
    assert pool.fetches == 1
    time_passes.seconds += PAUSE_SECONDS
    assert verify(pool.token(header={"kid": "made-up"})) is None
    assert pool.fetches == 2


def test_keys_that_cannot_be_fetched_go_on_for_a_day(pool, verify, time_passes):
    token = pool.token()
    assert verify(token)
    pool.is_down = True
    time_passes.seconds += MAX_OUTAGE_SECONDS
    assert verify(token)
    time_passes.seconds += 1
    with pytest.raises(Undelivered):
        verify(token)
    pool.is_down = False
    time_passes.seconds += PAUSE_SECONDS
    assert verify(token)


def test_a_pool_that_was_never_reached_judges_nothing(pool, verify):
    pool.is_down = True
    with pytest.raises(Undelivered):
        verify(pool.token())


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys": 1}', b'{"keys": []}', b'{"keys": [{}]}', b"<html>"])
def test_a_document_without_keys_is_no_document(time_passes, document):
    with pytest.raises(Undelivered):
        PoolKeys(lambda: document, time_passes).find("first")


def test_keys_for_something_else_do_not_count(pool, verify):
    pool.published = [
        jwk("first", use="enc"),
        jwk("second", alg="RS512"),
        {"kty": "oct", "kid": "third"},
        jwk("fourth"),
    ]
    assert verify(pool.token()) is None
    assert verify(pool.token(key="fourth"))


def test_keys_are_fetched_over_http(pool):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/jwks.json" else 404)
            self.end_headers()
            self.wfile.write(pool.fetch())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            assert json.loads(make_fetch(f"{address}/jwks.json")())["keys"][0]["kid"] == "first"
            with pytest.raises(OSError):
                make_fetch(f"{address}/elsewhere")()
        finally:
            server.shutdown()
    with pytest.raises(OSError):
        make_fetch(f"{address}/jwks.json")()
