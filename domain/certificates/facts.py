"""What is shown of a certificate: whose it is, for which names, from whom, until when."""

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from domain.certificates.names import is_own_name
from domain.certificates.pem import certificates_from_pem

_NOT_IN_HOST = re.compile(r"[\s@/]")


def facts_from_chain(chain: list[x509.Certificate]) -> dict[str, Any]:
    """Return what the API shows of an imported or issued certificate; the first of `chain` is the server's own.

    `publicly_trusted` says that the chain leads to a root of Mozilla's list, by the rules that browsers go by.
    """
    leaf = chain[0]
    return {
        "subject": leaf.subject.rfc4514_string(),
        "issuer": leaf.issuer.rfc4514_string(),
        "sans": names_of(leaf),
        "not_before": _text(leaf.not_valid_before_utc),
        "expires_at": _text(leaf.not_valid_after_utc),
        "fingerprint_sha256": leaf.fingerprint(SHA256()).hex(),
        "publicly_trusted": is_publicly_trusted(chain),
    }


def facts_from_pem(text: str) -> dict[str, Any]:
    return facts_from_chain(certificates_from_pem(text))


def names_of(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names that a certificate is for; what stands in its subject counts for nothing."""
    names = _alternative_names(certificate)
    return names.get_values_for_type(x509.DNSName) if names is not None else []


def hosts_named_by(certificate: x509.Certificate) -> list[str]:
    """Return everything by which a front door may find a certificate: DNS names, addresses, a host as common name.

    E-mail addresses and URIs name no host that HTTPS asks for. Front doors read a common name as a host if it looks
    like one.
    """
    names = _alternative_names(certificate)
    found = names_of(certificate)
    if names is not None:
        found += [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    common = [str(part.value) for part in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    return found + [name for name in common if "." in name and not _NOT_IN_HOST.search(name)]


def fits_shared_listener(domain: str, chain: list[x509.Certificate]) -> bool:
    """Return whether a certificate takes no connections from other domains at a listener that all share.

    A wildcard matches the names of others, too, so only one that browsers trust does them no harm.
    """
    named = hosts_named_by(chain[0])
    if not all(is_own_name(domain, name) for name in named):
        return False
    return not any("*" in name for name in named) or is_publicly_trusted(chain)


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def is_publicly_trusted(chain: list[x509.Certificate], store: Store | None = None) -> bool:
    """Return whether browsers would follow a chain, the server's own certificate first, to a root of Mozilla's list.

    As of the certificate's first second: an end that has come is told elsewhere. `store` holds other roots.
    """
    leaf, *others = chain
    try:
        name = names_of(leaf)[0].replace("*", "any", 1)
        verifier = (
            PolicyBuilder()
            .store(store or _store())
            .time(leaf.not_valid_before_utc)
            .build_server_verifier(x509.DNSName(name))
        )
        verifier.verify(leaf, others)
    except Exception:  # noqa: BLE001 - each algorithm has errors of its own, and any of them means no
        return False
    return True


def is_well_known(certificate: x509.Certificate) -> bool:
    """Return whether a certificate is a root of Mozilla's list, or directly issued by one."""
    issuers = _roots().get(certificate.issuer.public_bytes(), [])
    return any(root == certificate or is_issued_by(certificate, root) for root in issuers)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Return whether the issuer's name and signature are on a certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - each algorithm has errors of its own, and any of them means no
        return False
    return True


@cache
def _well_known() -> list[x509.Certificate]:
    return certificates_from_pem(Path(certifi.where()).read_text("utf-8"))


@cache
def _store() -> Store:
    return Store(_well_known())


@cache
def _roots() -> dict[bytes, list[x509.Certificate]]:
    by_subject: dict[bytes, list[x509.Certificate]] = {}
    for root in _well_known():
        by_subject.setdefault(root.subject.public_bytes(), []).append(root)
    return by_subject


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
