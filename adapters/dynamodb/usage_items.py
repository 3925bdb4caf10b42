"""Where sums of usage stand in DynamoDB, and how something is added to them.

Every row is added on three levels, so that whatever is asked for is one series that is read in order: to its
environment, to its endpoint, and to its organisation; and in three slices. On the first two levels a slice has an item
per revision, which are few at a time; the third has one item for all.

Each handler writes to one shard of all series, and a reader adds up all shards: `SHARDS` is how much more an item can
take for it. `docs/decisions/` has the arithmetic.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from adapters.dynamodb.definition import SORT_KEY, TTL_ATTRIBUTE
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.reading import key_attributes
from domain.metering.ports import COUNTS, UsageScope, UsageSums
from domain.metering.slices import KEPT_SECONDS, STORED, Slice, kept_from
from schemas.items import ItemKey

SHARDS = 8
"""Never less than it ever was in a deployment, or sums would be missed that are there."""
ROWS_PER_TRANSACTION = 10
"""A row is nine additions, and DynamoDB takes 100 writes in a transaction."""

ORGANISATIONS = "USAGE_ORGANISATIONS"
_CODE = "code."
_PROTOCOL = "protocol."
_MARGIN_SECONDS = -kept_from(Slice.MINUTE, 0) - KEPT_SECONDS[Slice.MINUTE]


class Owner(NamedTuple):
    """Whose environment it is."""

    organisation_id: str
    endpoint_id: str


def owner_key(environment_id: str) -> ItemKey:
    return ItemKey(f"USAGE_OWNER#{environment_id}", "OWNER")


def waiting_group(environment_id: str) -> str:
    """Return where that stands which waits until it is known whose the environment is."""
    return f"USAGE_WAITING#{environment_id}"


def partitions(scope: UsageScope, stored: Slice) -> list[str]:
    """Return the partition keys of all shards of the series that holds what a scope asks for."""
    return [f"{_series(scope)}#{stored}#{shard}" for shard in range(SHARDS)]


def range_bounds(start: int, end: int) -> tuple[str, str]:
    """Return the first and the last sort key, both inclusive, of the slices that start in `[start, end)`."""
    return _moment(start), _moment(end)


def at_of(attributes: Attributes) -> int:
    return int(attributes[SORT_KEY]["S"].partition("#")[0])


def revision_of(attributes: Attributes) -> str:
    return str(attributes[SORT_KEY]["S"].partition("#")[2])


def counts_of(attributes: Attributes) -> dict[str, int]:
    return {name: int(attributes[name]["N"]) for name in COUNTS if name in attributes}


def codes_of(attributes: Attributes) -> dict[str, int]:
    return {name.removeprefix(_CODE): int(value["N"]) for name, value in attributes.items() if name.startswith(_CODE)}


def protocols_of(attributes: Attributes) -> Iterator[tuple[str, str, int]]:
    """Return counts by protocol and outcome."""
    for name, value in attributes.items():
        if name.startswith(_PROTOCOL):
            protocol, _, outcome = name.removeprefix(_PROTOCOL).partition(".")
            yield protocol, outcome, int(value["N"])


def additions(table: str, rows: Sequence[UsageSums], owner_of: Mapping[str, Owner], shard: int) -> list[Attributes]:
    """Return the updates of a transaction that adds rows, one for each item that they touch."""
    sums: dict[tuple[str, str], Counter[str]] = {}
    expiry: dict[tuple[str, str], int] = {}
    for row in rows:
        added = _added(row)
        for stored in STORED:
            at = stored.start_of(row.minute)
            for series, revision_id in _levels(row, owner_of[row.environment_id]):
                key = (f"{series}#{stored}#{shard}", f"{_moment(at)}#{revision_id}")
                sums.setdefault(key, Counter()).update(added)
                expiry[key] = at + KEPT_SECONDS[stored] + _MARGIN_SECONDS
    return [_update(table, key, added, expiry[key]) for key, added in sums.items()]


def object_expiry(rows: Sequence[UsageSums]) -> int:
    """Return until when (Unix seconds) an object has to be remembered that holds these rows."""
    return max((row.minute for row in rows), default=0) + KEPT_SECONDS[Slice.MINUTE] + _MARGIN_SECONDS


def _series(scope: UsageScope) -> str:
    if scope.environment_id is not None:
        return f"USAGE_ENVIRONMENT#{scope.organisation_id}#{scope.environment_id}"
    if scope.endpoint_id is not None:
        return f"USAGE_ENDPOINT#{scope.organisation_id}#{scope.endpoint_id}"
    return f"USAGE_ORGANISATION#{scope.organisation_id}"


def _levels(row: UsageSums, owner: Owner) -> Iterator[tuple[str, str]]:
    scope = UsageScope(owner.organisation_id)
    yield _series(scope), ""
    yield _series(scope._replace(endpoint_id=owner.endpoint_id)), row.revision_id
    yield _series(scope._replace(environment_id=row.environment_id)), row.revision_id


def _moment(at: int) -> str:
    return f"{at:015}"


def _added(row: UsageSums) -> dict[str, int]:
    counts = {name: count for name in COUNTS if (count := getattr(row, name))}
    codes = {f"{_CODE}{code}": count for code, count in row.codes.items()}
    protocols = {
        f"{_PROTOCOL}{protocol}.{outcome}": count
        for protocol, outcomes in row.protocols.items()
        for outcome, count in outcomes.items()
    }
    return counts | codes | protocols


def _update(table: str, key: tuple[str, str], added: Mapping[str, int], expires_at: int) -> Attributes:
    # An attribute's name holds a dot and words that DynamoDB reserves: all go by a name of ours.
    names = {f"#n{number}": name for number, name in enumerate(added)}
    values = {f":n{number}": {"N": str(count)} for number, count in enumerate(added.values())}
    terms = ", ".join(f"#n{number} :n{number}" for number in range(len(added)))
    return {
        "Update": {
            "TableName": table,
            "Key": key_attributes(ItemKey(*key)),
            "UpdateExpression": f"SET #ttl = :ttl{' ADD ' if added else ''}{terms}",
            "ExpressionAttributeNames": {"#ttl": TTL_ATTRIBUTE, **names},
            "ExpressionAttributeValues": {":ttl": {"N": str(expires_at)}, **values},
        }
    }
