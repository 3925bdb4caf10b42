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
from datetime import datetime
from typing import IO, Any

import orjson
import requests
from google.api_core import exceptions
from google.cloud import bigquery

from benchmarks.chaos.faults import Faults, Killed, Kind
from domain.delivery.connectors import Target

Row = Mapping[str, Any]
Answer = tuple[str, ...] | tuple[str, datetime]
"""A row of what a query answers."""


class Google:
    """What outlives whoever calls: data sets, tables, views, rows and jobs."""

    def __init__(self, refuses: Callable[[Row], bool]) -> None:
        self.refuses = refuses
        self.lock = threading.Lock()
        self.datasets: dict[str, bigquery.Dataset] = {}
        self.definitions: dict[str, bigquery.Table] = {}
        self.jobs: dict[str, Job] = {}
        self.rows: dict[str, list[tuple[str, datetime]]] = {}
        """By table, the id and the time of arrival of each row."""


class Job:
    """A job; each later call for it learns how it ended."""

    def __init__(self, error: dict[str, str] | None, rows: Sequence[Answer] = ()) -> None:
        self.error = error
        self.rows = rows


class SeenJob:
    """A job as one caller sees it."""

    def __init__(self, client: "BigQuery", job: Job, *, is_done: bool = False) -> None:
        self._client = client
        self._job = job
        self.state = "RUNNING"
        self.error_result: dict[str, str] | None = None
        self.errors: list[dict[str, str]] = []
        if is_done:
            self._ended()

    def reload(self, **_: Any) -> None:
        with self._client.failing("job.reload"):
            self._ended()

    def _ended(self) -> None:
        self.state = "DONE"
        self.error_result = self._job.error
        self.errors = [self._job.error] if self._job.error else []

    def result(self, **_: Any) -> Sequence[Answer]:
        with self._client.failing("job.result"):
            return self._job.rows


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

    def insert_rows_json(self, table_id: str, rows: Sequence[Row], **_: Any) -> list[dict[str, Any]]:
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
                self._google.rows[table_id] += [_kept(row) for place, row in enumerate(rows) if place not in reasons]
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
                self._google.rows[table_id] += [_kept(row) for row in rows]
            self._google.jobs[job_id] = job = Job(error)
        return SeenJob(self, job)

    def get_job(self, job_id: str, **_: Any) -> SeenJob:
        """Return a job as it ended: whoever started it is gone by now."""
        with self.failing("get_job"):
            job = self._google.jobs.get(job_id)
            if job is None:
                raise exceptions.NotFound("Not found: Job")
            return SeenJob(self, job, is_done=True)

    def query(
        self, statement: str, *, job_config: bigquery.QueryJobConfig, job_id: str | None = None, **_: Any
    ) -> SeenJob:
        """Make a view, or say which of the asked events stand in a table twice, or leave one row of each."""
        with self.failing("query") as kind, self._google.lock:
            if job_id is None:
                self._make_view(statement)
                return SeenJob(self, Job(None))
            if job_id in self._google.jobs:
                raise exceptions.Conflict("Already Exists: Job")
            if kind is Kind.PARTIAL:
                job = Job({"reason": "invalidQuery", "message": "Transaction is aborted due to concurrent update"})
            else:
                job = Job(None, self._swept(statement, job_config))
            self._google.jobs[job_id] = job
        return SeenJob(self, job)

    def _swept(self, statement: str, job_config: bigquery.QueryJobConfig) -> Sequence[Answer]:
        table_id, *others = dict.fromkeys(re.findall(r"(?:FROM|INTO) `([^`]+)`", statement))
        asked = {name for parameter in job_config.query_parameters for name in getattr(parameter, "values", ())}
        if others:
            return self._swept_beside(statement, (table_id, *others), asked)
        counts = Counter(event_id for event_id, _ in self._google.rows[table_id] if event_id in asked)
        if statement.startswith("SELECT"):
            return [(event_id,) for event_id, count in counts.items() if count > 1]
        rows = sorted(self._google.rows[table_id], key=lambda row: row[1])
        kept, gone, seen = [], [], set()
        for row in rows:
            (gone if row[0] in asked and row[0] in seen else kept).append(row)
            seen.add(row[0])
        self._google.rows[table_id] = kept
        return gone

    def _swept_beside(self, statement: str, table_ids: Sequence[str], asked: set[str]) -> Sequence[Any]:
        """Do the same for two tables: each event stays in the one that has its earliest row."""
        found = [(row, name) for name in table_ids for row in self._google.rows[name] if row[0] in asked]
        stays: dict[str, str] = {}
        for row, name in sorted(found, key=lambda each: (each[0][1], each[1])):
            stays.setdefault(row[0], name)
        gone = [(row, name) for row, name in found if stays[row[0]] != name]
        if statement.startswith("SELECT"):
            return [(event_id,) for event_id in {row[0] for row, _ in gone}]
        for row, name in gone:
            self._google.rows[name].remove(row)
        return [(*row, int(name != table_ids[0])) for row, name in gone]

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


def _kept(row: Row) -> tuple[str, datetime]:
    return row["_event_id"], datetime.fromisoformat(row["_received_at"])
