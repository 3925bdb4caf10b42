"""A stub of AWS's endpoints on loopback: checks every signature with the SDK's own signer, and fails on purpose.

What it does of a request is up to `serve`; `faults` says how the next requests go wrong, one each.
"""

import datetime as dt
import ipaddress
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.aws_http import credentials
from adapters.aws_http.client import JsonClient
from adapters.aws_http.endpoint import Service, endpoint_from_variables

KEY_ID = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "token+of/a/session=="
REGION = "eu-central-1"
SIGNING = credentials.Credentials(KEY_ID, SECRET, TOKEN)

Serve = Callable[[str, dict[str, Any]], Mapping[str, Any]]
"""Does an operation, such as `PutRecordBatch`, and returns the answer's fields."""


class Answer(NamedTuple):
    """Answered without any effect."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = {}


def refusal(code: str, status: int = 400, **more: Any) -> Answer:
    """Return an answer that refuses; its text repeats what nobody may log."""
    return Answer(status, json.dumps({"__type": f"com.amazonaws#{code}", "message": "secret text", **more}).encode())


class Fault(NamedTuple):
    """What goes wrong after a request was read: before or after it took effect."""

    kind: str
    """`close`, `reset`, `hang`, `trickle`, `cut`, `garbage`, `chunks` (which is none: an answer in chunks)."""
    after_effect: bool = False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128  # a full queue drops what connects, which then waits for longer than clients do

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # connections that break are what this is for


class AwsStub:
    """One server for every service.

    `requests` holds (operation, fields) of all that came, `served` of all that took effect.
    """

    def __init__(self, serve: Serve, folder: Path | None = None) -> None:
        """Take what is done, and a folder for a certificate if it is to be reached by TLS."""
        self.serve = serve
        self.faults: deque[Answer | Fault | None] = deque()
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.served: list[tuple[str, dict[str, Any]]] = []
        self.connections = 0
        self.bad_signatures: list[str] = []
        self.secrets = {KEY_ID: SECRET}
        self.tokens: list[str | None] = []
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.ca_bundle: Path | None = None
        self._clients: list[JsonClient] = []
        self._server = _Server(("127.0.0.1", 0), self._handler_class(), bind_and_activate=True)
        self.port = self._server.server_port
        if folder is not None:
            self.ca_bundle, key = make_certificate(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.ca_bundle, key)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"{'http' if self.ca_bundle is None else 'https'}://localhost:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a function that talks to this stub only."""
        variables = {
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
        }
        return variables if self.ca_bundle is None else {**variables, "AWS_CA_BUNDLE": str(self.ca_bundle)}

    def client(self, service: Service, seconds: float = 20.0) -> JsonClient:
        """Return a client of the stub, with more patience than functions have: tests run on a loaded machine."""
        endpoint = endpoint_from_variables(service, self.variables)
        client = JsonClient(service, REGION, endpoint, seconds=seconds, credentials=lambda: SIGNING)
        self._clients.append(client)
        return client

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.ending.set()
        for client in self._clients:
            client.close()
        self._server.shutdown()
        self._server.server_close()

    def _handler_class(stub) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                with stub.lock:
                    stub.connections += 1

            def log_message(self, *_: Any) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                operation = self.headers["x-amz-target"].rpartition(".")[2]
                fields = json.loads(body)
                with stub.lock:
                    stub.requests.append((operation, fields))
                    stub.tokens.append(self.headers.get("x-amz-security-token"))
                    fault = stub.faults.popleft() if stub.faults else None
                    if error := signature_error(self, stub.url, body, stub.secrets):
                        stub.bad_signatures.append(error)
                if stub.bad_signatures:
                    fault = refusal("SignatureDoesNotMatch", 403)
                if isinstance(fault, Answer):
                    self.answer(fault)
                    return
                if fault is not None and not fault.after_effect:
                    self.fail(fault.kind, Answer(200))
                    return
                with stub.lock:
                    done = stub.serve(operation, fields)
                    if not isinstance(done, Answer):
                        stub.served.append((operation, fields))
                        done = Answer(200, json.dumps(done).encode())
                if fault is None:
                    self.answer(done)
                else:
                    self.fail(fault.kind, done)

            def answer(self, answer: Answer) -> None:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def fail(self, kind: str, answer: Answer) -> None:
                self.close_connection = True
                head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer.body)
                if kind == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
                elif kind == "hang":
                    stub.ending.wait(30)
                elif kind == "trickle":
                    for byte in head + answer.body:
                        self.wfile.write(bytes([byte]))
                        if stub.ending.wait(0.1):
                            break
                elif kind == "cut":
                    self.wfile.write(head + answer.body[:-1])
                elif kind == "garbage":
                    self.wfile.write(b"\x00\x01 what is this\r\n\r\n")
                elif kind == "chunks":
                    self.close_connection = False
                    self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n")
                    for byte in answer.body:
                        self.wfile.write(b"1;x=y\r\n%c\r\n" % byte)
                    self.wfile.write(b"0\r\nX-After: it\r\n\r\n")
                else:
                    assert kind == "close"

        return Handler


def signature_error(request: BaseHTTPRequestHandler, url: str, body: bytes, secrets: Mapping[str, str]) -> str:
    """Return what is wrong with a request's signature by the SDK's signer, or nothing."""
    _, fields = request.headers["authorization"].split(" ", 1)
    parts = dict(field.strip().split("=", 1) for field in fields.split(","))
    key_id, _, region, service, _ = parts["Credential"].split("/")
    signed = parts["SignedHeaders"].split(";")
    headers = {name: request.headers[name] for name in signed}
    if not {"host", "x-amz-date", "x-amz-target", "content-type"} <= set(signed):
        return f"unsigned: {signed}"
    if key_id not in secrets:
        return f"unknown key {key_id}"
    aws_request = AWSRequest(request.command, url + request.path, headers=headers, data=body)
    aws_request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(key_id, secrets[key_id]), service, region)
    text = signer.string_to_sign(aws_request, signer.canonical_request(aws_request))
    return "" if signer.signature(text, aws_request) == parts["Signature"] else f"wrong for {text}"


def make_certificate(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """Write a certificate for a host, and its key; it vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


@contextmanager
def running(stub: AwsStub) -> Iterator[AwsStub]:
    stub.start()
    try:
        yield stub
    finally:
        stub.stop()
    assert stub.bad_signatures == []


def moto_serves(service: Service) -> Serve:
    """Return what hands requests to moto as they travel, as HTTP; only within `mock_aws`."""

    def serve(operation: str, fields: dict[str, Any]) -> Mapping[str, Any] | Answer:
        answer = requests.post(
            f"https://{service.name}.{REGION}.amazonaws.com/",
            data=json.dumps(fields),
            headers={
                "X-Amz-Target": f"{service.target_prefix}.{operation}",
                "Content-Type": service.content_type,
                "Authorization": f"AWS4-HMAC-SHA256 Credential={KEY_ID}/20260101/{REGION}/{service.name}/aws4_request",
            },
            timeout=30,
        )
        return answer.json() if answer.status_code == 200 else Answer(answer.status_code, answer.content)

    return serve
