"""Certificates and keys in PEM, as the tools of certificate authorities write them."""

import re
import warnings

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.utils import CryptographyDeprecationWarning

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey


def certificates_from_pem(text: str) -> list[x509.Certificate]:
    """Return the certificates that stand in a text, in order; text between them is passed over, as openssl does.

    Raises:
        ValueError: one can't be read, or something else stands there in PEM, such as a key.
    """
    certificates = []
    for block in _BLOCK.finditer(text):
        if block[1] not in {"CERTIFICATE", "X509 CERTIFICATE"}:
            raise ValueError("not a certificate")
        with warnings.catch_warnings():
            # Roots that are trusted by all have serial numbers that later standards forbid.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificates.append(x509.load_pem_x509_certificate(block[0].encode()))
    return certificates


def pem_from_certificates(certificates: list[x509.Certificate]) -> str:
    return "".join(certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in certificates)


def private_key_from_pem(text: str) -> PrivateKey:
    """Return the one key that stands in a text.

    Raises:
        TypeError: it is encrypted.
        ValueError: there is none, it can't be read, or it is neither of RSA nor of an elliptic curve.
    """
    blocks = [block[0] for block in _BLOCK.finditer(text) if block[1].endswith("PRIVATE KEY")]
    if len(blocks) != 1:
        raise ValueError("not one private key")
    key = load_pem_private_key(blocks[0].encode(), password=None)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise ValueError("a kind of key that is not taken")  # noqa: TRY004 - it is what the text holds
    return key


def pem_from_private_key(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
