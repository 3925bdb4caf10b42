"""Which pages may send to an environment that lists origins.

Browsers name the page's origin in `Origin` where a script reads the answer or sends a body, but not for images. There
`Referer` shows it, and `Sec-Fetch-Site`, which no script can set or leave out, says whether a page of elsewhere asked:
https://www.w3.org/TR/fetch-metadata/. A sender that is no browser sets what it likes, so a request with none of the
three passes.
"""

from collections.abc import Collection, Mapping

_OF_ANOTHER_ORIGIN = frozenset({"cross-site", "same-site"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_origin_allowed(headers: Mapping[str, str], allowed: Collection[str]) -> bool:
    """Say whether a request may come from the page that its headers name.

    Args:
        headers: by their names in lower case.
        allowed: origins as browsers send them; an empty list allows every page.
    """
    if not allowed:
        return True
    origin = headers.get("origin")
    if origin is not None:
        return origin in allowed
    referer = headers.get("referer", "").strip()
    if referer:
        return origin_of(referer) in allowed
    return headers.get("sec-fetch-site", "").strip().lower() not in _OF_ANOTHER_ORIGIN


def origin_of(url: str) -> str | None:
    """Return the origin of a page's URL as browsers send it, or None if it has none.

    https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
    """
    from urllib.parse import urlsplit  # noqa: PLC0415 - few requests are looked at so closely

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return None
    if ":" in host:
        host = f"[{host}]"
    return (
        f"{parts.scheme}://{host}"
        if port in {None, _DEFAULT_PORTS[parts.scheme]}
        else (f"{parts.scheme}://{host}:{port}")
    )
