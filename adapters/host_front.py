"""A front door that takes requests for every Host and leaves it to ingest whose domain it is: nothing to be made."""

from collections.abc import Sequence

from domain.certificates.ports import DnsRecord


class HostFront:
    """Implements `DomainFront` for a server at one address, without TLS."""

    shares_listener = False

    def __init__(self, address: str) -> None:
        """Take the IPv4 address at which the server is reached."""
        self._address = address

    def serve(self, domain: str, certificate: str, former: Sequence[str] = ()) -> DnsRecord:  # noqa: ARG002 - no TLS
        return DnsRecord("A", domain, self._address)

    def stop(self, domain: str, certificates: Sequence[str] = ()) -> None:
        """Nothing was made."""
