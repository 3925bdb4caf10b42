"""E-mail addresses: which there can be, and which two are the same.

Both are decided by the ASCII form of the domain, which is what mail servers and registries compare.
"""

import re

import idna

from schemas.limits import MAX_EMAIL_CHARS
from schemas.names import is_visible

MAX_LOCAL_CHARS = 64
EMAIL_PATTERN = r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[^\s\x00-\x1f\x7f@]{1,253}$"
EMAIL_WORDS = "Must be an e-mail address, such as `ann@example.com`."

# A dot-atom: https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_NUMBER = re.compile(r"[0-9]+")
_UPPER = {ord("A") + number: ord("a") + number for number in range(26)}


def is_address(text: str) -> bool:
    """Say whether a text is an e-mail address of a person: a local part in ASCII, and a host name as its domain."""
    local, at, domain = text.rpartition("@")
    if not at or len(text) > MAX_EMAIL_CHARS or len(local) > MAX_LOCAL_CHARS or not _LOCAL.fullmatch(local):
        return False
    # The mapping of international names leaves invisible characters out: they are looked for in what was written.
    ascii_domain = _ascii_domain(domain) if is_visible(domain) else None
    return ascii_domain is not None and not _NUMBER.fullmatch(ascii_domain.rpartition(".")[2])


def comparable(address: str) -> str:
    """Return what two addresses share if they are the same: upper and lower case in ASCII do not tell them apart.

    Nor does the form in which a domain is written. All else does: `strasse.example` is not `straße.example`.
    """
    local, at, domain = address.translate(_UPPER).rpartition("@")
    return f"{local}{at}{_ascii_domain(domain) or domain}"


def _ascii_domain(domain: str) -> str | None:
    """Return a host name in its ASCII form (IDNA 2008), or None for what is none."""
    if domain.endswith("."):
        return None
    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except UnicodeError:  # that of idna is one
        return None
