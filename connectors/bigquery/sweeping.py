"""Takes away the second of two rows of one event, after a load: of events that may be there twice, and of no others.

A look is a query over the partitions in which they arrived; only where it finds any does a transaction put one row in
the place of two, and say which it took away. Loads that come in between are not held up by it, and a second sweep
finds nothing.
https://cloud.google.com/bigquery/docs/transactions

Both run under ids that derive from the object and from what is asked for (`jobs`). So a writer that died before it had
counted what was taken away gets the same answer again, and each row that goes is counted once.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, sentence, translated
from connectors.bigquery.jobs import Jobs
from domain.delivery.connectors import Budget
from domain.delivery.repeats import Suspects
from domain.errors import Undelivered
from schemas.stamps import EVENT_ID, RECEIVED_AT

QUERY_SECONDS = 60.0
IDS_PER_QUERY = 20_000  # some 1.5 MB of a request, which may have 10
_PAUSE_SECONDS = 1.0

_WHERE = f"`{RECEIVED_AT}` >= @start AND `{RECEIVED_AT}` < @end AND `{EVENT_ID}` IN UNNEST(@event_ids)"

_PLACE = "place".ljust(129, "_")
"""A column that no table has: it is longer than a key may be."""

_LOGGER = logging.getLogger(__name__)

Taken = tuple[str, str]
"""A row that was taken away: its event's id and the minute of its arrival, as `YYYY-MM-DDTHH:MM`."""


class Sweeping:
    """Sweeps tables for what an object may have brought a second time."""

    def __init__(self, client: bigquery.Client, location: str, budget: Budget, *, have_run: bool = False) -> None:
        """Take the client, where its jobs run, their time, and whether the object may have been swept for before."""
        self._client = client
        self._location = location
        self._budget = budget
        self._jobs = Jobs(client, location, budget, have_run=have_run)

    def sweep(self, table_id: str, suspects: Suspects, job_id: str) -> list[Taken]:
        """Leave one row, the earliest, of each of these events, and return the rows that went, also by an earlier run.

        Where BigQuery does not let rows be taken away, as where the credentials may only add some, the rows stay.

        Raises:
            Undelivered: it could not be done within the time.
        """
        event_ids = sorted(suspects.event_ids)
        taken: list[Taken] = []
        try:
            for start in range(0, len(event_ids), IDS_PER_QUERY):
                taken += self._sweep(table_id, event_ids[start : start + IDS_PER_QUERY], suspects, job_id)
        except MissingTable:
            pass  # it was removed, rows and all
        except Undelivered as error:
            if error.retryable:
                raise
            _LOGGER.warning("rows that may stand in %s twice stay there: %s", table_id, error)
        return taken

    def sweep_beside(self, own: str, other: str, suspects: Suspects, job_id: str) -> list[tuple[int, Taken]]:
        """Leave these events in one of two tables, where the earliest row of each is, and return the rows that went.

        Each with 0 for a row of the own table, 1 for one of the other. Rows of one table are left to `sweep`.

        Raises:
            Undelivered: it could not be done within the time.
        """
        event_ids = sorted(suspects.event_ids)
        taken: list[tuple[int, Taken]] = []
        try:
            for start in range(0, len(event_ids), IDS_PER_QUERY):
                part = event_ids[start : start + IDS_PER_QUERY]
                name = _named(f"{job_id}_beside", suspects, part, other)
                if self._query(_in_both(own, other), part, suspects, f"{name}_look"):
                    rows = self._query(_in_one_of(own, other), part, suspects, f"{name}_sweep")
                    taken += [(int(row[2]), (row[0], _minute_of(row[1]))) for row in rows]
        except MissingTable:
            pass  # one of them was removed, rows and all
        except Undelivered as error:
            if error.retryable:
                raise
            _LOGGER.warning("rows that may stand in %s and in %s stay there: %s", own, other, error)
        return taken

    def there(self, table_id: str, suspects: Suspects) -> set[str]:
        """Return which of these events stand in a table now.

        Raises:
            Undelivered: it could not be looked at within the time.
        """
        event_ids = sorted(suspects.event_ids)
        statement = f"SELECT DISTINCT `{EVENT_ID}` FROM `{table_id}` WHERE {_WHERE}"  # noqa: S608 - as above
        found: set[str] = set()
        try:
            for start in range(0, len(event_ids), IDS_PER_QUERY):
                part = event_ids[start : start + IDS_PER_QUERY]
                # Asked anew each time: an answer of before does not say what is there now.
                found |= {row[0] for row in self._query(statement, part, suspects, f"there_{uuid4().hex}")}
        except MissingTable:
            pass
        except Undelivered as error:
            if error.retryable:
                raise
            _LOGGER.warning("what stands in %s already can't be seen: %s", table_id, error)
        return found

    def _sweep(self, table_id: str, event_ids: Sequence[str], suspects: Suspects, job_id: str) -> list[Taken]:
        look = f"SELECT `{EVENT_ID}` FROM `{table_id}` WHERE {_WHERE} GROUP BY 1 HAVING COUNT(*) > 1"  # noqa: S608
        name = _named(job_id, suspects, event_ids)
        doubled = sorted(row[0] for row in self._query(look, event_ids, suspects, f"{name}_look"))
        if not doubled:
            return []
        rows = self._query(_one_of_each(table_id), doubled, suspects, f"{name}_sweep")
        return [(row[0], _minute_of(row[1])) for row in rows]

    def _query(self, statement: str, event_ids: Sequence[str], suspects: Suspects, job_id: str) -> list[Any]:
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ArrayQueryParameter("event_ids", "STRING", event_ids),
                bigquery.ScalarQueryParameter("start", "TIMESTAMP", suspects.start),
                bigquery.ScalarQueryParameter("end", "TIMESTAMP", suspects.end),
            ]
        )

        def begin(name: str) -> Any:
            return self._client.query(
                statement,
                job_id=name,
                job_config=config,
                location=self._location,
                retry=NO_RETRY,
                job_retry=NO_RETRY,
                timeout=self._seconds(),
            )

        while True:
            job = self._jobs.ended(begin, job_id)
            error = job.error_result
            if error is not None:
                message = sentence(error.get("message") or error.get("reason", ""))
                if error.get("reason") == "notFound":
                    raise MissingTable(message)
                raise Undelivered(message, retryable=False)
            try:
                with translated("read which rows stand there twice"):
                    return list(job.result(retry=NO_RETRY, timeout=self._seconds()))
            except MissingTable:
                job_id += "_anew"  # BigQuery keeps answers for a day: this object comes again later than that
            except Undelivered as failure:
                if not failure.retryable:
                    raise
            self._budget.wait(_PAUSE_SECONDS)

    def _seconds(self) -> float:
        return min(QUERY_SECONDS, max(1.0, self._budget.seconds_left()))


def _named(job_id: str, suspects: Suspects, event_ids: Sequence[str], *more: str) -> str:
    """Return the id of the jobs that ask for this: the same for the same."""
    asked = " ".join([f"{suspects.start} {suspects.end}", *more, *event_ids])
    return f"{job_id}_{sha256(asked.encode()).hexdigest()[:12]}"


def _minute_of(received_at: datetime) -> str:
    return received_at.astimezone(UTC).isoformat()[:16]


def _one_of_each(table_id: str) -> str:
    """Return the script that puts one row in the place of all of an event, and answers which rows went."""
    return f"""
BEGIN TRANSACTION;
CREATE TEMP TABLE ordered AS
  SELECT *, ROW_NUMBER() OVER (PARTITION BY `{EVENT_ID}` ORDER BY `{RECEIVED_AT}`) AS {_PLACE}
  FROM `{table_id}` WHERE {_WHERE};
DELETE FROM `{table_id}` WHERE {_WHERE};
INSERT INTO `{table_id}` SELECT * EXCEPT ({_PLACE}) FROM ordered WHERE {_PLACE} = 1;
COMMIT TRANSACTION;
SELECT `{EVENT_ID}`, `{RECEIVED_AT}` FROM ordered WHERE {_PLACE} > 1;
"""  # noqa: S608 - names are ours, values are parameters


def _rows_of_both(own: str, other: str) -> str:
    columns = f"`{EVENT_ID}`, `{RECEIVED_AT}`"
    return (
        f"SELECT {columns}, 0 AS {_PLACE} FROM `{own}` WHERE {_WHERE} "  # noqa: S608 - as above
        f"UNION ALL SELECT {columns}, 1 AS {_PLACE} FROM `{other}` WHERE {_WHERE}"
    )


def _in_both(own: str, other: str) -> str:
    """Return the query for the events that stand in both tables."""
    both = _rows_of_both(own, other)
    return f"SELECT `{EVENT_ID}` FROM ({both}) GROUP BY 1 HAVING COUNT(DISTINCT {_PLACE}) > 1"  # noqa: S608 - as above


def _in_one_of(own: str, other: str) -> str:
    """Return the script that leaves each event in the table of its earliest row, and answers which rows went.

    Of two rows of the same moment, that of the table stays whose name comes first, in every process alike.
    """
    first = 0 if own < other else 1
    order = f"`{RECEIVED_AT}`, IF({_PLACE} = {first}, 0, 1)"
    goes = f"SELECT `{EVENT_ID}` FROM placed WHERE {_PLACE} = %d AND stays = %d"  # noqa: S608 - as above
    return f"""
BEGIN TRANSACTION;
CREATE TEMP TABLE placed AS
  SELECT *, FIRST_VALUE({_PLACE}) OVER (PARTITION BY `{EVENT_ID}` ORDER BY {order}) AS stays
  FROM ({_rows_of_both(own, other)});
DELETE FROM `{own}` WHERE {_WHERE} AND `{EVENT_ID}` IN ({goes % (0, 1)});
DELETE FROM `{other}` WHERE {_WHERE} AND `{EVENT_ID}` IN ({goes % (1, 0)});
COMMIT TRANSACTION;
SELECT `{EVENT_ID}`, `{RECEIVED_AT}`, {_PLACE} FROM placed WHERE {_PLACE} != stays;
"""  # noqa: S608 - as above
