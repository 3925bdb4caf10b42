"""Delivery by load jobs: all rows of an object that belong to one table, in one job whose id derives from both.

A job id is good once. So a second run of the same object finds the job that was there, and delivery is exactly once.
A job that failed for want of time or quota has written nothing, and gets a successor, whose id says so. One that
failed for its rows is halved until the rows that are to blame stand alone; those are refused, and all others are in.
https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid

An event that stands in the log twice is there once all the same: the second line of an object is left out (`spool`),
and what two objects brought is swept once it is in.
"""

import io
from contextlib import ExitStack
from hashlib import sha256
from typing import Any

from google.api_core import exceptions
from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, is_passing, sentence, translated
from connectors.bigquery.revisions import Places
from connectors.bigquery.spool import Rows, Spool, spooled
from connectors.bigquery.sweeping import Sweeping
from connectors.bigquery.tables import columns
from domain.delivery.connectors import Budget
from domain.delivery.landed import LandedObject, Outcomes, stamps_of
from domain.delivery.marks import unmarked
from domain.errors import Undelivered

CALL_SECONDS = 20.0
UPLOAD_SECONDS = 120.0
MAX_SUCCESSORS = 50
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 8.0


class Loading:
    """Loads one object."""

    def __init__(self, client: bigquery.Client, location: str, places: Places, budget: Budget) -> None:
        self._client = client
        self._location = location
        self._places = places
        self._budget = budget
        self._sweeping = Sweeping(client, location, budget)
        self._outcomes = Outcomes()
        self._refused: dict[tuple[str, str], str] = {}
        """Why, by event and revision: rows that are not the text of their events."""

    def deliver(self, landed: LandedObject) -> Outcomes:
        with ExitStack() as files:
            spool = spooled(landed, self._places, files)
            self._outcomes = spool.outcomes
            if landed.notes is not None:
                landed.notes.write(spool.sent_again)  # whoever loads another copy from now on finds them
            for rows in spool.tables.values():
                job_id = f"ingest_{landed.digest}_{sha256(rows.place.table_id.encode()).hexdigest()[:12]}"
                self._load(rows, 0, len(rows.ends), job_id)
        self._refuse_as_they_came(landed)
        self._sweep(spool, landed)
        return self._outcomes

    def _refuse_as_they_came(self, landed: LandedObject) -> None:
        """Keep the text of refused events: one day they may be sent again, and then read as it was written."""
        if not self._refused:
            return
        for raw in landed.lines():
            line = unmarked(raw)
            stamps = stamps_of(line)
            reason = None if stamps is None else self._refused.pop((stamps.event_id, stamps.revision_id), None)
            if reason is not None:
                self._outcomes.refuse(line, reason)

    def _sweep(self, spool: Spool, landed: LandedObject) -> None:
        """Take away what is there twice now, by lines of this object or by others' of the same minutes."""
        noted = {} if landed.notes is None else landed.notes.read(spool.minutes)
        for rows in spool.tables.values():
            for minute, event_ids in noted.items():
                for event_id in event_ids:
                    rows.suspects.add(event_id, minute)
            if rows.suspects.event_ids:
                self._sweeping.sweep(rows.place.table_id, rows.suspects)

    def _load(self, rows: Rows, start: int, end: int, job_id: str) -> None:
        """Load a range of rows, and parts of it where the whole is refused."""
        refusal = self._run(rows, start, end, job_id)
        if refusal is None:
            for line in rows.lines(start, end):
                stamps = stamps_of(line)
                assert stamps
                self._outcomes.deliver(stamps)
        elif end - start == 1:
            (line,) = rows.lines(start, end)
            stamps = stamps_of(line)
            if rows.place.convert is None or stamps is None:
                self._outcomes.refuse(line, refusal)
            else:
                self._refused[stamps.event_id, stamps.revision_id] = refusal
        else:
            middle = (start + end) // 2
            base = "_".join(job_id.split("_")[:3])
            self._load(rows, start, middle, f"{base}_{start}_{middle}")
            self._load(rows, middle, end, f"{base}_{middle}_{end}")

    def _run(self, rows: Rows, start: int, end: int, job_id: str) -> str | None:
        """Return None once a job has loaded the range, or why its rows are refused."""
        restored = False
        for successor in range(MAX_SUCCESSORS):
            job = self._finished(rows, start, end, f"{job_id}_again{successor}" if successor else job_id)
            error = job.error_result
            if error is None:
                return None
            reason = error.get("reason", "")
            if reason == "notFound" and not restored:
                self._places.restore(rows.place)
                restored = True
            elif not is_passing(reason) and reason != "notFound":
                if reason != "invalid":
                    raise Undelivered(sentence(error.get("message", reason)), retryable=False)
                return self._refusal(job)
            self._budget.wait(min(_FIRST_WAIT_SECONDS * 2**successor, _LONGEST_WAIT_SECONDS))
        raise Undelivered("Load jobs kept failing.")

    def _finished(self, rows: Rows, start: int, end: int, job_id: str) -> Any:
        job = self._started(rows, start, end, job_id)
        wait_seconds = _FIRST_WAIT_SECONDS
        while job.state != "DONE":
            self._budget.wait(wait_seconds)
            wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)
            with translated("look at the load job"):
                job.reload(retry=NO_RETRY, timeout=CALL_SECONDS)
        return job

    def _started(self, rows: Rows, start: int, end: int, job_id: str) -> Any:
        wait_seconds = _FIRST_WAIT_SECONDS
        restored = False
        while True:
            try:
                return self._start(rows, start, end, job_id)
            except MissingTable:
                if restored:
                    raise
                self._places.restore(rows.place)
                restored = True
            except Undelivered as error:
                if not error.retryable:
                    raise
            self._budget.wait(wait_seconds)
            wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)

    def _start(self, rows: Rows, start: int, end: int, job_id: str) -> Any:
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            schema=columns(rows.place.table),
        )
        with translated("start a load job"):
            try:
                return self._client.load_table_from_file(
                    io.BufferedReader(rows.part(start, end)),
                    rows.place.table_id,
                    rewind=True,
                    num_retries=0,
                    job_id=job_id,
                    location=self._location,
                    job_config=config,
                    timeout=min(UPLOAD_SECONDS, max(1.0, self._budget.seconds_left())),
                )
            except exceptions.Conflict:
                return self._client.get_job(job_id, location=self._location, retry=NO_RETRY, timeout=CALL_SECONDS)

    @staticmethod
    def _refusal(job: Any) -> str:
        messages = [row["message"] for row in job.errors or () if row.get("message")]
        return sentence(messages[-1] if messages else job.error_result.get("message", "BigQuery refused it"))
