"""What a browser finds at this machine's own names: the console and the docs, or a page that says they are not built.

Both may be built while the instance runs, which does not wait for them: `make console` and `make docs` leave a stamp
when they are done, and what a browser navigates to after that is the new one.
"""

import json
from html import escape
from pathlib import Path
from string import Template
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.problems import problem_document
from local.built_files import ALWAYS, ASK_AGAIN, BuiltFiles, File, make_file
from schemas.codes import Problem

_ROOT = Path(__file__).parent.parent
CONSOLE = _ROOT / "console" / "dist"
DOCS = _ROOT / "site" / "dist"

_WELCOME = Path(__file__).parent / "welcome"
_ICON = _ROOT / "console" / "public" / "icon.svg"
_WELCOME_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CONFIG = {"sign_in": {"kind": "token"}}
_PROBLEMS = {
    404: (Problem.NOT_FOUND, "There is no such page."),
    405: (Problem.METHOD_NOT_ALLOWED, "Only GET and HEAD."),
}
_DOCS = "/docs"


class _Console:
    def __init__(self, address: str, state_dir: Path, folder: Path) -> None:
        self._built = BuiltFiles(folder)
        self._welcome = _welcome_files(address, state_dir)

    def answer(self, request: Request, *, asks_for_page: bool) -> Response | None:
        """Return a file; every page is the same one, which reads its own address."""
        if asks_for_page:
            self._built.look_again()
        name = request.url.path.removeprefix("/") or "index.html"
        if not self._built.files:
            file = self._welcome.get(name)
        elif name == "config.json":
            file = make_file(name, json.dumps(_CONFIG).encode())
        else:
            file = self._built.files.get(name) or (self._built.files["index.html"] if asks_for_page else None)
        return None if file is None else file.answer(request)


class _Docs:
    def __init__(self, folder: Path) -> None:
        self._built = BuiltFiles(folder)
        self._unbuilt = {
            name: _welcome_file(name, (_WELCOME / name).read_bytes()) for name in ("docs.html", "style.css")
        }

    def answer(self, request: Request, *, asks_for_page: bool) -> Response | None:
        """Return a file; a page is a file whose name ends in .html, which its address does without."""
        if asks_for_page:
            self._built.look_again()
        files = self._built.files or self._unbuilt
        path = request.url.path.removeprefix(f"{_DOCS}/")
        for name in (path, f"{path}.html", f"{path}index.html"):
            if name in files:
                return files[name].answer(request)
        if not asks_for_page:
            return None
        return files["404.html"].answer(request, 404) if self._built.files else files["docs.html"].answer(request, 503)


def make_pages(address: str, state_dir: Path, console: Path = CONSOLE, docs: Path = DOCS) -> ASGIApp:
    """Return the application that serves the files of the console and of the docs, as their last builds left them.

    Without a console, it serves one page whose examples call `address` and look into `state_dir`.
    """
    served_console, served_docs = _Console(address, state_dir, console), _Docs(docs)

    def found(request: Request) -> Response | None:
        path = request.url.path
        if path == _DOCS and _is_named_as_a_page(request):
            return RedirectResponse(f"{_DOCS}/", headers={**ALWAYS, "Cache-Control": ASK_AGAIN})
        if path.startswith(f"{_DOCS}/"):  # each page has an address of its own, for curl too
            return served_docs.answer(request, asks_for_page=_is_named_as_a_page(request))
        return served_console.answer(request, asks_for_page=_navigates(request))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        response = found(request) or _problem(404)
        if request.method not in {"GET", "HEAD"} and response.status_code < 400:
            response = _problem(405, Allow="GET, HEAD")
        await response(scope, receive, send)

    return answer


def _is_named_as_a_page(request: Request) -> bool:
    return request.method in {"GET", "HEAD"} and "." not in request.url.path.rsplit("/", 1)[-1]


def _navigates(request: Request) -> bool:
    """Say whether a browser navigates."""
    return _is_named_as_a_page(request) and "text/html" in request.headers.get("accept", "")


def _welcome_files(address: str, state_dir: Path) -> dict[str, File]:
    template = Template((_WELCOME / "index.html").read_text("utf-8"))
    page = template.substitute(address=escape(address), state_dir=escape(str(state_dir)))
    return {
        "index.html": _welcome_file("index.html", page.encode()),
        "style.css": _welcome_file("style.css", (_WELCOME / "style.css").read_bytes()),
        "icon.svg": _welcome_file("icon.svg", _ICON.read_bytes()),
    }


def _welcome_file(name: str, content: bytes) -> File:
    file = make_file(name, content)
    return File(content, file.media_type, {**file.headers, "Content-Security-Policy": _WELCOME_POLICY})


def _problem(status: int, **headers: str) -> Response:
    code, message = _PROBLEMS[status]
    document = problem_document(code, message, str(uuid4()))
    headers = {**ALWAYS, "Content-Security-Policy": _WELCOME_POLICY, "X-Request-Id": document["request_id"], **headers}
    return JSONResponse(document, status, headers, media_type="application/problem+json")
