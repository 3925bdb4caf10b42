"""The rule `format` in JSON Schema: a pattern of ECMA-262, and in words what no pattern says."""

from collections.abc import Mapping
from functools import cache

from domain.language.pattern_export import ecma_pattern
from domain.validation.formats import FORMAT_CHECKS, FORMAT_REGEXES
from schemas.data_types import StringFormat

FORMATS: Mapping[str, StringFormat] = {
    "email": StringFormat.EMAIL,
    "uri": StringFormat.URI,
    "uri-reference": StringFormat.URI_REFERENCE,
    "uuid": StringFormat.UUID,
    "ipv4": StringFormat.IPV4,
    "ipv6": StringFormat.IPV6,
    "hostname": StringFormat.HOSTNAME,
    "time": StringFormat.TIME,
    "json-pointer": StringFormat.JSON_POINTER,
}
"""What the formats of JSON Schema are called here, but for those that are types: `date` and `date-time`."""

_LITERAL = r"(?:[!#$&(-;=?-\[\]_a-z~\x{A0}-\x{D7FF}\x{E000}-\x{10FFFF}]|%[0-9A-Fa-f]{2})"
_NAME = r"(?:[0-9A-Za-z_]|%[0-9A-Fa-f]{2})+(?:\.(?:[0-9A-Za-z_]|%[0-9A-Fa-f]{2})+)*"
_VARIABLE = rf"{_NAME}(?:\*|:[1-9][0-9]{{0,3}})?"

REGEXES: Mapping[str, str] = {
    # https://www.rfc-editor.org/rfc/rfc6570#section-2
    "uri-template": rf"(?:{_LITERAL}|\{{[+#./;?&=,!@|]?{_VARIABLE}(?:,{_VARIABLE})*\}})*",
    # https://www.rfc-editor.org/rfc/rfc3339#appendix-A
    "duration": (
        "P(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)(?:T{time})?|T{time})"
    ).replace("{time}", "(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"),
    # https://json-schema.org/draft/2020-12/relative-json-pointer
    "relative-json-pointer": "(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^/~]|~[01])*)*)",
}
"""RE2 patterns of the formats of JSON Schema that the language has no word for, but a pattern says exactly."""

_NOT_IN_PATTERN = {
    StringFormat.EMAIL: "At most 254 characters.",
    StringFormat.HOSTNAME: "At most 253 characters.",
    StringFormat.TIME: "Second 60 stands only where it is 23:59 in UTC.",
    StringFormat.DATE_TIME: "Second 60 stands only where it is 23:59 in UTC.",
}


@cache
def exported_format(name: str) -> tuple[str, str]:
    """Return a format's pattern, and what it leaves to be said."""
    word = StringFormat(name)
    comment = f"The format `{name}`."
    if word in FORMAT_CHECKS:
        comment += f" {_NOT_IN_PATTERN[word]}"
    return ecma_pattern(FORMAT_REGEXES[word]), comment


@cache
def format_of_pattern(pattern: str) -> StringFormat | None:
    """Return the format whose export has this pattern."""
    return next((word for word in StringFormat if exported_format(word)[0] == pattern), None)
