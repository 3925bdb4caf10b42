"""What custom domains need of the world: a keeper of certificates, a front door that serves names, a DNS zone.

Certificates are named by references that only their keeper understands. Every call may be repeated without harm, unless
its docstring forbids it. All raise `Undelivered`: retryable where time may help; where it does not, its message is for
the person who asked for the domain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

RecordType = Literal["A", "CNAME", "TXT"]


@dataclass(frozen=True, slots=True)
class CertificateBundle:
    """A checked certificate with what belongs to it, all in PEM. The key never shows in its representation."""

    certificate: str
    chain: str
    private_key: str = field(repr=False)
    key_algorithm: str
    """Such as `RSA_2048` or `EC_prime256v1`."""


class DnsRecord(NamedTuple):
    """A record that has to be in the DNS: `name` and, of a CNAME, `value` without a dot at the end."""

    type: RecordType
    name: str
    value: str


class CertificateState(NamedTuple):
    """How it stands with a kept or requested certificate."""

    state: Literal["pending", "issued", "failed"]
    reason: str | None = None
    """Of a failed one: why, in one sentence."""
    validation: tuple[DnsRecord, ...] = ()
    """Of a requested one: what proves that its domain is the caller's, for as long as it is to be renewed."""
    pem: str | None = None
    """Of an issued one: the certificate, then its chain."""


class KeptCertificate(NamedTuple):
    reference: str
    kept_at: int
    """Unix seconds."""


class CertificateKeeper(Protocol):
    """All that the management API needs: it alone ever sees a private key."""

    def keep(self, bundle: CertificateBundle, domain: str, replaces: str | None = None) -> str:
        """Keep a certificate and its key; return its reference. Called twice it keeps two.

        With `replaces`, a reference to a kept certificate with a key of the same algorithm, it takes that one's place
        and reference, also where that is being served.

        Raises:
            Rejected: limit_reached, or invalid_request where the keeper does not take such a certificate.
        """
        ...


class CertificateStore(CertificateKeeper, Protocol):
    """The whole port."""

    def request(self, domain: str, attempt: str) -> str:
        """Ask for a certificate whose issuing and renewal are the store's business; return its reference.

        The same attempt repeated within minutes may return the same reference, another asks for another.
        """
        ...

    def look(self, reference: str) -> CertificateState | None:
        """Return how it stands, or None if there is none of that reference."""
        ...

    def delete(self, reference: str) -> None:
        """Forget it, if it is there; `Undelivered` (retryable) while a front door still serves it."""
        ...

    def list_kept(self) -> Sequence[KeptCertificate]:
        """Return the certificates that this deployment keeps or has requested; those in use may be left out."""
        ...


class DomainFront(Protocol):
    """Where custom domains arrive."""

    @property
    def shares_listener(self) -> bool:
        """Whether one listener offers the certificates of all domains, and the deployment's own."""
        ...

    def serve(self, domain: str, certificate: str, former: Sequence[str] = ()) -> DnsRecord:
        """Answer at a domain with a certificate from now on; return the record that leads there.

        An earlier certificate of the domain is replaced without a pause; `former` names all that there may have been.
        """
        ...

    def stop(self, domain: str, certificates: Sequence[str] = ()) -> None:
        """No longer answer there, if it did, and let go of its certificates, all of which are named."""
        ...


class TextRecords(Protocol):
    """The DNS of everyone, as far as texts go."""

    def texts(self, name: str) -> Sequence[str]:
        """Return the values of a name's TXT records, each with its strings put together; none where there is none.

        A CNAME at the name is followed. Takes a bounded time; raises `Undelivered` where the DNS gives no answer.
        """
        ...


class DnsZone(Protocol):
    """The zone in which the deployment itself may set records."""

    def covers(self, domain: str) -> bool: ...

    def lends(self, domain: str) -> bool:
        """Return whether a domain is a free name of the zone: one label below it, and without any record."""
        ...

    def set(self, record: DnsRecord) -> bool:
        """Have a record in the zone; return False, and leave it, where another of that name is there already."""
        ...

    def remove(self, record: DnsRecord) -> None:
        """Take a record out of the zone, if it is there as it was set."""
        ...
