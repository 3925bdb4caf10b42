"""Lists, a page at a time."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.errors import Rejected
from domain.records.ports import Item, Table
from schemas.codes import Problem
from schemas.limits import DEFAULT_PAGE_ITEMS


def cursor_from(sort_key: str) -> str:
    """Return the cursor of the page that starts after the item of this sort key."""
    return base64.urlsafe_b64encode(sort_key.encode()).decode().rstrip("=")


def sort_key_from(cursor: str, prefix: str) -> str:
    """Return the sort key that a cursor was made of; `Rejected` (invalid_request) if it is none of this list."""
    try:
        sort_key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        sort_key = ""
    if len(sort_key) <= len(prefix) or not sort_key.startswith(prefix) or not sort_key.isprintable():
        raise _bad_cursor()
    return sort_key


def _bad_cursor() -> Rejected:
    return Rejected(
        Problem.INVALID_REQUEST,
        "The cursor is not one of this list; take it from `next` of the page before.",
        errors=[{"pointer": "/cursor", "code": "cursor", "message": "Is not a cursor of this list."}],
    )


def page_of(rows: Sequence[Mapping[str, Any]], *, limit: int, cursor: str | None, by: str = "id") -> dict[str, Any]:
    """Return `{"items", "next"}` of a short list that was read whole; `by` is the key that tells its rows apart.

    Raises:
        Rejected: the cursor is none of this list, or the row that it stands for is gone.
    """
    start = 0
    if cursor is not None:
        last = sort_key_from(cursor, "")
        start = next((number for number, row in enumerate(rows, 1) if row[by] == last), 0)
        if not start:
            raise _bad_cursor()
    page = rows[start : start + limit]
    return {"items": page, "next": cursor_from(page[-1][by]) if start + limit < len(rows) else None}


def read_page(
    table: Table,
    group: str,
    prefix: str,
    show: Callable[[Item], dict[str, Any]],
    *,
    limit: int = DEFAULT_PAGE_ITEMS,
    cursor: str | None = None,
    descending: bool = False,
) -> dict[str, Any]:
    """Return `{"items", "next"}` of the items in `group` whose sort keys start with `prefix`."""

    def show_all(items: Sequence[Item]) -> list[dict[str, Any]]:
        return [show(item) for item in items]

    return read_page_together(table, group, prefix, show_all, limit=limit, cursor=cursor, descending=descending)


def read_page_together(
    table: Table,
    group: str,
    prefix: str,
    show_all: Callable[[Sequence[Item]], list[dict[str, Any]]],
    *,
    limit: int = DEFAULT_PAGE_ITEMS,
    cursor: str | None = None,
    descending: bool = False,
) -> dict[str, Any]:
    """Return as `read_page` does; `show_all` gets all items of the page, to read what stands beside them at once."""
    after = None if cursor is None else sort_key_from(cursor, prefix)
    items = table.query(group, prefix=prefix, after=after, limit=limit + 1, descending=descending)
    following = cursor_from(items[limit - 1].key.sk) if len(items) > limit else None
    return {"items": show_all(items[:limit]), "next": following}
