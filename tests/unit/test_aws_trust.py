"""Whom secure connections believe: AWS's own roots, then the system's, or a bundle and nobody else."""

import socket
import ssl
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.aws_http import trust as trust_module
from adapters.aws_http.aws_roots import AWS_ROOTS
from adapters.aws_http.client import JsonClient
from adapters.aws_http.endpoint import FIREHOSE, Endpoint
from adapters.aws_http.trust import Trust
from tests.aws_stub import REGION, SIGNING, AwsStub, make_certificate, running

PUBLISHED_KEYS = {
    "Amazon Root CA 1": "fbe3018031f9586bcbf41727e417b7d1c45c2f47f93be372a17b96b50757d5a2",
    "Amazon Root CA 2": "7f4296fc5b6a4e3b35d3c369623e364ab1af381d8fa7121533c9d6c633ea2461",
    "Amazon Root CA 3": "36abc32656acfc645c61b71613c4bf21c787f5cabbee48348d58597803d7abc9",
    "Amazon Root CA 4": "f7ecded5c66047d28ed6466b543c40e0743abe81d109254dcf845d4c2c7853c5",
    "Starfield Services Root Certificate Authority - G2": (
        "2b071c59a0a0ae76b0eadb2bad23bad4580b69c3601b630c2eaf0613afa83f92"
    ),
}
"""Digests of subject public key information: https://www.amazontrust.com/repository/."""


@pytest.fixture
def stub(tmp_path):
    """A server whose certificate is by an authority of its own."""
    with running(AwsStub(lambda _operation, fields: fields, tmp_path)) as stub:
        yield stub


@pytest.fixture
def system(tmp_path, monkeypatch):
    """Make the system believe the certificates of a file, and nothing else."""
    (tmp_path / "others").mkdir()
    other, _ = make_certificate(tmp_path / "others")

    def believe(path):
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "no-such-folder"))
        trust_module._context_of_bundle.cache_clear()

    believe(other)
    yield believe
    trust_module._context_of_bundle.cache_clear()


@pytest.fixture
def opened(stub):
    """Opens connections to the stub, and lists them."""

    class Opened(list):
        def __call__(self):
            self.append(socket.create_connection(("127.0.0.1", stub.port), 20))
            return self[-1]

    opened = Opened()
    yield opened
    assert all(connection.fileno() == -1 for connection in opened), "each was closed, or became a secure one"


# Starfield's is from before serial numbers had to be positive.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_roots_are_those_that_amazon_publishes():
    certificates = x509.load_pem_x509_certificates(AWS_ROOTS.encode())
    keys = {
        certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value: sha256(
            certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).hexdigest()
        for certificate in certificates
    }
    assert keys == PUBLISHED_KEYS
    for certificate in certificates:
        certificate.verify_directly_issued_by(certificate)
    believed = trust_module._context_of_roots(AWS_ROOTS)
    assert len(believed.get_ca_certs()) == len(PUBLISHED_KEYS)
    assert believed.verify_mode is ssl.CERT_REQUIRED
    assert believed.check_hostname


def test_whom_the_roots_vouch_for_is_believed_without_the_system(stub, system, opened):
    trust = Trust(None, stub.ca_bundle.read_text())
    trust.prepare()
    trust.secured(opened, b"localhost").close()
    assert len(opened) == 1
    assert trust_module._context_of_bundle.cache_info().currsize == 0, "the system's were not loaded"


def test_whom_the_system_alone_vouches_for_is_believed_and_it_is_asked_first_from_then_on(stub, system, opened):
    system(stub.ca_bundle)
    trust = Trust(None)
    trust.secured(opened, b"localhost").close()
    assert len(opened) == 2
    trust.secured(opened, b"localhost").close()
    assert len(opened) == 3


def test_calls_are_answered_by_a_server_of_another_authority(stub, system):
    system(stub.ca_bundle)
    endpoint = Endpoint("localhost", stub.port, True, f"localhost:{stub.port}")
    client = JsonClient(FIREHOSE, REGION, endpoint, seconds=20, credentials=lambda: SIGNING)
    client.prepare()
    assert client.call("PutRecord", b'{"sent": 1}') == {"sent": 1}
    assert client.call("PutRecord", b'{"sent": 2}') == {"sent": 2}
    assert [fields for _, fields in stub.requests] == [{"sent": 1}, {"sent": 2}]
    client.close()


def test_whom_nobody_vouches_for_is_not_believed_however_often(stub, system, opened):
    trust = Trust(None)
    for _ in range(2):
        with pytest.raises(ssl.SSLCertVerificationError):
            trust.secured(opened, b"localhost")
    assert len(opened) == 4, "the roots are asked again: it was the server that was wrong"
    assert stub.requests == []


def test_another_host_of_the_same_authority_is_not_believed(stub, system, opened):
    system(stub.ca_bundle)
    for trust in (Trust(None, stub.ca_bundle.read_text()), Trust(None)):
        with pytest.raises(ssl.SSLCertVerificationError, match=r"localhost\.example"):
            trust.secured(opened, b"localhost.example")


def test_a_bundle_is_believed_alone(stub, system, opened, tmp_path):
    Trust(str(stub.ca_bundle)).secured(opened, b"localhost").close()
    system(stub.ca_bundle)
    other = tmp_path / "others" / "certificate.pem"
    with pytest.raises(ssl.SSLCertVerificationError):
        Trust(str(other), stub.ca_bundle.read_text()).secured(opened, b"localhost")
    assert len(opened) == 2
