"""Snippets as the API shows them."""

from pydantic import Field

from schemas.models.declared import Page, Shown


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
    """Always one page: `next` is null."""

    items: list[Snippet]
