"""What goes over the wire to a PostgreSQL server: to which addresses, over TLS, and how much of an answer is read."""

import socket
import threading
import tracemalloc
from contextlib import contextmanager, suppress

import pytest

from adapters.postgres import PostgresClient
from adapters.reaching import Unreachable
from connectors.postgres.connector import PostgresConnector
from domain.delivery.connectors import Target
from domain.postgres_place import PostgresSecret, place_from_dsn, text_of_secret
from domain.web_places import addresses_within


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.5", "169.254.169.254", "db.example.com"])
def test_elsewhere_than_on_ones_own_machine_private_addresses_are_not_connected_to(host):
    client = PostgresClient(own_machine=False, resolve=lambda host, _: [host if host[0].isdigit() else "192.168.0.7"])
    with pytest.raises(Unreachable, match="private, local or reserved") as raised:
        client.open(place_from_dsn(f"postgresql://u:p@{host}/d"), None, 5.0)
    assert raised.value.stage == "address"


def test_a_private_address_is_connected_to_where_the_operator_allows_its_network(postgres):
    found = ["127.0.0.1"]
    client = PostgresClient(own_machine=False, allows=addresses_within(["127.0.0.1/32"]), resolve=lambda *_: found)
    place = place_from_dsn(f"postgresql://u:p@db.example.com:{postgres.port}/d")
    with pytest.raises(Unreachable, match="certificate is not valid for this host") as raised:
        client.open(place, postgres.ca_certificates, 5.0)
    assert raised.value.stage == "connect"
    found.append("127.0.0.2")
    with pytest.raises(Unreachable, match="which is not allowed") as raised:
        client.open(place, postgres.ca_certificates, 5.0)
    assert raised.value.stage == "address"


def test_a_server_that_offers_no_tls_is_sent_no_password():
    with _serving(lambda connection: connection.sendall(b"N")) as (port, received):
        client = PostgresClient(own_machine=True, resolve=lambda *_: ["127.0.0.1"])
        with pytest.raises(Unreachable, match="offers no TLS"):
            client.open(place_from_dsn(f"postgresql://u:hunter2@db.example.com:{port}/d"), None, 5.0)
    assert received == [b"\x00\x00\x00\x08\x04\xd2\x16/"]


def test_a_name_of_ones_own_machine_that_leads_elsewhere_is_sent_no_password():
    client = PostgresClient(own_machine=True, resolve=lambda *_: ["127.0.0.1", "192.168.0.7"])
    with pytest.raises(Unreachable, match="is another machine") as raised:
        client.open(place_from_dsn("postgresql://u:hunter2@db.localhost/d"), None, 5.0)
    assert raised.value.stage == "address"


_GREETING = b"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"


@pytest.mark.parametrize(
    "answer",
    [
        b"D\x7f\xff\xff\xff" + b"x" * 100_000,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00" * 64,
        b"E\x00\x00\x00\x04",
        b"R\x00\x00\x00\x0a\x00\x00\x00\x0aX\x00",
        b"R\x00\x00\x00\x26\x00\x00\x00\x0br=abc,s=YWJj,i=99999999999999",
        b"",
    ],
)
def test_whatever_answers_instead_of_postgresql_is_an_error_that_is_named(answer):
    with _serving(lambda connection: connection.sendall(answer)) as (port, _):
        client = PostgresClient(own_machine=True)
        connector = PostgresConnector(client)
        secret = text_of_secret(PostgresSecret(f"postgresql://u:p@127.0.0.1:{port}/d"))
        (step,) = connector.check(Target("org_1", "", {"schema": "s", "table": "t"}, secret))
    assert step.state == "failed"


def test_an_answer_to_a_statement_is_bounded():
    def answer(connection):
        connection.sendall(_GREETING)
        connection.recv(1_000)
        connection.sendall(b"T\x7f\xff\xff\xff" + b"x" * 1_000)

    with _serving(answer) as (port, _):
        session = PostgresClient(own_machine=True).open(_place(port), None, 5.0)
        with pytest.raises(Unreachable, match="no PostgreSQL"):
            session.run("SELECT 1", 5.0)
        session.close()


def _row_description(columns):
    return _message(b"T", columns.to_bytes(2, "big") + b"\x00" * 19 * columns)


def _message(code, data):
    return code + (len(data) + 4).to_bytes(4, "big") + data


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(b"D\x00\x00\x00\x03" + b"x" * 5_000_000, id="a length that means until the end"),
        pytest.param(_row_description(0) + _message(b"D", b"\x00\x00") * 200_000, id="rows of nothing"),
        pytest.param(
            _row_description(1_000) + _message(b"D", b"\x00\x00\xff\xff\xff\xfc") * 1_000,
            id="values that are shorter than nothing",
        ),
    ],
)
def test_what_is_made_of_an_answer_is_bounded(flood, monkeypatch):
    bound = 1024 * 1024
    monkeypatch.setattr("adapters.postgres.MAX_POSTGRES_ANSWER_BYTES", bound)
    with _answering(flood) as session:
        tracemalloc.start()
        with pytest.raises(Unreachable, match="no PostgreSQL"):
            session.run("SELECT 1", 30.0)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 2 * bound


def test_no_value_of_an_answer_is_read_for_long():
    array = b"{" + b"1," * 50_000 + b"1}"
    column = b"a\x00" + b"\x00" * 6 + (1_182).to_bytes(4, "big") + b"\x00" * 8  # an array of days
    row = b"\x00\x01" + len(array).to_bytes(4, "big") + array
    rest = _message(b"C", b"SELECT 1\x00") + b"Z\x00\x00\x00\x05I"
    with (
        _answering(_message(b"T", b"\x00\x01" + column) + _message(b"D", row) + rest) as session,
        pytest.raises(Unreachable) as raised,
    ):
        session.run("SELECT 1", 30.0)
    assert str(raised.value.__cause__) == "a row of the answer is too long"


@pytest.mark.parametrize("code", [b"N", b"A", b"S"])
def test_what_a_server_says_beside_its_answers_is_not_kept(code):
    said = b"\x00" * 8 if code == b"A" else b""
    told = b"".join(_message(code, said + b"%d\x00" % number + b"x" * 100_000 + b"\x00") for number in range(50))
    with _answering(told + b"Z\x00\x00\x00\x05I") as session:
        tracemalloc.start()
        session.run("SELECT 1", 30.0)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert held < 1_000_000


def test_a_server_that_says_nothing_is_given_up():
    done = threading.Event()
    with _serving(lambda _: done.wait(10)) as (port, _):
        with pytest.raises(Unreachable, match="it took too long") as raised:
            PostgresClient(own_machine=True).open(_place(port), None, 0.2)
        done.set()
    assert raised.value.took_too_long


@contextmanager
def _answering(answer):
    """Yield a session with a server that gives one statement this answer."""

    def serve(connection):
        connection.sendall(_GREETING)
        connection.recv(1_000)
        with suppress(OSError):
            connection.sendall(answer)

    with _serving(serve) as (port, _):
        session = PostgresClient(own_machine=True).open(_place(port), None, 5.0)
        try:
            yield session
        finally:
            session.close()


def _place(port):
    return place_from_dsn(f"postgresql://u:p@127.0.0.1:{port}/d")


@contextmanager
def _serving(answer):
    """Take one connection, read what is said first and answer; yield the port and what was read."""
    received = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                received.append(connection.recv(1_000))
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], received
        thread.join(10)
