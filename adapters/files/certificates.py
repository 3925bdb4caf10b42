"""Certificates of custom domains as files, for a front that serves no TLS: what is public of them, never a key.

A managed certificate is made here, at once, self-signed and trusted by nobody, so that everything around it can
be tried; it is made anew 30 days before its end.
"""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from adapters.files.disk import Disk, WholeFiles
from domain.certificates.ports import CertificateBundle, CertificateState, KeptCertificate
from domain.clock import Clock
from domain.errors import Undelivered

MANAGED_DAYS = 90
RENEWED_DAYS = 30

_SECOND_NS = 1_000_000_000


class FolderCertificates:
    """Implements `CertificateStore`."""

    def __init__(self, root: Path, clock: Clock) -> None:
        """Take the folder, which is made if it is missing."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root
        self._clock = clock
        self._files = WholeFiles(root, Disk())
        self._files.discard_unfinished()

    def keep(self, bundle: CertificateBundle, domain: str, replaces: str | None = None) -> str:
        reference = replaces if replaces and self._read(replaces) else _new_reference()
        self._write(reference, "imported", domain, bundle.certificate + bundle.chain)
        return reference

    def request(self, domain: str, attempt: str) -> str:  # noqa: ARG002 - one too many is swept
        reference = _new_reference()
        self._write(reference, "managed", domain, self._made(domain))
        return reference

    def look(self, reference: str) -> CertificateState | None:
        kept = self._read(reference)
        if kept is None:
            return None
        if kept["kind"] == "managed" and kept["kept_at"] + (MANAGED_DAYS - RENEWED_DAYS) * 86_400 <= self._now():
            kept["pem"] = self._made(kept["domain"])
            self._write(reference, "managed", kept["domain"], kept["pem"])
        return CertificateState("issued", pem=kept["pem"])

    def delete(self, reference: str) -> None:
        try:
            self._path(reference).unlink(missing_ok=True)
        except OSError as error:
            raise _unreachable(error) from None

    def list_kept(self) -> Sequence[KeptCertificate]:
        references = sorted(path.stem for path in self._root.glob("cert_*.json"))
        found = ((reference, self._read(reference)) for reference in references)
        return [KeptCertificate(reference, kept["kept_at"]) for reference, kept in found if kept is not None]

    def _write(self, reference: str, kind: str, domain: str, pem: str) -> None:
        kept = {"kind": kind, "domain": domain, "kept_at": self._now(), "pem": pem}
        try:
            self._files.put(self._path(reference), [json.dumps(kept).encode()])
        except OSError as error:
            raise _unreachable(error) from None

    def _read(self, reference: str) -> dict[str, Any] | None:
        try:
            kept: dict[str, Any] = json.loads(self._path(reference).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreachable(error) from None
        return kept

    def _path(self, reference: str) -> Path:
        return self._root / f"{reference}.json"

    def _made(self, domain: str) -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "The local run")])
        now = datetime.fromtimestamp(self._now(), UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=MANAGED_DAYS))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
            .sign(key, SHA256())
        )
        return certificate.public_bytes(Encoding.PEM).decode("ascii")

    def _now(self) -> int:
        return self._clock() // _SECOND_NS


def _new_reference() -> str:
    return f"cert_{secrets.token_hex(16)}"


def _unreachable(error: OSError) -> Undelivered:
    return Undelivered(f"The folder of certificates can't be used: {error.strerror}.")
