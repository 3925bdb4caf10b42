"""The front doors of a deployment as one, for custom domains: the first serves them, all take them down.

Which is first is a setting that may change. A domain that was made at another goes on being served there, since the DNS
may still lead to it.
"""

from collections.abc import Sequence

from domain.certificates.ports import DnsRecord, DomainFront


class DomainFronts:
    """Implements `DomainFront`."""

    def __init__(self, first: DomainFront, *others: DomainFront) -> None:
        self._first = first
        self._all = (first, *others)

    @property
    def shares_listener(self) -> bool:
        return self._first.shares_listener

    def serve(self, domain: str, certificate: str, former: Sequence[str] = ()) -> DnsRecord:
        return self._first.serve(domain, certificate, former)

    def stop(self, domain: str, certificates: Sequence[str] = ()) -> None:
        for front in self._all:
            front.stop(domain, certificates)
