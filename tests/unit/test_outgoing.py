"""Requests to addresses that users gave: where they may go, and what an answer means."""

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest

from adapters.outgoing import WebPoster
from domain.alerts.ports import SENT
from domain.web_places import is_public, place_from_url
from schemas.limits import MAX_ALERT_ANSWER_BYTES
from tests.certificates import issue, key_of
from tests.receiver import OK, receiving

HOST = "hooks.example.com"
PUBLIC = "93.184.215.14"


def never_resolved(host, port):
    raise AssertionError(f"{host} is looked up")


def resolving(*addresses):
    return lambda host, port: list(addresses)


@pytest.fixture
def poster():
    return WebPoster(own_machine=True, seconds=0.5)


def test_a_request_has_its_headers_and_body_as_they_are_given(poster):
    with receiving() as receiver:
        assert poster.post(receiver.url, {"webhook-id": "msg_1"}, b"{}") == SENT
        (request,) = receiver.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /alerts?a=b HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{receiver.port}".encode() in head
    assert b"webhook-id: msg_1" in head
    assert body == b"{}"


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "sent", None),
        (b"HTTP/1.1 299 Odd\r\n\r\n", "sent", None),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n", "sent", None),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "failed", "302, a redirect"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n<p>words of the receiver</p>", "failed", "answered 404."),
        (b"HTTP/1.1 503 Sorry\r\n\r\n", "failed", "answered 503."),
        (b"words that are no answer\r\n\r\n", "unknown", "no answer"),
        (b"HTTP/1.1 abc\r\n\r\n", "unknown", "no answer"),
        (b"", "unknown", "no answer"),
        (None, "unknown", "no answer"),
    ],
)
def test_an_answer_says_whether_a_message_may_be_sent_again(poster, answer, status, error):
    with receiving(answer) as receiver:
        outcome = poster.post(receiver.url, {}, b"{}")
        assert len(receiver.requests) == 1
    assert outcome.status == status
    assert (outcome.error is None) == (error is None)
    assert error is None or error in outcome.error
    assert "words" not in (outcome.error or "")


def test_an_answer_is_read_no_further_than_it_has_to_be(poster):
    with receiving(b"x" * (MAX_ALERT_ANSWER_BYTES * 50)) as receiver:
        assert poster.post(receiver.url, {}, b"{}").status == "unknown"


def test_a_receiver_that_is_not_there_got_nothing(poster):
    with receiving() as receiver:
        url = receiver.url
    assert poster.post(url, {}, b"{}").status == "failed"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["172.16.0.1"],
        ["192.168.1.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["0.0.0.0"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["192.0.2.1"],
        ["::1"],
        ["::"],
        ["fe80::1"],
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
    ],
)
def test_a_host_with_any_address_that_is_not_of_the_internet_gets_nothing(addresses):
    poster = WebPoster(own_machine=False, resolve=resolving(*addresses))
    outcome = poster.post(f"https://{HOST}/", {}, b"{}")
    assert outcome.status == "failed"
    assert "private, local or reserved" in outcome.error


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://api.localhost/",
        "https://169.254.169.254/",
        "https://user@hooks.example.com/",
        "https://hooks.example.com\\@127.0.0.1/",
        "https://hooks.example.com/#",
        "file:///etc/passwd",
        "//hooks.example.com/",
        "hooks.example.com",
        "https://-hooks.example.com/",
        "https://hooks..example.com/",
        "https://h\u00f6\u00f6ks.example.com/",
        f"https://hooks.example.com/{'a' * 2_000}",
    ],
)
def test_an_address_that_may_not_be_used_is_not_even_looked_up(url):
    poster = WebPoster(own_machine=False, resolve=never_resolved)
    assert poster.post(url, {}, b"{}").status == "failed"


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "017700000001"])
def test_odd_ways_to_write_an_address_are_looked_at_as_what_they_stand_for(host):
    poster = WebPoster(own_machine=False)
    assert poster.post(f"https://{host}/", {}, b"{}").status == "failed"


def test_on_ones_own_machine_only_loopback_goes_without_tls():
    assert not place_from_url("http://localhost:8080/", own_machine=True).is_secure
    assert place_from_url("https://10.0.0.1/", own_machine=True).host == "10.0.0.1"
    with pytest.raises(ValueError, match="https"):
        place_from_url("http://10.0.0.1/", own_machine=True)


def test_a_host_without_an_address_got_nothing():
    def fail(host, port):
        raise OSError

    outcome = WebPoster(own_machine=False, resolve=fail).post(f"https://{HOST}/", {}, b"{}")
    assert outcome.status == "failed"
    assert outcome.error == f"The host {HOST} was not found in the DNS."


def test_a_resolver_that_hangs_is_not_waited_for():
    ended = threading.Event()

    def hang(host, port):
        ended.wait(5)
        return [PUBLIC]

    try:
        outcome = WebPoster(own_machine=False, seconds=0.1, resolve=hang).post(f"https://{HOST}/", {}, b"{}")
    finally:
        ended.set()
    assert outcome.status == "failed"


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
    client = ssl.create_default_context(cadata=root.pem)
    client.verify_flags &= ~ssl.VERIFY_X509_STRICT  # of what a test makes, some extensions are missing
    return server, client


def test_the_address_that_was_looked_up_is_the_one_that_is_connected_to(certificates):
    server, client = certificates
    looked_up = []

    def resolve(host, port):
        looked_up.append(host)
        return ["127.0.0.1"]

    with receiving(OK, context=server) as receiver:
        poster = WebPoster(own_machine=True, resolve=resolve, context=client)
        outcome = poster.post(f"https://{HOST}:{receiver.port}/", {}, b"{}")
        assert outcome == SENT
        assert len(receiver.requests) == 1
    assert looked_up == [HOST]


def test_a_certificate_of_another_host_gets_nothing(certificates):
    server, client = certificates
    with receiving(OK, context=server) as receiver:
        poster = WebPoster(own_machine=True, resolve=resolving("127.0.0.1"), context=client)
        outcome = poster.post(f"https://other.example.com:{receiver.port}/", {}, b"{}")
        assert receiver.requests == []
    assert outcome.status == "failed"
    assert "certificate" in outcome.error
