"""The live check: everything that delivery does, done once with a table of its own, which is removed again."""

import io
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from uuid import uuid4

import orjson
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery

from connectors.bigquery.failures import NO_RETRY, MissingTable, translated
from connectors.bigquery.loading import Loading
from connectors.bigquery.revisions import Places
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


class Check:
    """Tries one destination."""

    def __init__(self, client: bigquery.Client, target: Target, budget: Budget) -> None:
        self._client = client
        self._target = target
        self._budget = budget
        self._steps: list[CheckStep] = []

    def run(self) -> list[CheckStep]:
        """Return the steps, the failed one last; what was made for it is removed."""
        made_dataset = False
        probe = RevisionTable(f"ingest_check_{uuid4().hex[:12]}", "rev_check", "check", ())
        name = table_id(self._target, probe.name)
        try:
            made_dataset = find_dataset(self._client, self._target) is None
            ensure_dataset(self._client, self._target)
            self._passed("dataset")
            self._look_at_name()
            self._passed("name")
            self._make(probe)
            self._passed("table")
            self._write(probe)
            self._passed("write")
            run(self._client, self._target, "SELECT 1", "run a query, as making the view is", dry=True)
            self._passed("query")
        except Undelivered as error:
            names = ("dataset", "name", "table", "write", "query")
            self._steps.append(failed_step(names[len(self._steps)], str(error)))
        finally:
            # What can't be removed now expires by itself.
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
        table = definition(self._target, probe.name, columns(probe))
        table.expires = datetime.now(UTC) + timedelta(hours=_PROBE_HOURS)
        with translated("make a table"):
            self._client.create_table(table, retry=NO_RETRY, timeout=CALL_SECONDS)

    def _write(self, probe: RevisionTable) -> None:
        destination = self._target.destination
        places = Places(self._client, self._target, lambda _: probe, exact_integers=True)
        now = datetime.now(UTC)
        received_at = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        (event_id,) = new_event_ids(1, int(now.timestamp() * 1000))
        line = orjson.dumps({"_event_id": event_id, "_received_at": received_at, "_revision_id": probe.revision_id})
        landed = LandedObject(_OneObject(line), "check", probe.name)
        if destination["mode"] == "stream":
            outcomes = Streaming(self._client, places, self._budget).deliver(landed)
        else:
            outcomes = Loading(self._client, destination["location"], places, self._budget).deliver(landed)
        if not outcomes.delivered:
            raise Undelivered("BigQuery refused a row that is sound.", retryable=False)


class _OneObject:
    """The part of an `ObjectStore` that a landed object needs, with one line in it."""

    def __init__(self, line: bytes) -> None:
        self._line = line

    def open(self, _bucket: str, _key: str) -> BinaryIO:
        return io.BytesIO(self._line)
