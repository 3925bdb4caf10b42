"""What is stored instead of the protected values of a document.

A value was validated, or filled in, before it is protected. An element of an array is protected for itself; where
nothing may be stored, the key, or the element, stays away.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from socket import AF_INET6, inet_ntop, inet_pton
from typing import Any

from domain.completion.plan import Complete, make_plan
from domain.completion.request_facts import RequestFacts
from schemas.data_types import Protect

Replace = Callable[[str, RequestFacts], str | None]
"""Returns what is stored instead of a value, None for nothing."""

MAY_BE_KEPT = "may_be_kept"
"""Marks a field, of a revision that is compiled for a redrive alone, some of whose values are a `KeptValue`."""

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_IPV6_PREFIX_BYTES = 6
_SHOWN_CHARS = 4


def make_protect_plan(fields: Sequence[Mapping[str, Any]]) -> Complete | None:
    """Return the function that protects a document's values, or None for a revision that protects none."""
    return make_plan(fields, replacement_of, _protect)


class KeptValue(str):
    """A value that was protected before quarantine kept it; it is stored as it is."""

    __slots__ = ()


def replacement_of(field: Mapping[str, Any]) -> Replace | None:
    """Return what replaces the values of a field, or elements of its arrays; None for one that protects nothing."""
    if not field.get("protect"):
        return None
    replace = _REPLACE[field["protect"]]
    return _unless_kept(replace) if field.get(MAY_BE_KEPT) and replace is not _nothing else replace


def _protect(replacements: Sequence[tuple[str, Replace]]) -> Complete:
    def protect(document: dict[str, Any], facts: RequestFacts, _event_id: str) -> None:
        for key, replace in replacements:
            value = document.get(key)
            if value is None:
                continue
            stored = _each(value, replace, facts) if type(value) is list else replace(value, facts)
            if stored is None:
                del document[key]
            else:
                document[key] = stored

    return protect


def _each(values: list[str], replace: Replace, facts: RequestFacts) -> list[str] | None:
    if replace is _nothing:
        return None
    return [stored for stored in (replace(value, facts) for value in values) if stored is not None]


def _unless_kept(replace: Replace) -> Replace:
    def replace_others(value: str, facts: RequestFacts) -> str | None:
        return value if type(value) is KeptValue else replace(value, facts)

    return replace_others


def _hash(value: str, facts: RequestFacts) -> str:
    return facts.protected_hash(value)


def _nothing(_value: str, _facts: RequestFacts) -> None:
    return None


def _ip_prefix(value: str, _facts: RequestFacts) -> str | None:
    if _IPV4.fullmatch(value):
        return f"{value[: value.rindex('.')]}.0/24"
    if ":" not in value or "%" in value:  # a zone is no part of an address
        return None
    try:
        # The system takes a twentieth of the time that `ipaddress` does.
        network = inet_pton(AF_INET6, value)[:_IPV6_PREFIX_BYTES]
    except (OSError, ValueError):
        return None
    return f"{inet_ntop(AF_INET6, network.ljust(16, bytes(1)))}/{8 * _IPV6_PREFIX_BYTES}"


def _email_domain(value: str, _facts: RequestFacts) -> str | None:
    return value.rpartition("@")[2] or None if "@" in value else None


def _last_4(value: str, _facts: RequestFacts) -> str:
    hidden = len(value) - _SHOWN_CHARS
    return "*" * hidden + value[hidden:] if hidden > 0 else "*" * len(value)


_REPLACE: Mapping[str, Replace] = {
    Protect.HASH: _hash,
    Protect.REDACT: _nothing,
    Protect.IP_PREFIX: _ip_prefix,
    Protect.EMAIL_DOMAIN: _email_domain,
    Protect.LAST_4: _last_4,
}
