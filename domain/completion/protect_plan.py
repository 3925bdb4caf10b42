"""What is stored instead of the protected values of a document.

A value was validated, or filled in, before it is protected. An element of an array is protected for itself; where
nothing may be stored, the key, or the element, stays away.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from domain.completion.plan import Complete, make_plan
from domain.completion.request_facts import RequestFacts
from schemas.data_types import Protect

_Replace = Callable[[str, RequestFacts], str | None]

_IPV4_BITS, _IPV6_BITS = 24, 48
_SHOWN_CHARS = 4


def make_protect_plan(fields: Sequence[Mapping[str, Any]]) -> Complete | None:
    """Return the function that protects a document's values, or None for a revision that protects none."""
    return make_plan(fields, _replacement_of, _protect)


def _replacement_of(field: Mapping[str, Any]) -> _Replace | None:
    return _REPLACE[field["protect"]] if field.get("protect") else None


def _protect(replacements: Sequence[tuple[str, _Replace]]) -> Complete:
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


def _each(values: list[str], replace: _Replace, facts: RequestFacts) -> list[str] | None:
    if replace is _nothing:
        return None
    return [stored for stored in (replace(value, facts) for value in values) if stored is not None]


def _hash(value: str, facts: RequestFacts) -> str:
    return hmac.digest(facts.protect_key, value.encode(), "sha256").hex()


def _nothing(_value: str, _facts: RequestFacts) -> None:
    return None


def _ip_prefix(value: str, _facts: RequestFacts) -> str | None:
    if "%" in value:  # a zone is no part of an address
        return None
    try:
        address = ip_address(value)
    except ValueError:
        return None
    return str(ip_network(f"{address}/{_IPV4_BITS if address.version == 4 else _IPV6_BITS}", strict=False))


def _email_domain(value: str, _facts: RequestFacts) -> str | None:
    return value.rpartition("@")[2] or None if "@" in value else None


def _last_4(value: str, _facts: RequestFacts) -> str:
    hidden = len(value) - _SHOWN_CHARS
    return "*" * hidden + value[hidden:] if hidden > 0 else "*" * len(value)


_REPLACE: Mapping[str, _Replace] = {
    Protect.HASH: _hash,
    Protect.REDACT: _nothing,
    Protect.IP_PREFIX: _ip_prefix,
    Protect.EMAIL_DOMAIN: _email_domain,
    Protect.LAST_4: _last_4,
}
