"""Jobs under ids of our own: each is done once, and asked for again it says how it ended.

An id is good once. So a second run of the same work finds the job that was there; it looks for it before it starts one,
since that is one short call in place of an upload and two calls. One that failed for want of time or quota has done
nothing and gets a successor, whose id says so.
https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from google.api_core import exceptions
from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, is_passing, sentence, translated
from domain.delivery.connectors import Budget
from domain.errors import Undelivered

CALL_SECONDS = 20.0
MAX_SUCCESSORS = 50
_FIRST_WAIT_SECONDS = 0.1
_LONGEST_WAIT_SECONDS = 8.0
_CONCURRENT = "concurrent update"
"""What BigQuery says of a transaction that another one was faster than."""

Start = Callable[[str], Any]
"""Starts a job under an id and returns it, as Google's client does."""
Restore = Callable[[], bool]
"""Makes a table that is not there, and says whether it is there now."""


class Jobs:
    """Runs the jobs of one environment."""

    def __init__(self, client: bigquery.Client, location: str, budget: Budget, *, have_run: bool = False) -> None:
        """Take the client, where its jobs run, their time, and whether they may have been started before."""
        self._client = client
        self._location = location
        self._budget = budget
        self._have_run = have_run

    def ended(self, start: Start, job_id: str, *, restore: Restore | None = None) -> Any:
        """Return a job, or its last successor, that is done; its error, if it has one, is of those that stay.

        Args:
            start: starts it.
            job_id: letters, digits, `_` and `-`.
            restore: for a table that is not there; one that was made is waited for until it can be seen.

        Raises:
            MissingTable: a table is not there and there is no `restore`.
            Undelivered: it could not be done within the time.
        """
        restored = False
        for successor in range(MAX_SUCCESSORS):
            job = self._done(start, f"{job_id}_again{successor}" if successor else job_id, restore)
            error = job.error_result
            if error is None:
                return job
            if error.get("reason") == "notFound" and restore is not None:
                restored = restored or restore()
            elif not is_passing(error.get("reason", "")) and _CONCURRENT not in error.get("message", ""):
                return job
            failure = Undelivered(sentence(error.get("message") or error.get("reason") or "A job failed"))
            self._budget.wait(_pause(successor), failure)
        raise Undelivered("Jobs kept failing.")

    def _done(self, start: Start, job_id: str, restore: Restore | None) -> Any:
        job = self._started(start, job_id, restore)
        looks = 0
        while job.state != "DONE":
            self._budget.wait(_pause(looks))
            looks += 1
            with translated("look at a job"):
                job.reload(retry=NO_RETRY, timeout=CALL_SECONDS)
        return job

    def _started(self, start: Start, job_id: str, restore: Restore | None) -> Any:
        tries = 0
        restored = False
        while True:
            try:
                return self._start(start, job_id)
            except MissingTable as error:
                if restore is None:
                    raise
                failure: Undelivered = error
                restored = restored or restore()
            except Undelivered as error:
                if not error.retryable:
                    raise
                failure = error
            self._budget.wait(_pause(tries), failure)
            tries += 1

    def _start(self, start: Start, job_id: str) -> Any:
        with translated("start a job"):
            if self._have_run:
                with suppress(exceptions.NotFound):
                    return self._found(job_id)
            try:
                return start(job_id)
            except exceptions.Conflict:
                return self._found(job_id)

    def _found(self, job_id: str) -> Any:
        return self._client.get_job(job_id, location=self._location, retry=NO_RETRY, timeout=CALL_SECONDS)


def _pause(tries: int) -> float:
    return float(min(_FIRST_WAIT_SECONDS * 2.0**tries, _LONGEST_WAIT_SECONDS))
