"""The query parameters that several routes share."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from domain.language.typed_code import Language
from schemas.limits import MAX_KEY_CHARS, MAX_PAGE_ITEMS

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE_ITEMS, description="Items on a page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]
When = Annotated[
    str | None,
    Query(
        max_length=MAX_KEY_CHARS,
        description="Key of a root field with `when`: the example is an event in which that field is in force.",
    ),
]
TypesLanguage = Annotated[Language, Query(description="What the types are written in.")]
Confirm = Annotated[str | None, Query(description="The exact name of what is deleted.")]
