"""TXT records of any name, from the resolvers that the machine is told to use."""

from collections.abc import Sequence

import dns.exception
import dns.name
import dns.resolver

from domain.errors import Undelivered

LOOKUP_SECONDS = 3.0
"""For everything that an answer takes, repetitions and a change to TCP included.

Ten messages of a batch that all wait as long still fit into a run of the provisioner, with half of it to spare.
"""


class DnsTexts:
    """Implements `TextRecords`. An answer has at most 64 KiB, which is the protocol's own bound."""

    def __init__(self, resolver: dns.resolver.Resolver | None = None, seconds: float = LOOKUP_SECONDS) -> None:
        """Take the resolver, or use that of the machine, whose settings are read at the first question."""
        self._resolver = resolver
        self._seconds = seconds

    def texts(self, name: str) -> Sequence[str]:
        try:
            if self._resolver is None:
                self._resolver = dns.resolver.Resolver()
            answer = self._resolver.resolve(
                dns.name.from_text(f"{name}."), "TXT", lifetime=self._seconds, search=False, raise_on_no_answer=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        except dns.exception.DNSException as error:
            raise Undelivered(f"The DNS of the domain gives no answer ({type(error).__name__}).") from None
        return [b"".join(record.strings).decode("ascii", "replace") for record in answer.rrset or ()]
