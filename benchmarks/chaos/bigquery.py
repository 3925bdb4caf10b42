"""BigQuery as far as its connector calls it, in memory, with faults around every call.

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


class Google:
    """What outlives whoever calls: data sets, tables, views, rows and jobs."""

    def __init__(self, refuses: Callable[[Row], bool]) -> None:
        self.refuses = refuses
        self.lock = threading.Lock()
        self.datasets: dict[str, bigquery.Dataset] = {}
        self.definitions: dict[str, bigquery.Table] = {}
        self.jobs: dict[str, Job] = {}
        self.rows: dict[str, list[str]] = {}
        """Ids of events by table, in the order in which they came."""


class Job:
    """A load job; who asks for it again learns how it ended."""

    def __init__(self, error: dict[str, str] | None) -> None:
        self.error = error


class SeenJob:
    """A load job as one caller sees it."""

    def __init__(self, client: "BigQuery", job: Job) -> None:
        self._client = client
        self._job = job
        self.state = "RUNNING"
        self.error_result: dict[str, str] | None = None
        self.errors: list[dict[str, str]] = []

    def reload(self, **_: Any) -> None:
        with self._client.failing("job.reload"):
            self.state = "DONE"
            self.error_result = self._job.error
            self.errors = [self._job.error] if self._job.error else []


class Rows(list[tuple[str]]):
    """What a query answers, and its job."""

    def result(self, **_: Any) -> "Rows":
        return self


class BigQuery:
    """Stands for the client of every environment, as one function calls it."""

    def __init__(self, google: Google, faults: Faults, function: str) -> None:
        self._google = google
        self._faults = faults
        self._function = function

    def client(self, _target: Target) -> "BigQuery":
        return self

    def get_dataset(self, name: str, **_: Any) -> bigquery.Dataset:
        with self.failing("get_dataset"):
            if name not in self._google.datasets:
                raise exceptions.NotFound("Not found: Dataset")
            return self._google.datasets[name]

    def create_dataset(self, dataset: bigquery.Dataset, **_: Any) -> None:
        with self.failing("create_dataset"):
            self._google.datasets[f"{dataset.project}.{dataset.dataset_id}"] = dataset

    def create_table(self, table: bigquery.Table, **_: Any) -> bigquery.Table:
        with self.failing("create_table"), self._google.lock:
            if str(table.reference) in self._google.definitions:
                raise exceptions.Conflict("Already Exists")
            self._google.definitions[str(table.reference)] = table
            self._google.rows[str(table.reference)] = []
        return table

    def get_table(self, table: bigquery.TableReference | str, **_: Any) -> bigquery.Table:
        with self.failing("get_table"):
            if str(table) not in self._google.definitions:
                raise exceptions.NotFound("Not found: Table")
            return self._google.definitions[str(table)]

    def insert_rows_json(
        self, table_id: str, rows: Sequence[Row], *, row_ids: Sequence[str], **_: Any
    ) -> list[dict[str, Any]]:
        with self.failing("insert_rows_json") as kind, self._google.lock:
            if table_id not in self._google.rows:
                raise exceptions.NotFound("Not found: Table")
            refused = {place for place, row in enumerate(rows) if self._google.refuses(row)}
            if refused:
                stopped = set(range(len(rows))) - refused
                reasons = {**dict.fromkeys(refused, "invalid"), **dict.fromkeys(stopped, "stopped")}
            else:
                places = self._faults.some_of(len(rows)) if kind is Kind.PARTIAL else []
                reasons = dict.fromkeys(places, "backendError")
                self._google.rows[table_id] += [id_ for place, id_ in enumerate(row_ids) if place not in reasons]
        return [{"index": place, "errors": [{"reason": reason}]} for place, reason in sorted(reasons.items())]

    def load_table_from_file(self, file: IO[bytes], table_id: str, *, job_id: str, **_: Any) -> SeenJob:
        with self.failing("load_table_from_file") as kind, self._google.lock:
            if table_id not in self._google.rows:
                raise exceptions.NotFound("Not found: Table")
            if job_id in self._google.jobs:
                raise exceptions.Conflict("Already Exists: Job")
            error = None
            rows = [orjson.loads(line) for line in file.read().splitlines()]
            if kind is Kind.PARTIAL:
                error = {"reason": "backendError", "message": "failed on purpose"}
            elif any(map(self._google.refuses, rows)):
                error = {"reason": "invalid", "message": "a row of it can't be read"}
            else:
                self._google.rows[table_id] += [row["_event_id"] for row in rows]
            self._google.jobs[job_id] = job = Job(error)
        return SeenJob(self, job)

    def get_job(self, job_id: str, **_: Any) -> SeenJob:
        with self.failing("get_job"):
            return SeenJob(self, self._google.jobs[job_id])

    def query(self, statement: str, *, job_config: bigquery.QueryJobConfig, **_: Any) -> Rows:
        """Make a view, or say which of the asked events stand in a table twice, or leave one row of each."""
        with self.failing("query") as kind, self._google.lock:
            if kind is Kind.PARTIAL:
                raise exceptions.BadRequest("Transaction is aborted due to concurrent update")
            if statement.startswith("CREATE OR REPLACE VIEW"):
                self._make_view(statement)
                return Rows()
            (table_id,) = set(re.findall(r"(?:FROM|INTO) `([^`]+)`", statement))
            asked = {name for parameter in job_config.query_parameters for name in getattr(parameter, "values", ())}
            counts = Counter(event_id for event_id in self._google.rows[table_id] if event_id in asked)
            doubled = [event_id for event_id, count in counts.items() if count > 1]
            if not statement.startswith("SELECT"):
                others = [event_id for event_id in self._google.rows[table_id] if event_id not in asked]
                self._google.rows[table_id] = [*others, *counts]
        return Rows([(event_id,) for event_id in doubled])

    def _make_view(self, statement: str) -> None:
        name = statement.split("`")[1]
        view = bigquery.Table(name)
        view.view_query = statement.partition(" AS ")[2]
        view.labels = dict(re.findall(r"\('(\w+)', '(\w+)'\)", statement))
        self._google.definitions[name] = view

    @contextmanager
    def failing(self, call: str) -> Iterator[Kind | None]:
        """Fail as Google's client does, before or after what is done within."""
        kind = self._faults.roll(f"{self._function}.bigquery.{call}")
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
