"""Requests to URLs of users: where they may go, and what they cost at most."""

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest

from adapters.reaching import Unreachable
from adapters.web_client import WebClient
from domain.web_places import is_public, place_from_url
from tests.certificates import issue, key_of
from tests.web_target import OK, answer, target_answering

HOST = "events.example.com"
PUBLIC = "93.184.215.14"
MAX_BYTES = 1_000


def never_resolved(host, _port):
    raise AssertionError(f"{host} is looked up")


def resolving(*addresses):
    return lambda _host, _port: list(addresses)


@pytest.fixture
def client():
    return WebClient(own_machine=True)


def post(client, url, body=b"{}", *, seconds=5.0, **headers):
    return client.post(url, headers, body, seconds=seconds, max_answer_bytes=MAX_BYTES)


def test_a_request_has_its_headers_and_body_as_they_are_given(client):
    with target_answering() as target:
        found = client.post(target.url, {"X-Key": "k"}, b"[1]", seconds=5.0, max_answer_bytes=MAX_BYTES)
        (request,) = target.requests
    assert (found.status, found.body) == (204, b"")
    assert request.target == "/events?a=b"
    assert request.headers == {
        "host": f"127.0.0.1:{target.port}",
        "connection": "close",
        "content-length": "3",
        "x-key": "k",
    }
    assert request.body == b"[1]"


@pytest.mark.parametrize(
    ("sent", "status", "body"),
    [
        (answer(200, b"{}"), 200, b"{}"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(202, b"ok"), 202, b"ok"),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200, b"{}"),
        (b"HTTP/1.1 200 X\r\n\r\nuntil it closes", 200, b"until it closes"),
        (answer(200, b"x" * MAX_BYTES), 200, b"x" * MAX_BYTES),
        (answer(200, b"x" * (MAX_BYTES + 1)), 200, None),
        (b"HTTP/1.1 200 X\r\n\r\n" + b"x" * 1_000_000, 200, None),
        (b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\ncut", 200, None),
        (b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ncut", 200, None),
        (answer(302, b"", "Location: http://127.0.0.1:1/"), 302, b""),
    ],
)
def test_an_answer_is_read_whole_or_not_at_all_and_no_redirect_is_followed(client, sent, status, body):
    with target_answering(sent) as target:
        found = post(client, target.url)
        assert (found.status, found.body) == (status, body)
        assert len(target.requests) == 1


@pytest.mark.parametrize(
    "sent", [b"", b"these are words\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 X\r\n" + b"a: b\r\n" * 100_000]
)
def test_what_is_no_answer_is_none_and_is_not_repeated_to_anyone(client, sent):
    with target_answering(sent) as target, pytest.raises(Unreachable) as raised:
        post(client, target.url)
    assert raised.value.stage == "answer"
    assert "words" not in str(raised.value)


@pytest.mark.parametrize("sent", [None, [b"HTTP/1.1 200 X\r\n"] + [b"a: b\r\n"] * 500])
def test_a_target_that_hangs_or_dribbles_is_left_when_the_time_is_over(client, sent):
    with target_answering(sent) as target, pytest.raises(Unreachable, match="took too long") as raised:
        post(client, target.url, seconds=0.3)
    assert raised.value.stage == "answer"


def test_a_body_that_dribbles_is_left_when_the_time_is_over(client):
    with target_answering([b"HTTP/1.1 200 X\r\n\r\n", *[b"x"] * 500]) as target:
        assert post(client, target.url, seconds=0.3).body is None


def test_a_target_that_is_not_there_got_nothing(client):
    with target_answering() as target:
        url = target.url
    with pytest.raises(Unreachable, match="refused") as raised:
        post(client, url)
    assert raised.value.stage == "connect"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["172.16.0.1"],
        ["192.168.1.1"],
        ["169.254.169.254"],
        ["169.254.170.2"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["192.0.2.1"],
        ["::1"],
        ["::"],
        ["fe80::1"],
        ["fe80::1%eth0"],
        ["fd00:ec2::254"],
        ["fec0::1"],
        ["ff02::1"],
        ["::ffff:127.0.0.1"],
        ["::ffff:93.184.215.14"],
        ["64:ff9b::7f00:1"],
        ["64:ff9b:1::7f00:1"],
        ["2002:7f00:1::"],
        ["2001:0:7f00:1::"],
        [PUBLIC, "10.0.0.1"],
        [*(f"93.184.215.{n}" for n in range(14, 20)), "10.0.0.1"],
    ],
)
def test_a_host_with_any_address_that_is_not_of_the_internet_gets_nothing(addresses):
    client = WebClient(own_machine=False, resolve=resolving(*addresses))
    with pytest.raises(Unreachable, match="private, local or reserved") as raised:
        post(client, f"https://{HOST}/")
    assert raised.value.stage == "address"


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://events.example.com/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://api.localhost/",
        "https://169.254.169.254/latest/meta-data/",
        "https://user@events.example.com/",
        "https://events.example.com\\@127.0.0.1/",
        "https://events.example.com/#",
        "https://events.example.com:0/",
        "https://events.example.com:99999/",
        "file:///etc/passwd",
        "//events.example.com/",
        "events.example.com",
        "https://",
        "https://-events.example.com/",
        "https://events..example.com/",
        "https://events.example.com/\r\nX-Key:k",
        "https://ev\u00e9nts.example.com/",
        f"https://events.example.com/{'a' * 2_000}",
    ],
)
def test_a_url_that_may_not_be_used_is_not_even_looked_up(url):
    with pytest.raises(Unreachable) as raised:
        post(WebClient(own_machine=False, resolve=never_resolved), url)
    assert raised.value.stage == "address"


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "017700000001"])
def test_odd_ways_to_write_an_address_are_looked_at_as_what_they_stand_for(host):
    with pytest.raises(Unreachable):
        post(WebClient(own_machine=False), f"https://{host}/")


def test_on_the_users_own_machine_only_loopback_goes_without_tls():
    assert not place_from_url("http://localhost:8080/", own_machine=True).is_secure
    assert place_from_url("https://10.0.0.1/", own_machine=True).host == "10.0.0.1"
    for url in ("http://10.0.0.1/", "http://notlocalhost/"):
        with pytest.raises(ValueError, match="https"):
            place_from_url(url, own_machine=True)


def test_a_host_is_named_with_its_port_unless_that_is_the_usual_one():
    assert place_from_url("https://events.example.com:443", own_machine=False).authority == HOST
    assert place_from_url("https://events.example.com:8443/", own_machine=False).authority == f"{HOST}:8443"
    assert place_from_url("https://[2606:4700::1]/", own_machine=False).authority == "[2606:4700::1]"


def test_a_host_without_an_address_got_nothing():
    def fail(_host, _port):
        raise OSError

    with pytest.raises(Unreachable, match=f"The host {HOST} was not found in the DNS"):
        post(WebClient(own_machine=False, resolve=fail), f"https://{HOST}/")


def test_a_resolver_that_hangs_is_not_waited_for():
    ended = threading.Event()

    def hang(_host, _port):
        ended.wait(10)
        return [PUBLIC]

    try:
        with pytest.raises(Unreachable):
            post(WebClient(own_machine=False, resolve=hang), f"https://{HOST}/", seconds=0.1)
        assert not ended.is_set()
    finally:
        ended.set()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A server's and a client's side of a certificate for `HOST`."""
    yesterday = datetime.now(UTC) - timedelta(days=1)  # TLS goes by the machine's clock
    root = issue((), key=key_of("p256", 2), name="Root", starts=yesterday, is_authority=True)
    issued = issue((HOST,), root, starts=yesterday)
    folder = tmp_path_factory.mktemp("tls")
    (folder / "chain.pem").write_text(issued.pem + issued.chain)
    (folder / "key.pem").write_text(issued.private_key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    trusting = ssl.create_default_context(cadata=root.pem)
    trusting.verify_flags &= ~ssl.VERIFY_X509_STRICT  # of what a test makes, some extensions are missing
    return server, trusting


def test_the_connection_goes_to_the_address_that_was_looked_up(certificates):
    server, trusting = certificates
    looked_up = []

    def resolve(host, _port):
        looked_up.append(host)
        return ["127.0.0.1"]

    with target_answering(OK, context=server) as target:
        client = WebClient(own_machine=True, resolve=resolve, context=trusting)
        assert post(client, f"https://{HOST}:{target.port}/").status == 204
        assert len(target.requests) == 1
    assert looked_up == [HOST]


def test_a_certificate_of_another_host_gets_nothing(certificates):
    server, trusting = certificates
    with target_answering(OK, context=server) as target:
        client = WebClient(own_machine=True, resolve=resolving("127.0.0.1"), context=trusting)
        with pytest.raises(Unreachable, match="certificate is not valid") as raised:
            post(client, f"https://other.example.com:{target.port}/")
        assert target.requests == []
    assert raised.value.stage == "connect"
