"""What is shown of a certificate: whose it is, for which names, from whom, until when."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from domain.certificates.pem import certificates_from_pem


def facts_from_chain(chain: list[x509.Certificate]) -> dict[str, Any]:
    """Return what the API shows of an imported or issued certificate; the first of `chain` is the server's own.

    `publicly_trusted` says that the chain ends at a root of Mozilla's list, so that browsers take it.
    """
    leaf = chain[0]
    return {
        "subject": leaf.subject.rfc4514_string(),
        "issuer": leaf.issuer.rfc4514_string(),
        "sans": names_of(leaf),
        "not_before": _text(leaf.not_valid_before_utc),
        "expires_at": _text(leaf.not_valid_after_utc),
        "fingerprint_sha256": leaf.fingerprint(SHA256()).hex(),
        "publicly_trusted": is_well_known(chain[-1]),
    }


def facts_from_pem(text: str) -> dict[str, Any]:
    return facts_from_chain(certificates_from_pem(text))


def names_of(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names that a certificate is for; what stands in its subject counts for nothing."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


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
def _roots() -> dict[bytes, list[x509.Certificate]]:
    by_subject: dict[bytes, list[x509.Certificate]] = {}
    for root in certificates_from_pem(Path(certifi.where()).read_text("utf-8")):
        by_subject.setdefault(root.subject.public_bytes(), []).append(root)
    return by_subject


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
