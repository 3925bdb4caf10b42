"""Serves the client for pages: `/js/ingest.js`, and under a name with its checksum for ever."""

import gzip

from domain.client_script import HASH, SCRIPT
from domain.http import HttpRequest, HttpResponse
from domain.intake.addresses import SCRIPTS

_READING = frozenset({"GET", "HEAD"})
_NAME = "ingest"
_SECONDS_BY_NAME = {f"{_NAME}.js": "3600", f"{_NAME}.{HASH}.js": "31536000, immutable"}
_PLAIN = SCRIPT.encode()
_COMPRESSED = gzip.compress(_PLAIN, mtime=0)


def script_answer(request: HttpRequest, route: str) -> HttpResponse | None:
    """Return the script if what is read is one of its names; every page may load it, whatever the environment."""
    seconds = _SECONDS_BY_NAME.get(route.removeprefix(SCRIPTS))
    if seconds is None or request.method not in _READING:
        return None
    headers = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": f"public, max-age={seconds}",
        "Vary": "Accept-Encoding",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request.request_id,
    }
    body = _PLAIN
    if "gzip" in request.headers.get("accept-encoding", "").lower():
        body = _COMPRESSED
        headers["Content-Encoding"] = "gzip"
    return HttpResponse(200, headers, b"" if request.method == "HEAD" else body)
