"""What a browser finds at this machine's own names: one page that says where everything is."""

from html import escape
from pathlib import Path
from string import Template

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain.problems import problem_document
from schemas.codes import Problem

_FOLDER = Path(__file__).parent / "welcome"
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PROBLEMS = {
    404: (Problem.NOT_FOUND, "There is no such page."),
    405: (Problem.METHOD_NOT_ALLOWED, "Only GET and HEAD."),
}


def make_pages(address: str, state_dir: Path) -> Starlette:
    """Return the application that serves the page; its examples call `address` and look into `state_dir`."""
    template = Template((_FOLDER / "index.html").read_text("utf-8"))
    page = template.substitute(address=escape(address), state_dir=escape(str(state_dir)))
    files = {
        "/": (page.encode(), "text/html; charset=utf-8"),
        "/style.css": ((_FOLDER / "style.css").read_bytes(), "text/css; charset=utf-8"),
        "/icon.svg": ((_FOLDER / "icon.svg").read_bytes(), "image/svg+xml"),
    }

    async def answer(request: Request) -> Response:
        body, media_type = files[request.url.path]
        return Response(body, media_type=media_type, headers=_HEADERS)

    return Starlette(
        routes=[Route(path, answer, methods=["GET"]) for path in files],
        exception_handlers={404: _problem, 405: _problem},
    )


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = _PROBLEMS[error.status_code]
    document = problem_document(code, message, "")
    del document["request_id"]
    headers = {**_HEADERS, **(error.headers or {})}
    return JSONResponse(document, error.status_code, headers, media_type="application/problem+json")
