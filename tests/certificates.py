"""Certificates made for tests: authorities, and what they issue."""

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.management_api import START_NS

START = datetime.fromtimestamp(START_NS / 1e9, UTC)
DOMAIN = "events.example.com"


@cache
def key_of(kind: str = "p256", number: int = 1):
    """Return always the same key of a kind and number."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}[kind])


def key_pem(key, form=PrivateFormat.PKCS8, encryption=None) -> str:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


class Issued:
    """A certificate with its key and its issuer."""

    def __init__(self, certificate, key, issuer):
        self.certificate = certificate
        self.key = key
        self.issuer = issuer
        self.pem = certificate.public_bytes(Encoding.PEM).decode()
        self.private_key = key_pem(key)

    @property
    def chain(self) -> str:
        """The certificates between this one and its root, which is left out."""
        issuer, texts = self.issuer, []
        while issuer.issuer is not issuer:
            texts.append(issuer.pem)
            issuer = issuer.issuer
        return "".join(texts)

    @property
    def chain_with_root(self) -> str:
        issuer = self.issuer
        if issuer is self:
            return ""
        while issuer.issuer is not issuer:
            issuer = issuer.issuer
        return self.chain + issuer.pem

    def body(self, **changed):
        """Return it as `PUT …/custom-domain` takes it."""
        return {"pem": self.pem, "private_key": self.private_key, "chain": self.chain_with_root, **changed}


def issue(
    names=(DOMAIN,),
    issuer=None,
    *,
    key=None,
    name="Leaf",
    starts=START - timedelta(days=1),
    days=91,
    usages=None,
    is_authority=False,
    others=(),
    extensions=(),
) -> Issued:
    """Issue a certificate; without an issuer it is signed by itself. `others` are general names of any kind."""
    key = key or key_of()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if names or others:
        general = [*map(x509.DNSName, names), *others]
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    certificate = builder.sign(issuer.key if issuer else key, SHA256())
    made = Issued(certificate, key, issuer)
    made.issuer = issuer or made
    return made


@cache
def root() -> Issued:
    return issue((), key=key_of("p256", 2), name="Root", days=3650, is_authority=True)


@cache
def intermediate() -> Issued:
    return issue((), root(), key=key_of("p256", 3), name="Intermediate", days=3000, is_authority=True)


@cache
def leaf() -> Issued:
    return issue((DOMAIN,), intermediate())
