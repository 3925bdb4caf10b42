"""Stored items as ingest knows them: to be read, by their key.

Apart from the catalog's port on purpose: what ingest ships holds nothing of the catalog, so that no decision of the
latter can change a byte of the former.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from schemas.items import ItemKey


class Item(NamedTuple):
    """One stored item; `version` starts at 1 and grows by one with every put."""

    key: ItemKey
    version: int
    data: dict[str, Any]


class Conflict(Exception):  # noqa: N818
    """A transaction whose conditions did not hold; nothing of it was done.

    `failed` holds the indexes of the writes whose condition failed, at least one.
    """

    def __init__(self, failed: Sequence[int]) -> None:
        super().__init__(f"conditions failed: {list(failed)}")
        self.failed = list(failed)


class ItemReader(Protocol):
    """All that ingest needs of the catalog. Raises `Undelivered` when the catalog can't be reached."""

    def get(self, key: ItemKey) -> Item | None: ...
