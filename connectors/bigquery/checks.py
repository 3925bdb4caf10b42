"""The live check: everything that delivery does, done once with a table of its own, which is removed again."""

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, TypeVar
from uuid import uuid4

import orjson
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, translated
from connectors.bigquery.job_counts import JobCounts
from connectors.bigquery.loading import Loading
from connectors.bigquery.revisions import Places
from connectors.bigquery.rows import INSERT_ALL
from connectors.bigquery.streaming import Streaming
from connectors.bigquery.tables import (
    CALL_SECONDS,
    check_owner,
    columns,
    dataset_id,
    definition,
    ensure_dataset,
    find_dataset,
    table_id,
)
from connectors.bigquery.views import run
from domain.delivery.connectors import Budget, CheckStep, RevisionTable, Target, failed_step
from domain.delivery.landed import LandedObject
from domain.errors import Undelivered
from domain.ids import new_event_ids

_PROBE_HOURS = 1
_PAUSE_SECONDS = 1.0

T = TypeVar("T")


class Check:
    """Tries one destination."""

    def __init__(self, client: bigquery.Client, target: Target, budget: Budget, counts: JobCounts) -> None:
        self._client = client
        self._target = target
        # The probe's table is its own, and neither the environment's nor, of one that is being made, nobody's.
        self._probe_target = replace(target, environment_id=f"check_{uuid4().hex}")
        self._budget = budget
        self._counts = counts
        self._steps: list[CheckStep] = []

    def run(self) -> list[CheckStep]:
        """Return the steps, the failed one last; what was made for it is removed."""
        made_dataset = False
        probe = RevisionTable(f"ingest_check_{uuid4().hex[:12]}", "rev_check", "check", ())
        name = table_id(self._target, probe.name)
        try:
            made_dataset = self._tried(lambda: find_dataset(self._client, self._target)) is None
            self._tried(lambda: ensure_dataset(self._client, self._target))
            self._passed("dataset")
            self._tried(self._look_at_name)
            self._passed("name")
            self._tried(lambda: self._make(probe))
            self._passed("table")
            self._write(probe)
            self._passed("write")
            self._tried(
                lambda: run(self._client, self._target, "SELECT 1", "run a query, as making the view is", dry=True)
            )
            self._passed("query")
        except Undelivered as error:
            names = ("dataset", "name", "table", "write", "query")
            self._steps.append(failed_step(names[len(self._steps)], str(error)))
        finally:
            # What can't be removed now expires automatically.
            with suppress(GoogleAPICallError, OSError):
                self._client.delete_table(name, not_found_ok=True, retry=NO_RETRY, timeout=CALL_SECONDS)
                if made_dataset:
                    self._client.delete_dataset(
                        dataset_id(self._target),
                        not_found_ok=True,
                        retry=NO_RETRY,
                        timeout=CALL_SECONDS,
                    )
        return self._steps

    def _tried(self, step: Callable[[], T]) -> T:
        """Do a step, again where time may help, as long as another call and a wait fit into the check's time."""
        while True:
            try:
                return step()
            except Undelivered as error:
                if not error.retryable or self._budget.seconds_left() < CALL_SECONDS + _PAUSE_SECONDS:
                    raise
            self._budget.wait(_PAUSE_SECONDS)

    def _passed(self, name: str) -> None:
        self._steps.append(CheckStep(name))

    def _look_at_name(self) -> None:
        name = table_id(self._target, self._target.destination["table"])
        try:
            with translated("look at the view"):
                found = self._client.get_table(name, retry=NO_RETRY, timeout=CALL_SECONDS)
        except MissingTable:
            return
        check_owner(self._target, found)

    def _make(self, probe: RevisionTable) -> None:
        table = definition(self._probe_target, probe.name, columns(probe))
        table.expires = datetime.now(UTC) + timedelta(hours=_PROBE_HOURS)
        with translated("make a table"):
            self._client.create_table(table, exists_ok=True, retry=NO_RETRY, timeout=CALL_SECONDS)

    def _write(self, probe: RevisionTable) -> None:
        destination = self._target.destination
        places = Places(self._client, self._probe_target, lambda _: probe, INSERT_ALL)
        now = datetime.now(UTC)
        received_at = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        (event_id,) = new_event_ids(1, int(now.timestamp() * 1000))
        line = orjson.dumps({"_event_id": event_id, "_received_at": received_at, "_revision_id": probe.revision_id})
        landed = LandedObject(_OneObject(line), "check", probe.name)
        if destination["mode"] == "stream":
            outcomes = Streaming(self._client, destination["location"], places, self._budget).deliver(landed)
        else:
            loading = Loading(self._client, destination["location"], places, self._budget, self._counts)
            outcomes = loading.deliver(landed)
        if not outcomes.delivered:
            raise Undelivered("BigQuery refused a row that is sound.", retryable=False)


class _OneObject:
    """The part of an `ObjectStore` that a landed object needs, with one line in it."""

    def __init__(self, line: bytes) -> None:
        self._line = line

    def open(self, _bucket: str, _key: str) -> BinaryIO:
        return io.BytesIO(self._line)
