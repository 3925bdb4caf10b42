"""Snippets as the API shows them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.limits import MAX_SNIPPET_EVENT_CHARS
from schemas.models.declared import Declared, Page, Shown


class SnippetExample(Declared):
    """The event that the code sends."""

    example: Annotated[str, StringConstraints(max_length=MAX_SNIPPET_EVENT_CHARS)] = Field(
        description="A JSON object, as text: its numbers, the order of its keys and repeated ones stay as they are.",
        examples=['{"event": "purchase", "price": 9.50}'],
    )


class Snippet(Shown):
    """A complete piece of code that sends one event."""

    id: str = Field(
        description="`pixel`, `curl`, `fetch`, `beacon`, `node`, `python`, `go`, `java`, `csharp`, `php` or `ruby`.",
        examples=["curl"],
    )
    label: str = Field(description="What people call it.", examples=["cURL"])
    language: str = Field(description="What a highlighter calls it.", examples=["sh"])
    code: str


class SnippetPage(Page):
    items: list[Snippet]
