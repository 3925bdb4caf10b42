r"""The rule `format`: what each of its words accepts, as one linear pattern, and as a check where no pattern says it.

A string is of a format if it matches `FORMAT_PATTERNS[name]` as a whole and, where there is one, `FORMAT_CHECKS[name]`
holds. Nothing is looked up, resolved or decoded: a format speaks of a text's form.

- `email`: a mailbox of RFC 5321, up to 254 characters: a dotted or quoted local part, `@`, a host name or an address
  in brackets. ASCII alone.
- `uri`: RFC 3986 with a scheme, in ASCII, each `%` before two hexadecimal digits.
- `uri_reference`: the same, or relative to another one; the empty text, too.
- `uuid`: 8-4-4-4-12 hexadecimal digits in either case, of any version.
- `ipv4`: four numbers from 0 to 255 without leading zeros. `ipv6`: RFC 4291, with `::` and a last part as IPv4, without
  a zone.
- `hostname`: RFC 1123: up to 253 characters, labels of up to 63 letters, digits and inner hyphens, no dot at the end.
- `date`: `YYYY-MM-DD`, a day that exists in the years 0001 to 9999.
- `time`: RFC 3339 full-time, with an offset; second 60 only where it is 23:59 in UTC.
- `date_time`: RFC 3339 date-time: a `date`, `T` or `t`, a `time`.
- `json_pointer`: RFC 6901, not as a URI fragment.
- `country_code`: two capitals of ISO 3166-1. `currency_code`: three capitals of ISO 4217.
- `language_tag`: well-formed by the grammar of RFC 5646, in either case.
"""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from domain.validation.core_validator import make_validator
from domain.validation.datetimes import DATE
from domain.validation.format_codes import COUNTRIES, CURRENCIES
from schemas.data_types import StringFormat

MAX_EMAIL_CHARS = 254
MAX_HOSTNAME_CHARS = 253


def _any_of(*options: str) -> str:
    return f"(?:{'|'.join(options)})"


def _with_gap(group: str, ipv4: str) -> list[str]:
    """Return the ways to write an address with one `::`, which stands for one group or more."""
    return [
        "::",
        f"(?:{group}:){{1,7}}:",
        f":(?::{group}){{1,7}}",
        *(f"(?:{group}:){{{before}}}(?::{group}){{1,{7 - before}}}" for before in range(1, 7)),
        f"::(?:{group}:){{0,5}}{ipv4}",
        *(f"(?:{group}:){{{before}}}:(?:{group}:){{0,{5 - before}}}{ipv4}" for before in range(1, 6)),
    ]


_IPV4 = r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_GROUP = "[0-9A-Fa-f]{1,4}"
_IPV6 = _any_of(f"(?:{_GROUP}:){{7}}{_GROUP}", f"(?:{_GROUP}:){{6}}{_IPV4}", *_with_gap(_GROUP, _IPV4))
_LABEL = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_HOSTNAME = rf"{_LABEL}(?:\.{_LABEL})*"

_ATOM = r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_EMAIL = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?:{_HOSTNAME}|\[{_IPV4}\]|\[[Ii][Pp][Vv]6:{_IPV6}\])"

_ENCODED = "%[0-9A-Fa-f]{2}"
_FREE = r"[0-9A-Za-z._~!$&'()*+,;=-]"  # unreserved and sub-delims
_CHARACTER = f"(?:[0-9A-Za-z._~!$&'()*+,;=:@-]|{_ENCODED})"
_IP_LITERAL = rf"\[(?:{_IPV6}|[Vv][0-9A-Fa-f]+\.(?:{_FREE}|:)+)\]"
_AUTHORITY = f"(?:(?:{_FREE}|:|{_ENCODED})*@)?(?:{_IP_LITERAL}|(?:{_FREE}|{_ENCODED})*)(?::[0-9]*)?"
_PATH = f"(?:/{_CHARACTER}*)*"
_ROOTED = f"//{_AUTHORITY}{_PATH}|/(?:{_CHARACTER}+{_PATH})?"
_NO_COLON = f"(?:[0-9A-Za-z._~!$&'()*+,;=@-]|{_ENCODED})+"
_REST = rf"(?:\?(?:{_CHARACTER}|[/?])*)?(?:#(?:{_CHARACTER}|[/?])*)?"
_URI = f"[A-Za-z][0-9A-Za-z+.-]*:(?:{_ROOTED}|{_CHARACTER}+{_PATH})?{_REST}"
_RELATIVE = f"(?:{_ROOTED}|{_NO_COLON}{_PATH})?{_REST}"

_HOUR_AND_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_TIME = rf"{_HOUR_AND_MINUTE}:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|[+-]{_HOUR_AND_MINUTE})"

# https://www.rfc-editor.org/rfc/rfc5646#section-2.1; the irregular tags are those registered before it.
_LANGUAGE = "(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})"
_SUBTAGS = (
    "(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?(?:-(?:[0-9A-Za-z]{5,8}|[0-9][0-9A-Za-z]{3}))*"
    "(?:-[0-9A-WY-Za-wy-z](?:-[0-9A-Za-z]{2,8})+)*"
)
_PRIVATE = "[Xx](?:-[0-9A-Za-z]{1,8})+"
_IRREGULAR = _any_of(
    *("en-GB-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux", "i-mingo", "i-navajo"),
    *("i-pwn", "i-tao", "i-tay", "i-tsu", "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE", "art-lojban", "cel-gaulish"),
    *("no-bok", "no-nyn", "zh-guoyu", "zh-hakka", "zh-min", "zh-min-nan", "zh-xiang"),
)

FORMAT_REGEXES: Mapping[StringFormat, str] = MappingProxyType(
    {
        StringFormat.EMAIL: _EMAIL,
        StringFormat.URI: _URI,
        StringFormat.URI_REFERENCE: f"{_URI}|{_RELATIVE}",
        StringFormat.UUID: "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        StringFormat.IPV4: _IPV4,
        StringFormat.IPV6: _IPV6,
        StringFormat.HOSTNAME: _HOSTNAME,
        StringFormat.DATE: DATE,
        StringFormat.TIME: _TIME,
        StringFormat.DATE_TIME: f"{DATE}[Tt]{_TIME}",
        StringFormat.JSON_POINTER: "(?:/(?:[^/~]|~[01])*)*",
        StringFormat.COUNTRY_CODE: _any_of(*COUNTRIES),
        StringFormat.CURRENCY_CODE: _any_of(*CURRENCIES),
        StringFormat.LANGUAGE_TAG: f"{_LANGUAGE}{_SUBTAGS}(?:-{_PRIVATE})?|{_PRIVATE}|(?i:{_IRREGULAR})",
    }
)
"""What the whole string matches, in what RE2, Rust's regex crate and Python understand alike, without anchors."""

FORMAT_PATTERNS: Mapping[StringFormat, str] = MappingProxyType(
    {name: rf"\A(?:{regex})\z" for name, regex in FORMAT_REGEXES.items()}
)
"""The same for Rust's regex crate, anchored on both sides."""


def _is_short_email(value: str) -> bool:
    return len(value) <= MAX_EMAIL_CHARS


def _is_short_hostname(value: str) -> bool:
    return len(value) <= MAX_HOSTNAME_CHARS


def _is_last_second(value: str) -> bool:
    """Say whether a text that ends in a full-time has a second 60 only where a leap second can stand."""
    time = value[11:] if len(value) > 10 and value[10] in "Tt" else value
    if time[6:8] != "60":
        return True
    minutes = int(time[:2]) * 60 + int(time[3:5])
    if time[-1] not in "Zz":
        offset = int(time[-5:-3]) * 60 + int(time[-2:])
        minutes += offset if time[-6] == "-" else -offset
    return minutes % (24 * 60) == 24 * 60 - 1


FORMAT_CHECKS: Mapping[StringFormat, Callable[[str], bool]] = MappingProxyType(
    {
        StringFormat.EMAIL: _is_short_email,
        StringFormat.HOSTNAME: _is_short_hostname,
        StringFormat.TIME: _is_last_second,
        StringFormat.DATE_TIME: _is_last_second,
    }
)
"""What a string that matches the pattern has to satisfy, too."""


@cache
def format_check(name: str) -> Callable[[str], bool]:
    """Return what says whether a string, which has to be Unicode text, is of a format."""
    matches = make_validator({"type": "str", "pattern": FORMAT_PATTERNS[StringFormat(name)]}).isinstance_python
    check = FORMAT_CHECKS.get(StringFormat(name))
    if check is None:
        return matches
    return lambda value: matches(value) and check(value)
