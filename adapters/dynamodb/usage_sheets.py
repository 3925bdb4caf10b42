"""Sheets in DynamoDB: what was taken of many handlers' tallies, which waits to be folded into the sums.

    USAGE_TALLY#<id>        TALLY               that a tally was taken
    USAGE_SHEETS#<n>        <time>#<random>     a sheet: the rows of many tallies, added up
    USAGE_SET_ASIDE         <time>#<random>     rows that could not be added to the sums

A sheet is written in one transaction with a marker of each of its tallies: one that comes again finds its marker.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.reading import get_stored, key_attributes
from adapters.dynamodb.usage_sums import DynamoUsageSums
from adapters.tallies import MAX_TALLY_BYTES, Tally, packed, tally_from, unpacked
from domain.clock import Clock
from domain.errors import Undelivered
from domain.fault_log import place_of_fault
from domain.items import Conflict
from domain.late_log import LateLog
from domain.metering.adding_up import added_up
from domain.metering.ports import UsageSums
from schemas.items import ItemKey

PARTITIONS = 4
"""Of sheets: a partition takes 1,000 write units a second. Never less than it ever was in a deployment."""
TALLIES_PER_SHEET = 90
"""Their markers and the sheet go in one transaction, which takes 100 writes."""
MAX_SHEET_BYTES = 300_000
"""As stored; an item takes 400 KiB."""
MAX_SHEET_TEXT_BYTES = 2_000_000
"""Of its rows as JSON."""
MAX_TURN_BYTES = 20_000_000
"""Of the rows that a turn adds up, as JSON: some 200 MB of memory."""
SHEETS_PER_PARTITION = 10
"""That one turn takes; of those it reads as many as come in one answer, a megabyte."""
_TALLY_KEPT_SECONDS = 31 * 86_400
"""Longer than a message can come again: a queue keeps one for 14 days, and its dead letter for 14 more."""
_SET_ASIDE_KEPT_SECONDS = 90 * 86_400
_NS = 1_000_000_000

_log = LateLog(__name__)


class Sheet(NamedTuple):
    name: str
    """Number of the partition, `#`, sort key."""
    data: bytes
    text_bytes: int


class DynamoUsageSheets:
    """The sheets of one table; safe to use from several threads."""

    def __init__(
        self, call: Call, table: str, clock: Clock, *, tell: Callable[[str], object], draw: Callable[[], uuid.UUID]
    ) -> None:
        """Take a call, the table's name, the time, what is told why rows are set aside, and a source of ids."""
        self._call = call
        self._table = table
        self._clock = clock
        self._tell = tell
        self._draw = draw
        self._sums = DynamoUsageSums(call, table)

    def take(self, texts: Sequence[str]) -> list[bool]:
        """Take the messages of tallies; return for each whether it is taken, now or before, and so done with."""
        taken = [False] * len(texts)
        places: dict[str, list[int]] = {}
        tallies: dict[str, Tally] = {}
        for place, text in enumerate(texts):
            try:
                tally = tally_from(text)
                unpacked(tally.rows, MAX_TALLY_BYTES)
            except ValueError:
                _log.error("a tally can't be read")
                continue
            tallies[tally.tally_id] = tally
            places.setdefault(tally.tally_id, []).append(place)
        waiting = list(tallies.values())
        for start in range(0, len(waiting), TALLIES_PER_SHEET):
            try:
                kept = self._keep(waiting[start : start + TALLIES_PER_SHEET])
            except Exception as error:  # noqa: BLE001 - some must not hold up the others
                _log.error("tallies can't be taken: %s", place_of_fault(error))
                continue
            for place in (place for tally_id in kept for place in places[tally_id]):
                taken[place] = True
        return taken

    def _keep(self, tallies: Sequence[Tally]) -> list[str]:
        """Write tallies as one sheet, or as some where it would be too large; return the ids of those that are kept."""
        left = list(tallies)
        done: list[str] = []
        while left:
            rows = added_up(row for tally in left for row in unpacked(tally.rows, MAX_TALLY_BYTES))
            data, text_bytes = packed(rows)
            if len(left) > 1 and (len(data) > MAX_SHEET_BYTES or text_bytes > MAX_SHEET_TEXT_BYTES):
                half = len(left) // 2
                return [*done, *self._keep(left[:half]), *self._keep(left[half:])]
            try:
                self._write_sheet(data, text_bytes, [tally.tally_id for tally in left])
            except Conflict as conflict:
                known = {place - 1 for place in conflict.failed}
                done += [tally.tally_id for place, tally in enumerate(left) if place in known]
                left = [tally for place, tally in enumerate(left) if place not in known]
            except Undelivered as error:
                _log.warning("%s tallies are taken later: %s", len(left), error)
                return done
            else:
                return [*done, *(tally.tally_id for tally in left)]
        return done

    def _write_sheet(self, data: bytes, text_bytes: int, tally_ids: Sequence[str]) -> None:
        now = self._clock()
        random = self._draw()
        key = _sheet_key(f"{random.int % PARTITIONS}#{now // 1_000_000:015}#{random.hex}")
        sheet = {**key_attributes(key), "rows": {"B": data}, "text_bytes": {"N": str(text_bytes)}}
        expiry = {TTL_ATTRIBUTE: {"N": str(now // _NS + _TALLY_KEPT_SECONDS)}}
        markers = [{**key_attributes(ItemKey(f"USAGE_TALLY#{tally_id}", "TALLY")), **expiry} for tally_id in tally_ids]
        self._sums.write([self._sums.put(item) for item in (sheet, *markers)])

    def read(self) -> tuple[list[Sheet], bool]:
        """Return sheets that wait, the oldest of each partition first, and whether they are all there are."""
        sheets: list[Sheet] = []
        are_all, size = True, 0
        for number in range(PARTITIONS):
            answer = self._call(
                "query",
                {
                    "TableName": self._table,
                    "ConsistentRead": True,
                    "Limit": SHEETS_PER_PARTITION,
                    "KeyConditionExpression": "#pk = :pk",
                    "ExpressionAttributeNames": {"#pk": PARTITION_KEY},
                    "ExpressionAttributeValues": {":pk": {"S": _sheet_key(f"{number}#").pk}},
                },
            )
            are_all = are_all and "LastEvaluatedKey" not in answer
            for item in answer["Items"]:
                sheet = _sheet_from(item)
                if sheets and size + sheet.text_bytes > MAX_TURN_BYTES:
                    are_all = False
                    break
                sheets.append(sheet)
                size += sheet.text_bytes
        return sheets, are_all

    def named(self, names: Sequence[str]) -> list[Sheet]:
        """Return those of some sheets that are there, in order."""
        items = (get_stored(self._call, self._table, _sheet_key(name), self._clock) for name in names)
        return [_sheet_from(item) for item in items if item is not None]

    def delete(self, name: str) -> None:
        self._call("delete_item", {"TableName": self._table, "Key": key_attributes(_sheet_key(name))})

    def set_aside(self, sheets: Sequence[Sheet], reason: str) -> None:
        """Keep the rows of sheets where nothing adds them, and say why."""
        self._tell(reason)
        for sheet in sheets:
            self._call("put_item", self.kept_aside(sheet.data)["Put"])

    def kept_aside(self, data: bytes) -> Attributes:
        """Return the write that sets rows aside."""
        now = self._clock()
        key = ItemKey("USAGE_SET_ASIDE", f"{now // 1_000_000:015}#{self._draw().hex}")
        expiry = {TTL_ATTRIBUTE: {"N": str(now // _NS + _SET_ASIDE_KEPT_SECONDS)}}
        return {"Put": {"TableName": self._table, "Item": {**key_attributes(key), "rows": {"B": data}, **expiry}}}


def rows_of(sheets: Sequence[Sheet]) -> tuple[list[UsageSums], list[Sheet]]:
    """Return what sheets hold, added up, and those of them that can be read."""
    readable: list[Sheet] = []

    def rows() -> Iterator[UsageSums]:
        for sheet in sheets:
            with suppress(ValueError):
                found = unpacked(sheet.data, MAX_SHEET_TEXT_BYTES)
                readable.append(sheet)
                yield from found

    return added_up(rows()), readable


def _sheet_key(name: str) -> ItemKey:
    number, _, sort_key = name.partition("#")
    return ItemKey(f"USAGE_SHEETS#{number}", sort_key)


def _sheet_from(item: Attributes) -> Sheet:
    name = f"{item[PARTITION_KEY]['S'].partition('#')[2]}#{item[SORT_KEY]['S']}"
    return Sheet(name, bytes(item["rows"]["B"]), int(item["text_bytes"]["N"]))
