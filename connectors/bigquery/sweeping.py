"""Takes away the second of two rows of one event, after a load: of events that may be there twice, and of no others.

A look is a query over the partitions in which they arrived; only where it finds any does a transaction put one row in
the place of two. Loads that come in between are not held up by it, and a second sweep finds nothing.
https://cloud.google.com/bigquery/docs/transactions
"""

import logging
from collections.abc import Sequence
from typing import Any

from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, translated
from domain.delivery.connectors import Budget
from domain.delivery.repeats import Suspects
from domain.errors import Undelivered
from schemas.stamps import EVENT_ID, RECEIVED_AT

QUERY_SECONDS = 60.0
IDS_PER_QUERY = 20_000  # some 1.5 MB of a request, which may have 10
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 8.0
_CONCURRENT = "concurrent update"
"""What BigQuery says of a transaction that another one was faster than."""

_WHERE = f"`{RECEIVED_AT}` >= @start AND `{RECEIVED_AT}` < @end AND `{EVENT_ID}` IN UNNEST(@event_ids)"

_LOGGER = logging.getLogger(__name__)


class Sweeping:
    """Sweeps tables for what an object may have brought a second time."""

    def __init__(self, client: bigquery.Client, location: str, budget: Budget) -> None:
        self._client = client
        self._location = location
        self._budget = budget

    def sweep(self, table_id: str, suspects: Suspects) -> None:
        """Leave one row, the earliest, of each of these events.

        Where BigQuery does not let rows be taken away, as where the credentials may only add some, the rows stay.

        Raises:
            Undelivered: it could not be done within the time.
        """
        event_ids = sorted(suspects.event_ids)
        try:
            for start in range(0, len(event_ids), IDS_PER_QUERY):
                self._sweep(table_id, event_ids[start : start + IDS_PER_QUERY], suspects)
        except MissingTable:
            pass  # somebody removed it, rows and all
        except Undelivered as error:
            if error.retryable:
                raise
            _LOGGER.warning("rows that may stand in %s twice stay there: %s", table_id, error)

    def _sweep(self, table_id: str, event_ids: Sequence[str], suspects: Suspects) -> None:
        look = f"SELECT `{EVENT_ID}` FROM `{table_id}` WHERE {_WHERE} GROUP BY 1 HAVING COUNT(*) > 1"  # noqa: S608
        doubled = [row[0] for row in self._query(look, event_ids, suspects)]
        if doubled:
            self._query(_one_of_each(table_id), doubled, suspects)

    def _query(self, statement: str, event_ids: Sequence[str], suspects: Suspects) -> list[Any]:
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ArrayQueryParameter("event_ids", "STRING", event_ids),
                bigquery.ScalarQueryParameter("start", "TIMESTAMP", suspects.start),
                bigquery.ScalarQueryParameter("end", "TIMESTAMP", suspects.end),
            ]
        )
        wait_seconds = _FIRST_WAIT_SECONDS
        while True:
            try:
                with translated("look for rows that stand there twice"):
                    job = self._client.query(
                        statement,
                        job_config=config,
                        location=self._location,
                        retry=NO_RETRY,
                        job_retry=NO_RETRY,
                        timeout=self._seconds(),
                    )
                    return list(job.result(retry=NO_RETRY, timeout=self._seconds()))
            except Undelivered as error:
                if not error.retryable and _CONCURRENT not in str(error):
                    raise
            self._budget.wait(wait_seconds)
            wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)

    def _seconds(self) -> float:
        return min(QUERY_SECONDS, max(1.0, self._budget.seconds_left()))


def _one_of_each(table_id: str) -> str:
    """Return the transaction that puts one row in the place of all of an event."""
    return f"""
BEGIN TRANSACTION;
CREATE TEMP TABLE first_rows AS
  SELECT * FROM `{table_id}` WHERE {_WHERE}
  QUALIFY ROW_NUMBER() OVER (PARTITION BY `{EVENT_ID}` ORDER BY `{RECEIVED_AT}`) = 1;
DELETE FROM `{table_id}` WHERE {_WHERE};
INSERT INTO `{table_id}` SELECT * FROM first_rows;
COMMIT TRANSACTION;
"""  # noqa: S608 - names are ours, values are parameters
