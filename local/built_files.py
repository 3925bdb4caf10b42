"""A folder of built files as it is served: read once, and again after the next build has left its stamp."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Styles that are set from code need 'unsafe-inline'; scripts come from files of this origin only.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASK_AGAIN = "no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"  # the name of an asset holds the checksum of its content
_STAMPS = ".sources-*"
_COMPRESSED = ("text/", "application/json", "image/svg+xml")
_SMALLEST_COMPRESSED = 1_024


@dataclass(frozen=True)
class File:
    """What is answered at one path."""

    content: bytes
    media_type: str
    headers: Mapping[str, str]

    @cached_property
    def gzipped(self) -> bytes | None:
        """It compressed, made when it is first asked for; None where that saves nothing."""
        if not self.media_type.startswith(_COMPRESSED) or len(self.content) < _SMALLEST_COMPRESSED:
            return None
        return gzip.compress(self.content, mtime=0)

    @cached_property
    def tag(self) -> str:
        """What its ETag begins with."""
        return hashlib.sha256(self.content).hexdigest()[:32]

    def answer(self, request: Request, status: int = 200) -> Response:
        """Return it compressed for clients that read that; or 304 for clients that have it."""
        packed = self.gzipped if "gzip" in request.headers.get("accept-encoding", "") else None
        tag = f'"{self.tag}{"" if packed is None else "-gzip"}"'
        headers = {**self.headers, "ETag": tag}
        if self.gzipped is not None:
            headers["Vary"] = "Accept-Encoding"
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if packed is not None:
            headers["Content-Encoding"] = "gzip"
        return Response(packed or self.content, status, media_type=self.media_type, headers=headers)


class BuiltFiles:
    """The files of one build by their path below its folder; none until there is an `index.html`."""

    def __init__(self, folder: Path) -> None:
        """Read what the last build left."""
        self._folder = folder
        self._stamp = self._newest_stamp()
        self.files = self._read()

    def look_again(self) -> None:
        """Read them again if a build has ended since."""
        stamp = self._newest_stamp()
        if stamp is not None and stamp != self._stamp:
            self._stamp, self.files = stamp, self._read()

    def _newest_stamp(self) -> tuple[str, int] | None:
        found = [(path.name, path.stat().st_mtime_ns) for path in self._folder.glob(_STAMPS)]
        return max(found, key=itemgetter(1), default=None)

    def _read(self) -> dict[str, File]:
        if not (self._folder / "index.html").is_file():
            return {}
        found = ((path.relative_to(self._folder).as_posix(), path) for path in self._folder.rglob("*"))
        return {
            name: make_file(name, path.read_bytes(), _FOR_EVER if name.startswith("assets/") else ASK_AGAIN)
            for name, path in found
            if path.is_file() and not name.startswith(".")
        }


def make_file(name: str, content: bytes, cache: str = ASK_AGAIN) -> File:
    """Return a file with the headers of the console and the docs."""
    headers = {**ALWAYS, "Content-Security-Policy": _POLICY, "Cache-Control": cache}
    return File(content, _media_type(name), headers)


def _media_type(name: str) -> str:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if name.endswith(".js"):
        kind = "text/javascript"  # what some systems have registered otherwise, and browsers refuse then
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
