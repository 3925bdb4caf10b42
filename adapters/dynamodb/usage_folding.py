"""Folds sheets into the sums of usage in DynamoDB: each row counts once, whatever dies in between.

    USAGE_FOLD              FOLD                which sheets are being folded, and until when nobody else goes on
    USAGE_FOLD              STRIPE#<shard>      how much of that was added to a shard of the sums

A fold reads sheets, and writes down which: that opens a turn. What they hold is cut into tasks, always the same ones,
each a transaction that adds to the sums and moves its stripe on by one, if it is where it has to be. Another that goes
on with a turn reads the same sheets, and begins where each stripe stands. When all is added, the sheets are deleted,
and only then the turn is closed. That two may be at it costs calls and changes no count: they keep off each other by a
time that is written down, and nothing depends on their clocks.
"""

import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple

from adapters.dynamodb.call import Call
from adapters.dynamodb.definition import PARTITION_KEY
from adapters.dynamodb.encoding import Attributes
from adapters.dynamodb.reading import get_stored, key_attributes
from adapters.dynamodb.usage_items import ROWS_PER_TRANSACTION, SHARDS
from adapters.dynamodb.usage_names import DynamoUsageNames, NamedPart, named_parts
from adapters.dynamodb.usage_sheets import DynamoUsageSheets, Sheet, rows_of
from adapters.dynamodb.usage_sums import DynamoUsageSums
from adapters.tallies import packed
from domain.clock import Clock
from domain.errors import Undelivered
from domain.items import Conflict
from domain.late_log import LateLog
from domain.metering.ports import UsageSums
from schemas.items import ItemKey
from schemas.limits import USAGE_FOLD_SECONDS

LEASE_SECONDS = 30
_TASKS_PER_STRIPE = 4
"""From so many on, work is parted among more of them: each costs a write to begin."""
_NS = 1_000_000_000
_FOLD = ItemKey("USAGE_FOLD", "FOLD")
_PK = {"#pk": PARTITION_KEY}

_log = LateLog(__name__)

MayGoOn = Callable[[], bool]


class _Overtaken(Exception):  # noqa: N818
    """Another has gone on with a turn, to its end."""


class _Turn(NamedTuple):
    """What stands in the item of folds; one that is closed has no sheets."""

    number: int
    began_at: int
    until: int
    """Unix seconds; nobody else goes on before."""
    sheets: tuple[str, ...]
    tasks: tuple[int, ...]
    """How many each stripe has."""


class _Named(NamedTuple):
    """A task: counts by name, and a row of the environment that they are of."""

    part: NamedPart
    row: UsageSums


_Tasks = list[list[UsageSums] | _Named]
"""Of one stripe, in order; each is done by one transaction."""


class DynamoUsageFolder:
    """Takes tallies and folds them, in one table; `fold` may be called by one thread at a time."""

    def __init__(
        self,
        call: Call,
        table: str,
        clock: Clock,
        *,
        rows_per_transaction: int = ROWS_PER_TRANSACTION,
        tell: Callable[[str], object] = lambda _: None,
        draw: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        """Take a call, the table's name and the time; `tell` is told why counts are set aside."""
        self._tell = tell
        self._call = call
        self._table = table
        self._clock = clock
        self._rows_per_transaction = rows_per_transaction
        self._sheets = DynamoUsageSheets(call, table, clock, tell=tell, draw=draw)
        self._sums = DynamoUsageSums(call, table)
        self._names = DynamoUsageNames(call, table)

    def take(self, texts: Sequence[str]) -> list[bool]:
        """Take the messages of tallies; return for each whether it is taken, now or before, and so done with."""
        return self._sheets.take(texts)

    def fold(self, may_go_on: MayGoOn = lambda: True) -> bool:
        """Fold all that was taken before; return False where that has to be asked for again.

        So it is where another is at it, where the last turn began less than `USAGE_FOLD_SECONDS` ago, and where
        `may_go_on`, which is asked again and again, says that there is no time left.

        Raises:
            Undelivered: it was not done to its end; a later call goes on.
        """
        try:
            return self._fold(may_go_on)
        except _Overtaken:
            return False

    def _fold(self, may_go_on: MayGoOn) -> bool:
        turn = self._turn()
        if turn.sheets:
            if self._now() < turn.until or not self._take_over(turn):
                return False
            if not self._finish(turn, None, may_go_on):
                return False
        elif self._now() < turn.began_at + USAGE_FOLD_SECONDS:
            return False
        while True:
            # What is read now is nobody else's unless another opens a turn: then this one can't be opened.
            sheets, are_all = self._sheets.read()
            rows, readable = rows_of(sheets)
            for sheet in sheets:
                if sheet not in readable:
                    self._sheets.set_aside([sheet], "A sheet can't be read.")
                    self._sheets.delete(sheet.name)
            if readable:
                tasks = self._tasks(rows)
                opened = self._open(turn, readable, tasks)
                if opened is None or not self._finish(opened, tasks, may_go_on):
                    return False
                turn = opened
            if are_all:
                return True
            if not may_go_on():
                return False

    def _turn(self) -> _Turn:
        item = self._get(_FOLD)
        if not item:
            return _Turn(0, 0, 0, (), ())
        return _Turn(
            int(item["number"]["N"]),
            int(item["began_at"]["N"]),
            int(item["until"]["N"]),
            tuple(item["sheets"]["S"].split()),
            tuple(map(int, item["tasks"]["S"].split())),
        )

    def _open(self, before: _Turn, sheets: Sequence[Sheet], tasks: Sequence[_Tasks]) -> _Turn | None:
        """Write down what is folded now; return None if another was faster."""
        now = self._now()
        names, counts = tuple(sheet.name for sheet in sheets), tuple(map(len, tasks))
        turn = _Turn(before.number + 1, now, now + LEASE_SECONDS, names, counts)
        item = {
            **key_attributes(_FOLD),
            **{name: {"N": str(getattr(turn, name))} for name in ("number", "began_at", "until")},
            "sheets": {"S": " ".join(turn.sheets)},
            "tasks": {"S": " ".join(map(str, turn.tasks))},
        }
        put = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": "attribute_not_exists(#pk) OR (#number = :before AND size(#sheets) = :none)",
            "ExpressionAttributeNames": {**_PK, "#number": "number", "#sheets": "sheets"},
            "ExpressionAttributeValues": {":before": {"N": str(before.number)}, ":none": {"N": "0"}},
        }
        stripes = [
            {
                **key_attributes(_stripe_key(stripe)),
                "number": {"N": str(turn.number)},
                "applied": {"N": "0"},
            }
            for stripe in range(len(tasks))
        ]
        try:
            self._sums.write([{"Put": put}, *({"Put": {"TableName": self._table, "Item": each}} for each in stripes)])
        except Conflict:
            return None
        return turn

    def _take_over(self, turn: _Turn) -> bool:
        """Go on with a turn whose time is over; return False if another was faster."""
        try:
            self._set_until(turn, self._now() + LEASE_SECONDS)
        except Conflict:
            return False
        return True

    def _finish(self, turn: _Turn, tasks: Sequence[_Tasks] | None, may_go_on: MayGoOn) -> bool:
        """Add what is not added yet of a turn, and close it; return False if there was no time for it.

        `tasks` are those of a turn that was just opened; otherwise what is in its sheets has to be read again.
        """
        try:
            if tasks is not None:
                is_added = self._add(turn, tasks, [0] * len(tasks), may_go_on)
            else:
                is_added = self._go_on(turn, may_go_on)
            if not is_added:
                self._give_up(turn)
                return False
            for name in turn.sheets:
                self._sheets.delete(name)
            self._close(turn)
        except Undelivered:
            self._give_up(turn)
            raise
        return True

    def _go_on(self, turn: _Turn, may_go_on: MayGoOn) -> bool:
        """Add what another has left of a turn."""
        applied = self._applied(turn)
        if self._is_added(turn, applied):
            return True
        rows, readable = rows_of(sheets := self._sheets.named(turn.sheets))
        tasks = self._tasks(rows)
        if len(readable) == len(turn.sheets) and tuple(map(len, tasks)) == turn.tasks:
            return self._add(turn, tasks, applied, may_go_on)
        if not self._is_added(turn, self._applied(turn)):  # else it was added meanwhile, and so the sheets went
            self._sheets.set_aside(sheets, "Sheets of a fold are gone or have changed.")
        return True

    def _is_added(self, turn: _Turn, applied: Sequence[int]) -> bool:
        return tuple(applied) == turn.tasks

    def _add(self, turn: _Turn, tasks: Sequence[_Tasks], applied: Sequence[int], may: MayGoOn) -> bool:
        stripes = [(turn, stripe, tasks[stripe], applied[stripe], may) for stripe in range(len(tasks))]
        if len(stripes) == 1:
            return self._add_stripe(*stripes[0])
        with ThreadPoolExecutor(len(stripes)) as pool:
            return all(list(pool.map(lambda stripe: self._add_stripe(*stripe), stripes)))

    def _add_stripe(self, turn: _Turn, stripe: int, tasks: _Tasks, applied: int, may: MayGoOn) -> bool:
        while applied < len(tasks):
            if not may():
                return False
            guard = self._guard(turn, stripe, applied)
            try:
                self._add_task(guard, tasks[applied], stripe, f"fold-{turn.number}-{stripe}-{applied}")
            except Conflict:
                applied = self._applied(turn)[stripe]
            else:
                applied += 1
        return True

    def _add_task(self, guard: Attributes, task: list[UsageSums] | _Named, stripe: int, name: str) -> None:
        try:
            if not isinstance(task, _Named):
                self._sums.add(guard, task, stripe, name)
                return
            owner = self._sums.owner_of(task.row, stripe)
            if owner is None:
                self._sums.write([guard])  # they are counted without their names
            else:
                self._names.add(guard, task.part, owner.organisation_id)
        except Undelivered as error:
            if error.retryable:
                raise
            # Time would not help. Where it is not about these rows, this fails as well, and all waits.
            if isinstance(task, _Named):
                self._sums.write([guard])
                _log.error("events are counted without their names: %s", error)
            else:
                self._sums.write([guard, self._sheets.kept_aside(packed(task)[0])])
                self._tell(str(error))

    def _tasks(self, rows: list[UsageSums]) -> list[_Tasks]:
        """Return by stripe what is to be added; the same rows have the same tasks."""
        rows.sort(key=lambda row: (row.organisation_id, row.endpoint_id, row.environment_id))
        size = self._rows_per_transaction
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        count = max(1, min(SHARDS, len(parts) // _TASKS_PER_STRIPE))
        stripes: list[_Tasks] = [[] for _ in range(count)]
        for place, part in enumerate(parts):
            stripes[place % count].append(part)
        row_of: dict[str, UsageSums] = {}
        for row in rows:
            row_of.setdefault(row.environment_id, row)
        for named in named_parts(rows):
            # Those of an environment one after the other: they are added to one item.
            stripe = zlib.crc32(named.environment_id.encode()) % count
            stripes[stripe].append(_Named(named, row_of[named.environment_id]))
        for row in rows:
            row.names, row.other_names = {}, {}  # tasks of their own now: whole rows may take more than an item does
        return stripes

    # Calls

    def _now(self) -> int:
        return self._clock() // _NS

    def _get(self, key: ItemKey) -> Attributes:
        return get_stored(self._call, self._table, key, self._clock) or {}

    def _applied(self, turn: _Turn) -> list[int]:
        """Return where each stripe of a turn stands; raise `_Overtaken` if it is the turn's no more."""
        found = [self._get(_stripe_key(stripe)) for stripe in range(len(turn.tasks))]
        if any(int(item["number"]["N"]) != turn.number for item in found):
            raise _Overtaken
        return [int(item["applied"]["N"]) for item in found]

    def _guard(self, turn: _Turn, stripe: int, applied: int) -> Attributes:
        return {
            "Update": {
                "TableName": self._table,
                "Key": key_attributes(_stripe_key(stripe)),
                "UpdateExpression": "SET #applied = :next",
                "ConditionExpression": "#number = :number AND #applied = :applied",
                "ExpressionAttributeNames": {"#applied": "applied", "#number": "number"},
                "ExpressionAttributeValues": {
                    ":next": {"N": str(applied + 1)},
                    ":number": {"N": str(turn.number)},
                    ":applied": {"N": str(applied)},
                },
            }
        }

    def _set_until(self, turn: _Turn, until: int) -> None:
        self._update_turn(
            turn,
            "SET #until = :until",
            "#until = :seen",
            {"#until": "until"},
            {":until": {"N": str(until)}, ":seen": {"N": str(turn.until)}},
        )

    def _give_up(self, turn: _Turn) -> None:
        """Let the next one go on at once: what of this turn's calls is still on its way does no harm."""
        with suppress(Conflict, Undelivered):
            self._update_turn(turn, "SET #until = :until", "", {"#until": "until"}, {":until": {"N": "0"}})

    def _close(self, turn: _Turn) -> None:
        names = {"#sheets": "sheets", "#tasks": "tasks"}
        with suppress(Conflict):  # it was closed by another
            self._update_turn(turn, "SET #sheets = :none, #tasks = :none", "", names, {":none": {"S": ""}})

    def _update_turn(
        self, turn: _Turn, change: str, condition: str, names: Mapping[str, str], values: Mapping[str, Any]
    ) -> None:
        request = {
            "TableName": self._table,
            "Key": key_attributes(_FOLD),
            "UpdateExpression": change,
            "ConditionExpression": f"#number = :number{' AND ' if condition else ''}{condition}",
            "ExpressionAttributeNames": {"#number": "number", **names},
            "ExpressionAttributeValues": {":number": {"N": str(turn.number)}, **values},
        }
        self._call("update_item", request)


def _stripe_key(stripe: int) -> ItemKey:
    return ItemKey(_FOLD.pk, f"STRIPE#{stripe}")
