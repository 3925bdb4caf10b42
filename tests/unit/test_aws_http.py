"""Calls of AWS over connections that are kept, against a stub that fails in every way that a network has."""

import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.aws_http import pool
from adapters.aws_http.client import JsonClient, Refused, make_client
from adapters.aws_http.credentials import Credentials, credentials_from_environment
from adapters.aws_http.endpoint import DYNAMODB, FIREHOSE, SECRETS_MANAGER, SQS, Endpoint, endpoint_from_variables
from domain.errors import Misconfigured, Undelivered
from tests.aws_stub import KEY_ID, REGION, SECRET, SIGNING, Answer, AwsStub, Fault, make_certificate, refusal, running
from tests.waiting import wait_until

PUT = "PutRecordBatch"


def echo(_operation, fields):
    return {"you_sent": fields}


@pytest.fixture(params=["http", "https"])
def stub(request, tmp_path):
    with running(AwsStub(echo, tmp_path if request.param == "https" else None)) as stub:
        yield stub


@pytest.fixture
def plain_stub():
    with running(AwsStub(echo)) as stub:
        yield stub


def call(client, number=0, **options):
    return client.call(PUT, json.dumps({"number": number}).encode(), **options)


def test_calls_go_over_one_connection_and_are_answered(stub):
    client = stub.client(FIREHOSE)
    for number in range(5):
        assert call(client, number) == {"you_sent": {"number": number}}
    assert stub.connections == 1
    assert [operation for operation, _ in stub.requests] == [PUT] * 5
    assert set(stub.tokens) == {SIGNING.session_token}


def test_an_answer_of_many_megabytes_comes_whole(stub):
    client = stub.client(FIREHOSE)
    text = "é" * 3_000_000
    sent = json.dumps({"text": text}).encode()
    assert client.call(PUT, sent) == {"you_sent": {"text": text}}
    assert call(client) == {"you_sent": {"number": 0}}
    assert stub.connections == 1


def test_an_answer_in_chunks_leaves_the_connection_in_use(stub):
    client = stub.client(FIREHOSE)
    stub.faults += [Fault("chunks", after_effect=True), None]
    assert call(client, 1) == {"you_sent": {"number": 1}}
    assert call(client, 2) == {"you_sent": {"number": 2}}
    assert stub.connections == 1


@pytest.mark.parametrize("kind", ["close", "reset"])
@pytest.mark.parametrize("after_effect", [False, True])
def test_a_request_goes_once_more_where_a_kept_connection_closes_before_its_answer(stub, kind, after_effect):
    client = stub.client(FIREHOSE)
    call(client, 1)
    stub.faults.append(Fault(kind, after_effect))
    assert call(client, 2) == {"you_sent": {"number": 2}}
    assert [fields["number"] for _, fields in stub.requests] == [1, 2, 2]
    assert stub.connections == 2


def test_a_new_connection_that_closes_is_tried_no_further_here(stub):
    client = stub.client(FIREHOSE)
    stub.faults.append(Fault("close"))
    with pytest.raises(Undelivered, match="ClosedEarly") as caught:
        call(client)
    assert caught.value.retryable
    assert len(stub.requests) == 1


def test_a_connection_that_was_closed_while_it_was_idle_gets_no_request(stub):
    client = stub.client(FIREHOSE)
    stub.faults.append(Answer(200, headers={"Connection": "close"}))
    call(client)
    assert call(client, 2) == {"you_sent": {"number": 2}}
    assert len(stub.requests) == 2


def test_a_connection_that_the_other_side_closed_silently_is_seen_to_be_stale(plain_stub):
    client = plain_stub.client(FIREHOSE)
    call(client)
    ((connection, _),) = client._pool._idle
    assert not connection.is_stale()
    connection._socket.shutdown(socket.SHUT_WR)  # so that the other side closes, too
    wait_until(connection.is_stale)
    assert call(client, 2) == {"you_sent": {"number": 2}}
    assert [fields["number"] for _, fields in plain_stub.requests] == [0, 2]


def test_a_connection_that_was_idle_for_long_is_not_used_again(plain_stub, monkeypatch):
    client = plain_stub.client(FIREHOSE)
    call(client)
    ((connection, since),) = client._pool._idle
    client._pool._idle[0] = (connection, since - pool.MAX_IDLE_SECONDS)
    call(client)
    assert plain_stub.connections == 2


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("kind", ["hang", "trickle"])
def test_a_call_ends_when_its_time_is_over_however_it_is_spent(stub, kind, after_effect):
    client = stub.client(FIREHOSE)
    call(client)
    stub.faults.append(Fault(kind, after_effect))
    with pytest.raises(Undelivered, match="TimeoutError") as caught:
        call(client, 2, seconds=0.5)
    assert caught.value.retryable
    wait_until(lambda: len(stub.requests) == 2)
    wait_until(lambda: len(stub.served) == 1 + after_effect)
    assert call(client, 3) == {"you_sent": {"number": 3}}
    assert stub.connections == 2


@pytest.mark.parametrize("kind", ["cut", "garbage"])
def test_an_answer_that_is_none_is_not_taken_for_one_and_not_asked_for_again(stub, kind):
    client = stub.client(FIREHOSE)
    call(client)
    stub.faults.append(Fault(kind, after_effect=True))
    with pytest.raises(Undelivered, match="BrokenAnswer"):
        call(client)
    assert len(stub.requests) == 2


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'"text"', b"\xff"])
def test_an_answer_that_is_no_json_object_says_nothing(plain_stub, body):
    plain_stub.faults.append(Answer(200, body))
    with pytest.raises(Undelivered, match="no JSON object"):
        call(plain_stub.client(FIREHOSE))


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (refusal("ResourceNotFoundException"), "ResourceNotFoundException", False),
        (refusal("AccessDeniedException"), "AccessDeniedException", False),
        (refusal("ThrottlingException"), "ThrottlingException", True),
        (refusal("LimitExceededException"), "LimitExceededException", True),
        (refusal("ServiceUnavailableException", 503), "ServiceUnavailableException", True),
        (refusal("ExpiredTokenException"), "ExpiredTokenException", True),
        (Answer(500, b"<html>secret text</html>"), "HTTP500", True),
        (Answer(413, b""), "HTTP413", False),
        (Answer(429, b""), "HTTP429", True),
        (Answer(400, b"{}", {"x-amzn-ErrorType": "SlowDown:http://aws/"}), "SlowDown", True),
        (Answer(400, b'{"__type": "secret text"}'), "unknown", False),
    ],
)
def test_a_refusal_has_the_code_and_nothing_of_the_text(stub, answer, code, retryable):
    stub.faults.append(answer)
    with pytest.raises(Refused) as caught:
        call(stub.client(FIREHOSE))
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert "secret text" not in str(caught.value)
    assert stub.served == []


def test_who_refuses_before_a_request_was_sent_whole_is_understood():
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse():
        connection, _ = listener.accept()
        connection.recv(100)
        body = b'{"__type": "RequestEntityTooLarge"}'
        connection.sendall(b"HTTP/1.1 413 No\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        connection.close()  # with much of the request unread: a reset

    thread = threading.Thread(target=refuse, daemon=True)
    thread.start()
    endpoint = Endpoint("localhost", listener.getsockname()[1], is_secure=False, host_header="localhost")
    client = JsonClient(FIREHOSE, REGION, endpoint, seconds=20, credentials=lambda: SIGNING)
    with pytest.raises(Refused, match="RequestEntityTooLarge"):
        client.call(PUT, bytes(16_000_000))
    assert not client._pool._idle
    thread.join(20)
    listener.close()


def test_nobody_listening_is_undelivered():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    variables = {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    client = JsonClient(SQS, REGION, endpoint_from_variables(SQS, variables), seconds=5, credentials=lambda: SIGNING)
    with pytest.raises(Undelivered, match="ConnectionRefusedError"):
        call(client)


def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_anything_is_sent(tmp_path):
    (tmp_path / "other").mkdir()
    other, _ = make_certificate(tmp_path / "other")
    with running(AwsStub(echo, tmp_path)) as stub:
        for bundle in (str(other), None):
            endpoint = Endpoint("localhost", stub.port, True, f"localhost:{stub.port}", bundle)
            client = JsonClient(FIREHOSE, REGION, endpoint, seconds=20, credentials=lambda: SIGNING)
            with pytest.raises(Undelivered, match="SSLCertVerificationError"):
                call(client)
        assert stub.requests == []


def test_a_certificate_of_another_host_ends_the_call(tmp_path):
    with running(AwsStub(echo, tmp_path)) as stub:
        endpoint = Endpoint("127.0.0.2", stub.port, True, "127.0.0.2", str(stub.ca_bundle))
        client = JsonClient(FIREHOSE, REGION, endpoint, seconds=20, credentials=lambda: SIGNING)
        with pytest.raises(Undelivered, match=r"SSLCertVerificationError|ConnectionRefusedError"):
            call(client)
        assert stub.requests == []


def test_threads_share_a_client_and_each_gets_its_own_answer(stub):
    client = stub.client(FIREHOSE)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: call(client, number), range(200)))
    assert answers == [{"you_sent": {"number": number}} for number in range(200)]
    assert stub.connections <= 8
    client.close()
    assert not client._pool._idle


def test_credentials_that_change_sign_the_next_call(plain_stub, monkeypatch):
    for name, value in plain_stub.variables.items():
        monkeypatch.setenv(name, value)
    plain_stub.secrets["AKIDOTHER"] = "other secret"
    client = make_client(FIREHOSE, os.environ, seconds=20)
    call(client)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "younger")
    call(client)
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    call(client)
    client.close()
    assert plain_stub.tokens == [SIGNING.session_token, "younger", None]


def test_without_credentials_nothing_is_called(plain_stub, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(Undelivered, match="credentials") as caught:
        credentials_from_environment()
    assert not caught.value.retryable
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "")
    assert credentials_from_environment() == Credentials(KEY_ID, SECRET, None)


@pytest.mark.parametrize(
    ("service", "variables", "expected"),
    [
        (FIREHOSE, {}, ("firehose.eu-central-1.amazonaws.com", 443, True, "firehose.eu-central-1.amazonaws.com")),
        (DYNAMODB, {"AWS_REGION": "cn-north-1"}, ("dynamodb.cn-north-1.amazonaws.com.cn", 443, True, ...)),
        (SQS, {"AWS_ENDPOINT_URL": "http://Local:4566/"}, ("local", 4566, False, "local:4566")),
        (SQS, {"AWS_ENDPOINT_URL_SQS": "https://a", "AWS_ENDPOINT_URL": "http://b"}, ("a", 443, True, "a")),
        (SECRETS_MANAGER, {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "https://a:444"}, ("a", 444, True, "a:444")),
        (SQS, {"AWS_ENDPOINT_URL": "http://[::1]:80"}, ("::1", 80, False, "[::1]")),
        (
            SQS,
            {"AWS_ENDPOINT_URL": "http://b", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            ("sqs.eu-central-1.amazonaws.com", 443, True, ...),
        ),
    ],
)
def test_a_service_is_where_the_environment_says_that_it_is(service, variables, expected):
    host, port, is_secure, header, ca_bundle = endpoint_from_variables(service, {"AWS_REGION": REGION, **variables})
    assert (host, port, is_secure) == expected[:3]
    assert header == (host if expected[3] is ... else expected[3])
    assert ca_bundle is None


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": "localhost:4566"},
        {"AWS_REGION": REGION, "AWS_ENDPOINT_URL_SQS": "http://host:port"},
        {"AWS_REGION": REGION, "AWS_ENDPOINT_URL_SQS": "http://host/path"},
        {"AWS_REGION": REGION, "AWS_ENDPOINT_URL_SQS": "http://höst"},
    ],
)
def test_an_environment_that_names_no_place_is_misconfigured(variables):
    with pytest.raises(Misconfigured, match="AWS_"):
        make_client(SQS, variables, seconds=1)


def test_a_bundle_that_is_not_there_is_misconfigured(plain_stub, tmp_path):
    endpoint = Endpoint("localhost", plain_stub.port, True, "localhost", str(tmp_path / "none.pem"))
    with pytest.raises(Misconfigured, match="AWS_CA_BUNDLE"):
        call(JsonClient(SQS, REGION, endpoint, seconds=5, credentials=lambda: SIGNING))
