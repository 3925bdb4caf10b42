"""Addresses of pages, and the domain that stands for a page in statistics.

A page's address is an absolute URL, as browsers report it. Its domain is the registrable one: the public suffix and one
label more. A host that has none stands for itself, so that development and intranet traffic can be told apart in the
data: `localhost`, an IP address, a public suffix. So does the host of a scheme that isn't the web's
(`android-app://com.example.shop`): it is no DNS name. Domains are in lower case; an internationalised one keeps the
form it was sent in, and browsers send Punycode.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from domain.completion.bounded_text import bounded_text

MAX_HOST_CHARS = 253  # https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4, less the length bytes at both ends
MAX_KEPT_DOMAINS = 2_000

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
# https://url.spec.whatwg.org/#forbidden-domain-code-point, and empty labels
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20\x7f#/<>?@\[\\\]^|%\"]|^\.|\.\.")
_WEB_SCHEMES = frozenset({"http", "https"})


class PageUrl(NamedTuple):
    """A URL in its parts; `host` is in lower case and empty where the scheme has none."""

    url: str
    scheme: str
    host: str
    query: str

    def parameters(self) -> dict[str, str]:
        """Return the query's parameters that hold something; of repeats the last."""
        return dict(parse_qsl(self.query))


def page_url_from_text(text: str) -> PageUrl | None:
    """Return the parts of an absolute URL, or None if `text` is none."""
    url = bounded_text(text.strip())
    if not _SCHEME.match(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return None
    if not host:
        return None if parts.scheme in _WEB_SCHEMES or parts.netloc else PageUrl(url, parts.scheme, "", parts.query)
    host = host.removesuffix(".")
    if not host or len(host) > MAX_HOST_CHARS or _FORBIDDEN_IN_HOST.search(host):
        return None
    return PageUrl(url, parts.scheme, host, parts.query)


@cache
def load_page_domain() -> Callable[[PageUrl], str | None]:
    """Load the public suffix list, once, and return the function from a page to its domain."""
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - 40 ms that only revisions with domains pay

    suffixes = PublicSuffixList()

    @lru_cache(MAX_KEPT_DOMAINS)
    def domain_from_host(host: str) -> str:
        if ":" in host or host.rpartition(".")[2].isdigit():
            return host
        registrable: str | None = suffixes.privatesuffix(host)
        return registrable or host

    def page_domain(page: PageUrl) -> str | None:
        if page.scheme not in _WEB_SCHEMES:
            return page.host or None
        return domain_from_host(page.host)

    return page_domain
