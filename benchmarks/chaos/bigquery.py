"""BigQuery as far as its writer calls it, in memory, with faults around every call.

It keeps what it is told literally: it forgets no row that came twice, however near, so that what a reader would have to
tell apart by its id shows. Rows that its `refuses` names are refused as BigQuery does: alone among others that it calls
stopped, or with the whole of their load job.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

import orjson
import requests
from google.api_core import exceptions
from google.cloud import bigquery

from benchmarks.chaos.faults import Faults, Killed, Kind
from domain.delivery.connectors import Target

Row = Mapping[str, Any]
_FUNCTION = "bigquery_writer"


class Job:
    """A load job; who asks for it again learns how it ended."""

    def __init__(self, service: "BigQuery", error: dict[str, str] | None) -> None:
        self._service = service
        self._error = error
        self.state = "RUNNING"
        self.error_result: dict[str, str] | None = None
        self.errors: list[dict[str, str]] = []

    def reload(self, **_: Any) -> None:
        with self._service.failing("job.reload"):
            self.state = "DONE"
            self.error_result = self._error
            self.errors = [self._error] if self._error else []


class Rows(list[tuple[str]]):
    """What a query answers, and its job."""

    def result(self, **_: Any) -> "Rows":
        return self


class BigQuery:
    """Stands for the client of every environment."""

    def __init__(self, faults: Faults, refuses: Callable[[Row], bool]) -> None:
        self._faults = faults
        self._refuses = refuses
        self._lock = threading.Lock()
        self._definitions: dict[str, bigquery.Table] = {}
        self._jobs: dict[str, Job] = {}
        self.rows: dict[str, list[str]] = {}
        """Ids of events by table, in the order in which they came."""

    def client(self, _target: Target) -> "BigQuery":
        return self

    def create_table(self, table: bigquery.Table, **_: Any) -> bigquery.Table:
        name = f"{table.project}.{table.dataset_id}.{table.table_id}"
        with self.failing("create_table"), self._lock:
            if name in self._definitions:
                raise exceptions.Conflict("Already Exists")
            self._definitions[name] = table
            self.rows[name] = []
        return table

    def get_table(self, table: bigquery.TableReference, **_: Any) -> bigquery.Table:
        with self.failing("get_table"):
            return self._definitions[f"{table.project}.{table.dataset_id}.{table.table_id}"]

    def insert_rows_json(
        self, table_id: str, rows: Sequence[Row], *, row_ids: Sequence[str], **_: Any
    ) -> list[dict[str, Any]]:
        with self.failing("insert_rows_json") as kind, self._lock:
            if table_id not in self.rows:
                raise exceptions.NotFound("Not found: Table")
            refused = {place for place, row in enumerate(rows) if self._refuses(row)}
            if refused:
                stopped = set(range(len(rows))) - refused
                reasons = {**dict.fromkeys(refused, "invalid"), **dict.fromkeys(stopped, "stopped")}
            else:
                places = self._faults.some_of(len(rows)) if kind is Kind.PARTIAL else []
                reasons = dict.fromkeys(places, "backendError")
                self.rows[table_id] += [event_id for place, event_id in enumerate(row_ids) if place not in reasons]
        return [{"index": place, "errors": [{"reason": reason}]} for place, reason in sorted(reasons.items())]

    def load_table_from_file(self, file: IO[bytes], table_id: str, *, job_id: str, **_: Any) -> Job:
        with self.failing("load_table_from_file") as kind, self._lock:
            if table_id not in self.rows:
                raise exceptions.NotFound("Not found: Table")
            if job_id in self._jobs:
                raise exceptions.Conflict("Already Exists: Job")
            error = None
            rows = [orjson.loads(line) for line in file.read().splitlines()]
            if kind is Kind.PARTIAL:
                error = {"reason": "backendError", "message": "failed on purpose"}
            elif any(map(self._refuses, rows)):
                error = {"reason": "invalid", "message": "a row of it can't be read"}
            else:
                self.rows[table_id] += [row["_event_id"] for row in rows]
            self._jobs[job_id] = job = Job(self, error)
        return job

    def get_job(self, job_id: str, **_: Any) -> Job:
        with self.failing("get_job"):
            return self._jobs[job_id]

    def query(self, statement: str, *, job_config: bigquery.QueryJobConfig, **_: Any) -> Rows:
        """Say which of the asked events stand in a table twice, or leave one row of each."""
        (table_id,) = set(re.findall(r"(?:FROM|INTO) `([^`]+)`", statement))
        asked = {name for parameter in job_config.query_parameters for name in getattr(parameter, "values", ())}
        with self.failing("query") as kind, self._lock:
            if kind is Kind.PARTIAL:
                raise exceptions.BadRequest("Transaction is aborted due to concurrent update")
            counts = Counter(event_id for event_id in self.rows[table_id] if event_id in asked)
            doubled = [event_id for event_id, count in counts.items() if count > 1]
            if not statement.startswith("SELECT"):
                others = [event_id for event_id in self.rows[table_id] if event_id not in asked]
                self.rows[table_id] = [*others, *counts]
        return Rows([(event_id,) for event_id in doubled])

    @contextmanager
    def failing(self, call: str) -> Iterator[Kind | None]:
        """Fail as Google's client does, before or after what is done within."""
        kind = self._faults.roll(f"{_FUNCTION}.{call}")
        if kind is Kind.KILL_BEFORE:
            raise Killed(call)
        if kind is Kind.TIMEOUT_BEFORE:
            raise requests.ConnectTimeout
        if kind is Kind.THROTTLE:
            raise exceptions.TooManyRequests("throttled on purpose")
        yield kind
        if kind is Kind.KILL_AFTER:
            raise Killed(call)
        if kind is Kind.TIMEOUT_AFTER:
            raise requests.ReadTimeout
