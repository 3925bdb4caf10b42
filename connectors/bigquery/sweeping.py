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

    def __init__(self, client: bigquery.Client, location: str, budget: Budget) -> None:
        self._client = client
        self._location = location
        self._budget = budget
        self._jobs = Jobs(client, location, budget)

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

    def _sweep(self, table_id: str, event_ids: Sequence[str], suspects: Suspects, job_id: str) -> list[Taken]:
        look = f"SELECT `{EVENT_ID}` FROM `{table_id}` WHERE {_WHERE} GROUP BY 1 HAVING COUNT(*) > 1"  # noqa: S608
        asked = f"{suspects.start} {suspects.end} {' '.join(event_ids)}"
        name = f"{job_id}_{sha256(asked.encode()).hexdigest()[:12]}"
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
