"""A front door that takes requests for every Host and leaves it to ingest whose domain it is: nothing to be made."""

from domain.certificates.ports import DnsRecord


class HostFront:
    """Implements `DomainFront` for a server at one address, without TLS."""

    def __init__(self, address: str) -> None:
        """Take the IPv4 address at which the server is reached."""
        self._address = address

    def serve(self, domain: str, certificate: str) -> DnsRecord:  # noqa: ARG002 - there is no TLS
        return DnsRecord("A", domain, self._address)

    def stop(self, domain: str) -> None:
        """Nothing was made."""
