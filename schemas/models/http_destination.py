"""A target over HTTP as people write it and as the API shows it.

The values of headers and the signing secret go in, or are made, and are not shown again.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from schemas.limits import (
    DEFAULT_HTTP_EVENTS,
    MAX_HTTP_EVENTS,
    MAX_HTTP_HEADER_CHARS,
    MAX_HTTP_HEADERS,
    MAX_URL_CHARS,
)
from schemas.models.declared import Declared, Shown, optional_field

# Which hosts may be reached is found out by a check. http is for ports of the machine of a local run.
URL_PATTERN = r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/])[!-~]+$"
URL_WORDS = "Must be a URL that begins with https://, of visible ASCII characters."
HEADER_NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9-]{0,63}$"
HEADER_NAME_WORDS = "Must be of 1 to 64 letters, digits and `-`, the first a letter."
HEADER_VALUE_PATTERN = r"^[!-~]([ -~]*[!-~])?$"
HEADER_VALUE_WORDS = "Must be of visible ASCII characters, without spaces at either end."
_OWN_HEADERS = re.compile(
    r"accept-encoding|connection|content-.*|expect|host|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade"
    r"|user-agent|webhook-.*",
    re.IGNORECASE,
)


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    if len({name.lower() for name in headers}) < len(headers):
        raise PydanticCustomError("duplicate", "Must not name a header twice; upper and lower case count as the same.")
    if any(_OWN_HEADERS.fullmatch(name) for name in headers):
        message = "Must not set headers about the connection or the body, `User-Agent` or `webhook-…`."
        raise PydanticCustomError("destination", message)
    return headers


HeaderName = Annotated[str, StringConstraints(pattern=HEADER_NAME_PATTERN)]
HeaderValue = Annotated[str, StringConstraints(max_length=MAX_HTTP_HEADER_CHARS, pattern=HEADER_VALUE_PATTERN)]
Url = Annotated[str, StringConstraints(max_length=MAX_URL_CHARS, pattern=URL_PATTERN)]
Headers = Annotated[
    dict[HeaderName, HeaderValue],
    Field(max_length=MAX_HTTP_HEADERS, json_schema_extra={"writeOnly": True}),
    AfterValidator(_check_headers),
]
Format = Literal["ndjson", "json"]
MaxEvents = Annotated[int, Field(ge=1, le=MAX_HTTP_EVENTS)]

_URL = "Where to POST, with `https`; only hosts of the Internet. Put secrets into `headers`: the URL is shown."
_HEADERS = "Sent with every request. The values are kept as secrets; only the names are shown again."
_FORMAT = "`ndjson`: an event per line. `json`: an array."
_MAX_EVENTS = "The most events in a request."
_SIGN = "Whether requests are signed as Standard Webhooks have it."


class HttpDestination(Declared):
    """A target of yours that takes batches of events over HTTPS."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "http",
                    "url": "https://example.com/events",
                    "headers": {"Authorization": "Bearer 3f9c1d"},
                    "format": "ndjson",
                    "max_events": 500,
                    "sign": True,
                }
            ]
        }
    )

    type: Literal["http"]
    url: Url = Field(description=_URL)
    headers: Headers = Field(default_factory=dict, description=_HEADERS)
    format: Format = Field(default="ndjson", description=_FORMAT)
    max_events: MaxEvents = Field(default=DEFAULT_HTTP_EVENTS, description=_MAX_EVENTS)
    sign: bool = Field(default=True, description=_SIGN)


class HttpChange(Declared):
    """What changes of a target over HTTP; what is left out stays, the secrets too."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "http", "max_events": 100}]})

    type: Literal["http"]
    url: Url = optional_field(_URL)
    headers: Headers = optional_field(f"{_HEADERS} Replaces all headers that are set; needed again with another `url`.")
    format: Format = optional_field(_FORMAT)
    max_events: MaxEvents = optional_field(_MAX_EVENTS)
    sign: bool = optional_field(_SIGN)
    new_signing_secret: bool = optional_field(
        "Make a new signing secret. Requests are signed with the previous one as well for 24 hours."
    )


class ShownHttpDestination(Shown):
    """A target of yours."""

    type: Literal["http"]
    url: str
    header_names: list[str] = Field(description="Of the headers that are sent; the values are never shown.")
    format: Format
    max_events: int
    sign: bool
    signing_secret: str | None = Field(
        description="What receivers check signatures with. Only in the answer that made it; else null."
    )
