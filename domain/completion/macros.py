"""The value of every macro: what the server fills in where a client sent nothing.

A revision picks its functions when it is compiled, and what they need is loaded then: the user agent rules and the
public suffix list cost tens of milliseconds, which revisions without such macros never pay.
"""

import os
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from domain.completion.bounded_text import bounded_text
from domain.completion.page_urls import PageUrl, load_page_domain
from domain.completion.request_facts import RequestFacts
from domain.completion.user_agents import load_browser_parser, load_device_parser, load_system_parser
from schemas.data_types import DataType, TimestampFormat
from schemas.macros import MACRO_TYPES, Macro

MacroValue = Callable[[RequestFacts, str], str | int | None]
"""Takes the request's facts and the event's id; gives the value, or None where there is none for this request."""

RANDOM_INTS = 2**31 - 2

_PIXELS = re.compile(r"([0-9]+)(?:\.[0-9]+)?")
"""Browsers that zoom give fractions: whole pixels are kept, cut."""


def macro_value(macro: str, data_type: str, timestamp_format: str = TimestampFormat.UNIX_SECONDS) -> MacroValue:
    """Return the function that fills in `macro` for a field of type `data_type`; loads what it needs.

    Its values are in the form that the field's own are stored in: of a TIMESTAMP by its `timestamp_format`.

    Raises:
        ValueError: there is no such macro, or not for this type.
    """
    if DataType(data_type) not in MACRO_TYPES[Macro(macro)]:
        raise ValueError(f"the macro {macro} does not fit the type {data_type}")
    if macro == Macro.RECEIVED_AT:
        is_text = data_type == DataType.TIMESTAMP and timestamp_format != TimestampFormat.UNIX_SECONDS
        return _received_text if is_text else _RECEIVED_AT[DataType(data_type)]
    return _MAKERS[Macro(macro)]()


def macro_value_of(field: Mapping[str, Any]) -> MacroValue:
    """Return the function that fills in a field with the presence `macro`; loads what it needs."""
    return macro_value(field["macro"], field["type"], field.get("format") or TimestampFormat.UNIX_SECONDS)


def _received_date_time(facts: RequestFacts, _event_id: str) -> str:
    return facts.received_at.removesuffix("Z")


def _received_seconds(facts: RequestFacts, _event_id: str) -> int:
    return facts.received_ns // 1_000_000_000


def _received_text(facts: RequestFacts, _event_id: str) -> str:
    return facts.received_at


_RECEIVED_AT: dict[DataType, MacroValue] = {
    DataType.DATETIME: _received_date_time,
    DataType.TIMESTAMP: _received_seconds,
    DataType.INT: _received_seconds,
    DataType.STRING: _received_text,
}


def _event_id(_facts: RequestFacts, event_id: str) -> str:
    return event_id


def _random_int(_facts: RequestFacts, _event_id: str) -> int:
    return _int_in_range(int.from_bytes(os.urandom(8), "big"))


def _int_in_range(random_bits: int) -> int:
    return 1 + random_bits % RANDOM_INTS


def _uuid4(_facts: RequestFacts, _event_id: str) -> str:
    bits = int.from_bytes(os.urandom(16), "big")
    bits = (bits & ~(0xF << 76) & ~(0b11 << 62)) | (0x4 << 76) | (0b10 << 62)
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _user_ip(facts: RequestFacts, _event_id: str) -> str | None:
    return bounded_text(facts.request.source_ip) or None


def _user_hash(facts: RequestFacts, _event_id: str) -> str | None:
    # Without an address, as in a redrive of events that were kept without, one hash would stand for everyone.
    return facts.user_hash if facts.request.source_ip else None


def _screen_size(facts: RequestFacts, _event_id: str) -> str | None:
    width, height = (_PIXELS.fullmatch(facts.request.query.get(name, "")) for name in ("sw", "sh"))
    return bounded_text(f"{width[1]}x{height[1]}") if width and height else None


def _from_header(name: str) -> Callable[[], MacroValue]:
    return lambda: lambda facts, _event_id: facts.header(name)


def _from_viewer_headers(*names: str) -> Callable[[], MacroValue]:
    """Make the value of the first header that stands there, if it is CloudFront that wrote it.

    CloudFront percent-encodes what is not ASCII in them:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
    """

    def value(facts: RequestFacts, _event_id: str) -> str | None:
        if not facts.request.is_from_trusted_front:
            return None
        for name in names:
            text = facts.header(name)
            if text:
                return bounded_text(unquote(text))
        return None

    return lambda: value


def _from_id(attribute: str) -> Callable[[], MacroValue]:
    def value(facts: RequestFacts, _event_id: str) -> str:
        identifier: str = getattr(facts, attribute)
        return identifier

    return lambda: value


def _from_parameters(name: str) -> Callable[[], MacroValue]:
    """Make the value of a campaign parameter: of the request's own query, else of its page's."""

    def value(facts: RequestFacts, _event_id: str) -> str | None:
        own = facts.parameter(name)
        if own:
            return own
        of_page = facts.page_parameters.get(name)
        return bounded_text(of_page) if of_page else None

    return lambda: value


def _url_of(page_of: Callable[[RequestFacts], PageUrl | None]) -> Callable[[], MacroValue]:
    def value(facts: RequestFacts, _event_id: str) -> str | None:
        page = page_of(facts)
        return page.url if page else None

    return lambda: value


def _domain_of(page_of: Callable[[RequestFacts], PageUrl | None]) -> Callable[[], MacroValue]:
    def make() -> MacroValue:
        page_domain = load_page_domain()

        def value(facts: RequestFacts, _event_id: str) -> str | None:
            page = page_of(facts)
            return page_domain(page) if page else None

        return value

    return make


def _from_user_agent(
    load: Callable[[], Callable[[str], tuple[str | None, ...]]], index: int
) -> Callable[[], MacroValue]:
    """Make the value of one member of what the user agent tells; the same user agent is parsed once."""

    def make() -> MacroValue:
        parse = load()

        def value(facts: RequestFacts, _event_id: str) -> str | None:
            user_agent = facts.request.headers.get("user-agent")
            return parse(user_agent)[index] if user_agent else None

        return value

    return make


_MAKERS: dict[Macro, Callable[[], MacroValue]] = {
    Macro.EVENT_ID: lambda: _event_id,
    Macro.RANDOM_INT: lambda: _random_int,
    Macro.UUID: lambda: _uuid4,
    Macro.USER_IP: lambda: _user_ip,
    Macro.USER_HASH: lambda: _user_hash,
    Macro.USER_AGENT: _from_header("user-agent"),
    Macro.USER_COUNTRY_CODE: _from_viewer_headers("cloudfront-viewer-country"),
    # The ISO 3166-2 code is one word for a region in every language; the name only where the code is not forwarded.
    Macro.USER_REGION: _from_viewer_headers(
        "cloudfront-viewer-country-region", "cloudfront-viewer-country-region-name"
    ),
    Macro.USER_CITY: _from_viewer_headers("cloudfront-viewer-city"),
    Macro.BROWSER_NAME: _from_user_agent(load_browser_parser, 0),
    Macro.BROWSER_VERSION: _from_user_agent(load_browser_parser, 1),
    Macro.OS_NAME: _from_user_agent(load_system_parser, 0),
    Macro.OS_VERSION: _from_user_agent(load_system_parser, 1),
    Macro.DEVICE_NAME: _from_user_agent(load_device_parser, 0),
    Macro.DEVICE_BRAND: _from_user_agent(load_device_parser, 1),
    Macro.DEVICE_MODEL: _from_user_agent(load_device_parser, 2),
    Macro.PAGE_URL: _url_of(lambda facts: facts.page),
    Macro.PAGE_DOMAIN: _domain_of(lambda facts: facts.page),
    Macro.REFERRER_URL: _url_of(lambda facts: facts.referrer),
    Macro.REFERRER_DOMAIN: _domain_of(lambda facts: facts.referrer),
    Macro.UTM_SOURCE: _from_parameters("utm_source"),
    Macro.UTM_MEDIUM: _from_parameters("utm_medium"),
    Macro.UTM_CAMPAIGN: _from_parameters("utm_campaign"),
    Macro.UTM_TERM: _from_parameters("utm_term"),
    Macro.UTM_CONTENT: _from_parameters("utm_content"),
    Macro.SCREEN_SIZE: lambda: _screen_size,
    Macro.ORGANISATION_ID: _from_id("organisation_id"),
    Macro.ENDPOINT_ID: _from_id("endpoint_id"),
    Macro.ENVIRONMENT_ID: _from_id("environment_id"),
    Macro.REVISION_ID: _from_id("revision_id"),
}
