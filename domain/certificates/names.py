"""Which names can be custom domains, and what they are called inside: ASCII, in lower case."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import idna

from domain.certificates.faults import Faults
from schemas.limits import MAX_DOMAIN_CHARS
from schemas.save_codes import CustomDomainFault

DOMAIN_POINTER = "/domain"


@dataclass(frozen=True, slots=True)
class DeploymentHosts:
    """What names are measured against: the deployment's own hosts, and where custom domains are served beside them."""

    reserved: Sequence[str] = ()
    """Hosts of the deployment."""
    share_listener: bool = False
    """Whether the certificates of all domains, and the deployment's own, are offered by one listener."""


# Every reader of an address takes such a name for an IPv4 address: https://url.spec.whatwg.org/#ends-in-a-number-checker
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SCHEME_OR_PATH = re.compile(r"[:/?#@\[\]]")


def domain_from(text: str, reserved: Iterable[str], faults: Faults) -> str | None:
    """Return the domain as ASCII (punycode) in lower case; or add to `faults` what stands against it.

    Args:
        text: as a person writes it; umlauts and the like are taken.
        reserved: hosts of the deployment; neither they nor names below or above them can be custom domains.
        faults: what is found goes there.
    """
    fault = CustomDomainFault.BAD_DOMAIN
    if text.endswith("."):
        faults.add(DOMAIN_POINTER, fault, "Must not end with a dot.")
        return None
    if _SCHEME_OR_PATH.search(text):
        faults.add(DOMAIN_POINTER, fault, "Must be a host name alone: no scheme, port, path or address.")
        return None
    if "*" in text:
        faults.add(DOMAIN_POINTER, fault, "Must be one host name; only the certificate may have a wildcard.")
        return None
    try:
        domain = idna.encode(text, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:  # that of idna is one
        faults.add(DOMAIN_POINTER, fault, "Must be a host name: labels of letters, digits and hyphens between dots.")
        return None
    labels = domain.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        faults.add(DOMAIN_POINTER, fault, "Must be a host name, not an address.")
    elif len(labels) < 2:
        faults.add(DOMAIN_POINTER, fault, "Must have at least two labels, such as events.example.com.")
    elif len(domain) > MAX_DOMAIN_CHARS:
        faults.add(DOMAIN_POINTER, fault, f"Must have at most {MAX_DOMAIN_CHARS} characters in ASCII form.")
    elif any(_is_related(domain, host) for host in ("localhost", *_hosts(reserved))):
        faults.add(DOMAIN_POINTER, CustomDomainFault.RESERVED_DOMAIN, "Belongs to this deployment: choose another.")
    else:
        return domain
    return None


def is_covered(domain: str, names: Iterable[str]) -> bool:
    """Return whether a certificate for `names` is one for `domain`; a wildcard stands for exactly one label."""
    return any(name.lower() in _own_names(domain) for name in names)


def is_own_name(domain: str, name: str) -> bool:
    """Return whether a name of a certificate is the domain, or the wildcard in the place of its first label.

    A dot at the end tells no names apart. A wildcard of a whole top-level domain is nobody's own.
    """
    plain = name.lower().removesuffix(".")
    return plain in _own_names(domain) and (plain == domain or plain.count(".") > 1)


def matches_host(name: str, hosts: Iterable[str]) -> bool:
    """Return whether a front door would answer at one of the hosts by a name of a certificate."""
    plain = name.lower().removesuffix(".")
    return any(plain in _own_names(host) for host in _hosts(hosts))


def _own_names(domain: str) -> tuple[str, str]:
    return domain, f"*.{domain.partition('.')[2]}"


def _hosts(hosts: Iterable[str]) -> list[str]:
    return [host.lower().removesuffix(".") for host in hosts if host]


def _is_related(domain: str, host: str) -> bool:
    """Return whether one is the other, or below it."""
    return domain == host or domain.endswith(f".{host}") or host.endswith(f".{domain}")
