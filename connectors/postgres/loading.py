"""Loads an object: its events are copied into a staging table, and inserted from there, all in one transaction.

A row says of which object it came. So where an event is there already, it is known whether this object brought it,
in a run whose answer got lost, or another one did: then it is a copy.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from connectors.postgres.columns import OBJECT, OBJECT_TYPE, Placed, plan_of
from connectors.postgres.database import Database, connections_of, names_of
from connectors.postgres.failures import OF_FUNCTION, Failed, sentence
from connectors.postgres.rows import NO_TEXT, is_text, renaming, row_of, values_of
from connectors.postgres.tables import KEY, check_owner, look
from connectors.postgres.turns import take_turn
from domain.delivery.batching import Event, batches_of, line_bytes
from domain.delivery.connectors import RevisionTable, TableOf, Target
from domain.delivery.landed import NO_REVISION, UNSTAMPED, LandedObject, Outcomes, stamps_of
from domain.delivery.marks import unmarked
from domain.delivery.refusals import Refusals
from domain.ids import is_derived
from domain.warehouses.quoting import double_quoted, literal
from schemas.limits import POSTGRES_BATCH_BYTES, POSTGRES_BATCH_EVENTS

_STAGING = "pg_temp.ingest_staging"
_REFUSED = "pg_temp.ingest_refused"
_UNLESS_THERE = f"ON CONFLICT ({KEY}) DO NOTHING"
_BLOCK_BYTES = 64 * 1024
# What is about a single row: its values, its size, constraints of the table, and what a trigger says.
_OF_ROWS = ("22", "23", "44", "54", "P0001")
_OF_SERVER = ("08", "40", "53", "55", "57")
"""Never about a row, even if a function met it."""


class TableBehind(Exception):  # noqa: N818 - an outcome
    """The table lacks what a revision needs."""

    def __init__(self, revision: RevisionTable) -> None:
        super().__init__(revision.revision_id)
        self.revision = revision


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What loads the events of one revision."""

    insert: str
    """What rows are inserted with, up to their values."""
    placed: Sequence[Placed]
    rename: Callable[[bytes], bytes] | None


class Loading:
    """Loads one object."""

    def __init__(self, database: Database, target: Target, tables: TableOf, object_id: str) -> None:
        """Take what stands for the object: 32 digits, always the same."""
        self._database = database
        self._names = names_of(target.destination)
        self._environment_id = target.environment_id
        self._most_at_once = connections_of(target.destination)
        self._tables = tables
        self._object = f"{literal(str(UUID(object_id)))}::{OBJECT_TYPE}"
        self._outcomes = Outcomes()
        self._refusals = Refusals()
        self._prepared: dict[str, _Prepared | None] = {}

    def deliver(self, landed: LandedObject) -> Outcomes:
        """Return what became of its events.

        Raises:
            Undelivered: nothing of it is there.
            TableBehind: nor is it, until the table was changed.
            NoTurn: nor is it, since others are loading.
        """
        with self._database.transaction():
            take_turn(self._database, self._most_at_once)
            for batch in batches_of(self._events(landed), POSTGRES_BATCH_EVENTS, POSTGRES_BATCH_BYTES, line_bytes):
                self._load(batch)
        return self._outcomes

    def _events(self, landed: LandedObject) -> Iterator[Event]:
        """Yield the events that are to be loaded: of several lines of one id the first alone."""
        marked = filter(None, (stamps_of(raw) for raw in landed.lines() if raw.startswith(b" ")))
        again = {stamps.event_id for stamps in marked}
        seen: set[str] = set()
        for raw in landed.lines():
            line = unmarked(raw)
            stamps = stamps_of(line)
            if stamps is None:
                self._outcomes.refuse(line, UNSTAMPED)
                continue
            if not is_text(line):
                self._outcomes.refuse(line, NO_TEXT)
                continue
            if stamps.event_id in again or is_derived(stamps.event_id):
                if stamps.event_id in seen:
                    self._outcomes.leave_out(stamps)
                    continue
                seen.add(stamps.event_id)
            yield Event(line, stamps)

    def _load(self, events: Sequence[Event]) -> None:
        by_revision: dict[str, list[Event]] = {}
        for event in events:
            by_revision.setdefault(event.stamps.revision_id, []).append(event)
        for revision_id, some in by_revision.items():
            if revision_id not in self._prepared:
                table = self._tables(revision_id)
                self._prepared[revision_id] = None if table is None else self._prepare(table)
            prepared = self._prepared[revision_id]
            if prepared is None:
                for event in some:
                    self._outcomes.refuse(event.line, NO_REVISION)
            else:
                self._copy(prepared, some)

    def _prepare(self, table: RevisionTable) -> _Prepared:
        state = look(self._database, self._names)
        check_owner(state, self._names, self._environment_id)
        plan = plan_of(table, state.columns)
        if not state.is_there or not plan.is_met:
            raise TableBehind(table)
        columns = ", ".join([double_quoted(OBJECT), *(double_quoted(place.name) for place in plan.placed)])
        insert = f"INSERT INTO {self._names.quoted} ({columns}) SELECT {self._object}, "
        return _Prepared(insert, plan.placed, renaming(plan.placed))

    def _copy(self, prepared: _Prepared, events: Sequence[Event]) -> None:
        rows = (row_of(number, event, prepared.rename) for number, event in enumerate(events))
        self._database.run(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {_STAGING} (number int, event_id text, line text) ON COMMIT DROP; "
            f"TRUNCATE {_STAGING}"
        )
        self._database.copy(f"COPY {_STAGING} FROM STDIN", _blocks(rows))
        refused, copies = self._inserted(prepared, len(events))
        if len(refused) < len(events):
            self._refusals.succeeded()
        for number, event in enumerate(events):
            if number in refused:
                self._refusals.count_event(f"All events of an object are refused; of one: {refused[number]}")
                self._outcomes.refuse(event.line, refused[number])
            elif number in copies:
                self._outcomes.leave_out(event.stamps)
            else:
                self._outcomes.deliver(event.stamps)

    def _inserted(self, prepared: _Prepared, staged: int) -> tuple[dict[int, str], set[int]]:
        """Insert what is staged; return the reasons of the rows that are refused, and which are copies."""
        values, source = values_of(prepared.placed, "s.line")
        refused: dict[int, str] = {}
        try:
            inserted = self._database.run(
                f"SAVEPOINT rows; {prepared.insert}{values} FROM {_STAGING} s, {source} {_UNLESS_THERE}; "
                "RELEASE SAVEPOINT rows"
            ).written
        except Failed as error:
            if not _is_of_row(error):
                raise
            self._database.run("ROLLBACK TO SAVEPOINT rows")
            inserted, refused = 0, self._one_by_one(prepared)
        if inserted == staged:
            return refused, set()
        rows = self._database.select(
            f"SELECT s.number FROM {_STAGING} s JOIN {self._names.quoted} t ON t.{KEY} = s.event_id "
            f"WHERE t.{double_quoted(OBJECT)} <> {self._object}",
            int,
        )
        return refused, {number for (number,) in rows}

    def _one_by_one(self, prepared: _Prepared) -> dict[int, str]:
        """Insert each staged row alone, all of them in one call; return the reasons of those that are refused."""
        values, source = values_of(prepared.placed, "r.line")
        insert = f"{prepared.insert}{values} FROM {source} {_UNLESS_THERE}"
        body = (
            f"DECLARE r record; said_at text; BEGIN FOR r IN SELECT * FROM {_STAGING} ORDER BY number LOOP "
            f"BEGIN {insert}; EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS said_at = PG_EXCEPTION_CONTEXT; "
            f"IF SQLSTATE !~ '^({'|'.join(_OF_ROWS)})' AND (SQLSTATE ~ '^({'|'.join(_OF_SERVER)})' "
            f"OR position('{OF_FUNCTION}' IN split_part(said_at, chr(10), 1)) = 0) THEN RAISE; END IF; "
            f"INSERT INTO {_REFUSED} VALUES (r.number, SQLSTATE, left(SQLERRM, 1000), left(said_at, 200)); "
            "END; END LOOP; END"
        )
        self._database.run(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {_REFUSED} "
            "(number int, state text, message text, context text) ON COMMIT DROP; "
            f"TRUNCATE {_REFUSED}; DO LANGUAGE plpgsql {literal(body)}"
        )
        rows = self._database.select(f"SELECT number, state, message, context FROM {_REFUSED}", int, str, str, str)
        return {number: sentence(state, message, context) for number, state, message, context in rows}


def _is_of_row(error: Failed) -> bool:
    """Say whether a failure is about a single row; a function may raise any state of its own about one."""
    return error.state.startswith(_OF_ROWS) or (error.is_of_function and not error.state.startswith(_OF_SERVER))


def _blocks(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Yield rows in messages of some size: each is sent at once."""
    block: list[bytes] = []
    size = 0
    for row in rows:
        block.append(row)
        size += len(row)
        if size >= _BLOCK_BYTES:
            yield b"".join(block)
            block, size = [], 0
    if block:
        yield b"".join(block)
