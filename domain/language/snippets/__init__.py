"""Code that sends one event to an environment, in many languages, to be pasted and run as it stands."""

from collections.abc import Callable
from typing import NamedTuple

from domain.language.snippets import programs
from domain.language.snippets.example_text import text_from_event, text_from_written
from schemas.limits import MAX_SNIPPET_EVENT_CHARS

__all__ = ["Snippet", "make_snippets", "text_from_event", "text_from_written"]

# Ingest takes 10,240 bytes of request line and headers together; browsers send some 2,000 of the latter.
MAX_PIXEL_URL_CHARS = 8_000


class Snippet(NamedTuple):
    """One way of sending; `language` is what a highlighter calls it."""

    id: str
    label: str
    language: str
    code: str


_WAYS: tuple[tuple[str, str, str, Callable[[str, str], str]], ...] = (
    ("pixel", "HTML pixel", "html", programs.pixel),
    ("curl", "cURL", "sh", programs.curl),
    ("fetch", "JavaScript fetch", "js", programs.fetch),
    ("beacon", "JavaScript sendBeacon", "js", programs.beacon),
    ("script", "Client for pages", "html", programs.script),
    ("node", "Node.js", "js", programs.node),
    ("node_client", "Client for Node.js", "js", programs.node_client),
    ("python", "Python", "python", programs.python),
    ("python_client", "Client for Python", "python", programs.python_client),
    ("go", "Go", "go", programs.go),
    ("java", "Java", "java", programs.java),
    ("csharp", "C#", "csharp", programs.csharp),
    ("php", "PHP", "php", programs.php),
    ("ruby", "Ruby", "ruby", programs.ruby),
)


def make_snippets(address: str, text: str) -> list[Snippet]:
    """Return every snippet that can carry the event; the pixel, or all, are left out where it is too large.

    Args:
        address: where events go, with a query if it needs one; printable ASCII.
        text: of the event, as `text_from_event` and `text_from_written` return it.
    """
    for given in (address, text):
        if not given.isascii() or not given.isprintable():
            raise ValueError("only printable ASCII can be written into a snippet")
    if len(text) > MAX_SNIPPET_EVENT_CHARS:
        return []
    pixel_fits = len(address) + 1 + len(programs.pixel_query(text)) <= MAX_PIXEL_URL_CHARS
    return [
        Snippet(snippet_id, label, language, write(address, text))
        for snippet_id, label, language, write in _WAYS
        if pixel_fits or snippet_id != "pixel"
    ]
