"""The catalog's one port: a table of versioned JSON items with conditional, all-or-nothing writes.

Every invariant of the catalog is expressed as conditions on items (`expect`), so that both adapters, SQLite and
DynamoDB, hold it with their own means and concurrent writers can't break it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.items import Conflict, Item, ItemReader
from schemas.items import ItemKey

__all__ = ["Check", "Conflict", "Delete", "Item", "ItemReader", "Put", "Table", "Write"]

MAX_WRITES_PER_TRANSACTION = 100
"""DynamoDB's bound: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""


@dataclass(frozen=True, slots=True)
class Put:
    """Store `data` as version `expect + 1`, if the item's version is `expect` now (0: there is no such item).

    `expires_at` (Unix seconds): the item may vanish after that time; a reader never sees it later.
    """

    key: ItemKey
    data: Mapping[str, Any]
    expect: int
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the item if its version is `expect` now."""

    key: ItemKey
    expect: int


@dataclass(frozen=True, slots=True)
class Check:
    """Change nothing; the transaction holds only if the item's version is `expect` now (0: absent)."""

    key: ItemKey
    expect: int


Write = Put | Delete | Check


class Table(ItemReader, Protocol):
    """The whole port. Reads see every write that was done before them."""

    def get_all(self, keys: Sequence[ItemKey]) -> list[Item]:
        """Return those of the items that are there, in the order of their keys; reads many at once."""
        ...

    def query(
        self, pk: str, *, prefix: str = "", after: str | None = None, limit: int = 50, descending: bool = False
    ) -> list[Item]:
        """Return up to `limit` items of the group `pk` whose `sk` starts with `prefix`, in order of `sk`.

        `after` is the last `sk` of the page before, exclusive, in the direction of the walk.
        """
        ...

    def transact(self, writes: Sequence[Write]) -> None:
        """Do all writes or none; at most `MAX_WRITES_PER_TRANSACTION`, each on another item.

        Raises:
            Conflict: a condition did not hold.
            ValueError: too many writes, or two on one item.
        """
        ...
