"""What a browser finds at this machine's own names: the console, or until it is built a page that says so.

The console may be built while the instance runs, which does not wait for it: `make console` leaves a stamp when it is
done, and what a browser navigates to after that is the new one.
"""

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from operator import itemgetter
from pathlib import Path
from string import Template
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.problems import problem_document
from schemas.codes import Problem

CONSOLE = Path(__file__).parent.parent / "console" / "dist"

_WELCOME = Path(__file__).parent / "welcome"
_ICON = Path(__file__).parent.parent / "console" / "public" / "icon.svg"
_ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Styles that are set from code need 'unsafe-inline'; scripts come from files of this origin only.
_CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_WELCOME_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ASK_AGAIN = "no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"  # the name of an asset holds the checksum of its content
_CONFIG = {"sign_in": {"kind": "token"}}
_PROBLEMS = {
    404: (Problem.NOT_FOUND, "There is no such page."),
    405: (Problem.METHOD_NOT_ALLOWED, "Only GET and HEAD."),
}


_STAMPS = ".sources-*"
_COMPRESSED = ("text/", "application/json", "image/svg+xml")
_SMALLEST_COMPRESSED = 1_024


@dataclass(frozen=True)
class _File:
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
        return hashlib.sha256(self.content).hexdigest()[:32]

    def answer(self, request: Request) -> Response:
        packed = self.gzipped if "gzip" in request.headers.get("accept-encoding", "") else None
        tag = f'"{self.tag}{"" if packed is None else "-gzip"}"'
        headers = {**self.headers, "ETag": tag}
        if self.gzipped is not None:
            headers["Vary"] = "Accept-Encoding"
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if packed is not None:
            headers["Content-Encoding"] = "gzip"
        return Response(packed or self.content, media_type=self.media_type, headers=headers)


class _Files:
    """The files as they are served: read anew once a build has ended since."""

    def __init__(self, address: str, state_dir: Path, console: Path) -> None:
        self._welcome = _welcome_files(address, state_dir)
        self._console = console
        self._stamp = self._newest_stamp()
        self.files = self._read()

    @property
    def has_console(self) -> bool:
        return "/config.json" in self.files

    def look_again(self) -> None:
        stamp = self._newest_stamp()
        if stamp is not None and stamp != self._stamp:
            self._stamp, self.files = stamp, self._read()

    def _newest_stamp(self) -> tuple[str, int] | None:
        found = [(path.name, path.stat().st_mtime_ns) for path in self._console.glob(_STAMPS)]
        return max(found, key=itemgetter(1), default=None)

    def _read(self) -> dict[str, _File]:
        is_built = (self._console / "index.html").is_file()
        return _console_files(self._console) if is_built else self._welcome


def make_pages(address: str, state_dir: Path, console: Path = CONSOLE) -> ASGIApp:
    """Return the application that serves the console's files, as the last build left them.

    Without any, it serves one page whose examples call `address` and look into `state_dir`.
    """
    served = _Files(address, state_dir, console)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        is_read = request.method in {"GET", "HEAD"}
        asks_for_page = is_read and _asks_for_page(request)
        if asks_for_page:
            served.look_again()
        file = served.files.get(request.url.path)
        if file is None and asks_for_page and served.has_console:
            file = served.files["/"]
        if file is None:
            response: Response = _problem(404)
        elif is_read:
            response = file.answer(request)
        else:
            response = _problem(405, Allow="GET, HEAD")
        await response(scope, receive, send)

    return answer


def _asks_for_page(request: Request) -> bool:
    """Say whether a browser navigates: every page of the console is the same file, which reads its own address."""
    path = request.url.path
    return "text/html" in request.headers.get("accept", "") and "." not in path.rsplit("/", 1)[-1]


def _console_files(folder: Path) -> dict[str, _File]:
    headers = {**_ALWAYS, "Content-Security-Policy": _CONSOLE_POLICY}
    files = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("."):
            cache = _FOR_EVER if name.startswith("assets/") else _ASK_AGAIN
            files[f"/{name}"] = _File(path.read_bytes(), _media_type(name), {**headers, "Cache-Control": cache})
    files["/"] = files.pop("/index.html")
    config = json.dumps(_CONFIG).encode()
    files["/config.json"] = _File(config, "application/json", {**headers, "Cache-Control": _ASK_AGAIN})
    return files


def _welcome_files(address: str, state_dir: Path) -> dict[str, _File]:
    headers = {**_ALWAYS, "Content-Security-Policy": _WELCOME_POLICY, "Cache-Control": _ASK_AGAIN}
    template = Template((_WELCOME / "index.html").read_text("utf-8"))
    page = template.substitute(address=escape(address), state_dir=escape(str(state_dir)))
    return {
        "/": _File(page.encode(), "text/html; charset=utf-8", headers),
        "/style.css": _File((_WELCOME / "style.css").read_bytes(), "text/css; charset=utf-8", headers),
        "/icon.svg": _File(_ICON.read_bytes(), "image/svg+xml", headers),
    }


def _media_type(name: str) -> str:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if name.endswith(".js"):
        kind = "text/javascript"  # what some systems have registered otherwise, and browsers refuse then
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _problem(status: int, **headers: str) -> Response:
    code, message = _PROBLEMS[status]
    document = problem_document(code, message, str(uuid4()))
    headers = {**_ALWAYS, "Content-Security-Policy": _WELCOME_POLICY, "X-Request-Id": document["request_id"], **headers}
    return JSONResponse(document, status, headers, media_type="application/problem+json")
