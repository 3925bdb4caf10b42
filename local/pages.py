"""What a browser finds at this machine's own names: the console, or until it is built a page that says how."""

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
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


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    headers: Mapping[str, str]

    def answer(self, known_tag: str | None) -> Response:
        tag = f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'
        headers = {**self.headers, "ETag": tag}
        if known_tag == tag:
            return Response(status_code=304, headers=headers)
        return Response(self.content, media_type=self.media_type, headers=headers)


def make_pages(address: str, state_dir: Path, console: Path = CONSOLE) -> ASGIApp:
    """Return the application that serves the console's files as they are now.

    Without any, it serves one page whose examples call `address` and look into `state_dir`.
    """
    files = _console_files(console) if (console / "index.html").is_file() else _welcome_files(address, state_dir)
    has_console = "/config.json" in files

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        is_read = request.method in {"GET", "HEAD"}
        file = files.get(request.url.path)
        if file is None and has_console and is_read and _asks_for_page(request):
            file = files["/"]
        if file is None:
            response: Response = _problem(404)
        elif is_read:
            response = file.answer(request.headers.get("if-none-match"))
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
