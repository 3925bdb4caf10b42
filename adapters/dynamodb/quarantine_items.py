"""Where the quarantine's counts stand in the counters' table, and how they are added to.

    QUARANTINE#<environment>      <hour>#<digest of the group>    one group of one hour
    QUARANTINE_OBJECT#<digest>    OBJECT, PART#<n>                that an object was counted; its lines that were sent
    REDRIVE_OBJECT#<id>#<digest>  OBJECT, PART#<n>                that a redrive is through with an object
    REDRIVE#<id>                  SUM#<shard>                     what a redrive has done

Every item expires some time after its hour is kept no longer.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from adapters.dynamodb.definition import PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.reading import key_attributes
from domain.quarantine.ports import Group, GroupKey, Progress
from schemas.items import ItemKey

SUM_SHARDS = 16
OBJECT = "OBJECT"
LINES = "lines"
VERSION = "version"

_CODE = "code."
_CHANGED = "changed."
_SUMS = ("objects", "matched", "valid", "sent", "invalid", "truncated")
_NAMES = {"#pk": PARTITION_KEY}
ABSENT = "attribute_not_exists(#pk)"


def digest_of(object_key: str) -> str:
    return sha256(object_key.encode()).hexdigest()[:32]


def group_item_key(environment_id: str, hour: int, key: GroupKey) -> ItemKey:
    parts = key[:3] if not key.event_name else ("named", str(len(key.event_name)), key.event_name, *key[:3])
    digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return ItemKey(groups_partition(environment_id), f"{hour_text(hour)}#{digest}")


def groups_partition(environment_id: str) -> str:
    return f"QUARANTINE#{environment_id}"


def hour_text(hour: int) -> str:
    return f"{hour:015}"


def object_item_key(digest: str, sort_key: str = OBJECT) -> ItemKey:
    return ItemKey(f"QUARANTINE_OBJECT#{digest}", sort_key)


def settled_item_key(redrive_id: str, digest: str, sort_key: str = OBJECT) -> ItemKey:
    return ItemKey(f"REDRIVE_OBJECT#{redrive_id}#{digest}", sort_key)


def sums_partition(redrive_id: str) -> str:
    return f"REDRIVE#{redrive_id}"


def group_from(item: Attributes) -> Group:
    key = GroupKey(item["revision_id"]["S"], item["code"]["S"], item["pointer"]["S"], _text(item, "event_name"))
    return Group(
        int(item[SORT_KEY]["S"].partition("#")[0]),
        key,
        int(item["events"]["N"]),
        int(item["redriven"]["N"]) if "redriven" in item else 0,
        item["first_seen"]["S"],
        item["last_seen"]["S"],
        item["first_object"]["S"],
        item["last_object"]["S"],
    )


def _text(item: Attributes, name: str) -> str:
    text: str = item[name]["S"] if name in item else ""
    return text


def progress_from(item: Attributes) -> Progress:
    sums = {name: int(item[name]["N"]) if name in item else 0 for name in _SUMS}
    return Progress(**sums, codes=_numbers(item, _CODE), changed=_numbers(item, _CHANGED))


def _numbers(item: Attributes, prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): int(value["N"]) for name, value in item.items() if name.startswith(prefix)}


def marker(table: str, key: ItemKey, expires_at: int, **attributes: Attributes) -> Attributes:
    """Return the write that puts an item which must not be there yet."""
    item = {**key_attributes(key), TTL_ATTRIBUTE: {"N": str(expires_at)}, **attributes}
    return {
        "Put": {"TableName": table, "Item": item, "ConditionExpression": ABSENT, "ExpressionAttributeNames": _NAMES}
    }


def group_update(table: str, environment_id: str, group: Group, before: Group | None, expires_at: int) -> Attributes:
    """Return the write that adds a group of an object, where `before` is what was read of it."""
    first, last = group.first_seen, group.last_seen
    if before is not None:
        first, last = min(first, before.first_seen), max(last, before.last_seen)
    values = {
        "revision_id": group.key.revision_id,
        "code": group.key.code,
        "pointer": group.key.pointer,
        "first_seen": first,
        "last_seen": last,
        "last_object": group.last_object,
    }
    if group.key.event_name:
        values["event_name"] = group.key.event_name
    names = {f"#{name}": name for name in values}
    terms = ", ".join(f"#{name} = :{name}" for name in values)
    return {
        "Update": {
            "TableName": table,
            "Key": key_attributes(group_item_key(environment_id, group.hour, group.key)),
            "UpdateExpression": (
                f"SET {terms}, #first_object = if_not_exists(#first_object, :last_object), #ttl = :ttl"
                " ADD #events :events"
            ),
            "ExpressionAttributeNames": {
                **names,
                "#first_object": "first_object",
                "#events": "events",
                "#ttl": TTL_ATTRIBUTE,
            },
            "ExpressionAttributeValues": {
                **{f":{name}": {"S": value} for name, value in values.items()},
                ":events": {"N": str(group.events)},
                ":ttl": {"N": str(expires_at)},
            },
        }
    }


def counts_update(table: str, key: ItemKey, counts: Mapping[str, int], expires_at: int | None = None) -> Attributes:
    """Return the write that adds numbers to an item."""
    names = {f"#n{number}": name for number, name in enumerate(counts)}
    values: dict[str, Any] = {f":n{number}": {"N": str(count)} for number, count in enumerate(counts.values())}
    expression = "ADD " + ", ".join(f"#n{number} :n{number}" for number in range(len(counts)))
    if expires_at is not None:
        expression = f"SET #ttl = :ttl {expression}"
        names["#ttl"] = TTL_ATTRIBUTE
        values[":ttl"] = {"N": str(expires_at)}
    return {
        "Update": {
            "TableName": table,
            "Key": key_attributes(key),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
    }


def progress_counts(progress: Progress) -> dict[str, int]:
    """Return progress as the numbers of an item."""
    sums = {name: getattr(progress, name) for name in _SUMS}
    codes = {f"{_CODE}{code}": count for code, count in progress.codes.items()}
    return sums | codes | {f"{_CHANGED}{repair}": count for repair, count in progress.changed.items()}
