"""Who has an e-mail address: members by it, in every organisation that has invited it.

Items of earlier versions stand under a digest of the address with all letters folded, by which different addresses
could be one; they are found there, and count if the member's address is the same.
"""

from collections.abc import Iterator
from hashlib import sha256

from domain.records import keys
from domain.records.ports import Item, Table
from schemas.addresses import comparable
from schemas.items import ItemKey

MAX_READ = 200


def email_key(email: str, organisation_id: str) -> ItemKey:
    """Return where it stands which member of an organisation has an address."""
    return ItemKey(_group(email), organisation_id)


def email_item(table: Table, email: str, organisation_id: str) -> Item | None:
    """Return the item that says which member of an organisation has an address, if one does."""
    for group in _groups(email):
        item = table.get(ItemKey(group, organisation_id))
        if item is not None and _member(table, item, email) is not None:
            return item
    return None


def members_with(table: Table, email: str) -> Iterator[tuple[str, Item]]:
    """Yield the organisation and the member of each that has an address; at most 200 organisations are looked at."""
    for group in _groups(email):
        for item in table.query(group, limit=MAX_READ):
            member = _member(table, item, email)
            if member is not None:
                yield item.key.sk, member


def is_same(one: str, other: str) -> bool:
    """Say whether two addresses are the same."""
    return comparable(one) == comparable(other)


def _member(table: Table, item: Item, email: str) -> Item | None:
    member = table.get(keys.member_key(item.key.sk, item.data["member_id"]))
    return member if member is not None and is_same(member.data["email"], email) else None


def _groups(email: str) -> list[str]:
    return list(dict.fromkeys((_group(email), f"EMAIL#{keys.name_digest(email)}")))


def _group(email: str) -> str:
    return f"EMAIL#{sha256(comparable(email).encode()).hexdigest()}"
