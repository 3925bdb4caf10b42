"""A client of BigQuery in memory that answers as BigQuery does, row by row, and fails when it is told to."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

from google.api_core import exceptions

from domain.delivery.connectors import RevisionTable, Target

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
TARGET = Target(
    "org_1",
    "env_1",
    {
        "type": "bigquery",
        "project": "my-project",
        "dataset": "events",
        "location": "EU",
        "mode": "stream",
        "partitioning": "DAY",
        "require_partition_filter": False,
        "table": "shop",
        "identity": None,
    },
)
MAPS = [
    {"key": "name", "type": "STRING"},
    {"key": "count", "type": "INT", "presence": "optional"},
    {"key": "seen_at", "type": "TIMESTAMP", "presence": "optional"},
]
TABLE = RevisionTable("shop_first_00000001", "rev_1", "First", MAPS)


def failure(code, message="It is so.", reason="backendError"):
    kinds = {400: exceptions.BadRequest, 403: exceptions.Forbidden, 404: exceptions.NotFound, 409: exceptions.Conflict}
    kind = kinds.get(code) or {429: exceptions.TooManyRequests, 503: exceptions.ServiceUnavailable}[code]
    return kind(message, errors=[{"reason": reason, "message": message}])


class Job:
    """A job; it is done once it has been looked at again."""

    def __init__(self, rows, error):
        self.state = "RUNNING"
        self.rows = rows
        self._error = error
        self.error_result = None
        self.errors = []
        self.has_expired = False

    def reload(self, **options):
        self.state = "DONE"
        if self._error:
            self.error_result, self.errors = self._error, [self._error]

    def result(self, **options):
        if self.has_expired:
            raise failure(404, "Not found: Table anon1", "notFound")
        return self.rows


class FakeBigQuery:
    """Datasets, tables, views, rows and jobs. `faults`: by method, what its next calls raise; None: nothing."""

    def __init__(self):
        self.datasets = {}
        self.tables = {}
        self.rows = {}
        self.jobs = {}
        self.calls = Counter()
        self.faults = {}
        self.poison = lambda row: None
        self.job_errors = []
        self.query_errors = []
        self.largest_request = (0, 0)

    def event_ids(self, name=TABLE.name):
        return [row["_event_id"] for row in self.rows.get(f"my-project.events.{name}", [])]

    def client(self, target):
        return self

    def _called(self, method):
        self.calls[method] += 1
        queue = self.faults.get(method)
        if queue:
            error = queue.pop(0)
            if error is not None:
                raise error

    def get_dataset(self, name, **options):
        self._called("get_dataset")
        if name not in self.datasets:
            raise failure(404, f"Not found: Dataset {name}", "notFound")
        return self.datasets[name]

    def create_dataset(self, dataset, **options):
        self._called("create_dataset")
        self.datasets[f"{dataset.project}.{dataset.dataset_id}"] = dataset

    def delete_dataset(self, name, **options):
        del self.datasets[name]

    def create_table(self, table, **options):
        self._called("create_table")
        name = str(table.reference)
        if name in self.tables and not options.get("exists_ok"):
            raise failure(409, f"Already Exists: Table {name}", "duplicate")
        self.tables[name] = table
        self.rows.setdefault(name, [])

    def get_table(self, reference, **options):
        self._called("get_table")
        if str(reference) not in self.tables:
            raise failure(404, f"Not found: Table {reference}", "notFound")
        return self.tables[str(reference)]

    def update_table(self, table, fields, **options):
        self._called("update_table")
        self.tables[str(table.reference)] = table

    def delete_table(self, name, **options):
        self.tables.pop(name, None)
        self.rows.pop(name, None)

    def insert_rows_json(self, name, rows, *, row_ids, **options):
        self._called("insert_rows_json")
        size = len(json.dumps(rows).encode())
        self.largest_request = max(self.largest_request[0], len(rows)), max(self.largest_request[1], size)
        schema = self.get_table(name).schema
        errors = [
            {"index": index, "errors": [{"reason": "invalid", "message": message}]}
            for index, row in enumerate(rows)
            if (message := self._fault(schema, row, streamed=True))
        ]
        if errors:
            bad = {entry["index"] for entry in errors}
            stopped = [{"reason": "stopped", "message": ""}]
            return errors + [{"index": i, "errors": stopped} for i in range(len(rows)) if i not in bad]
        known = {row["_event_id"] for row in self.rows[name]}
        self.rows[name] += [row for row, row_id in zip(rows, row_ids, strict=True) if row_id not in known]
        return []

    def load_table_from_file(self, file, name, *, job_id, job_config, **options):
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,1024}", job_id)
        rows = [json.loads(line) for line in file.read().splitlines()]
        self._called("load_table_from_file")
        if job_id in self.jobs:
            raise failure(409, f"Already Exists: Job {job_id}", "duplicate")
        schema = self.get_table(name).schema
        messages = [message for row in rows if (message := self._fault(schema, row, streamed=False))]
        error = {"reason": "invalid", "message": messages[0]} if messages else None
        if self.job_errors:
            error = self.job_errors.pop(0) or error
        self.jobs[job_id] = Job(rows, error)
        if error is None:
            self.rows[name] += rows
        self._called("load_table_from_file_done")
        return self.jobs[job_id]

    def get_job(self, job_id, **options):
        self._called("get_job")
        if job_id not in self.jobs:
            raise failure(404, f"Not found: Job {job_id}", "notFound")
        return self.jobs[job_id]

    def query(self, statement, *, job_config, job_id=None, **options):
        """Do what a sweep asks for: say which events stand in a table twice, or leave the earliest row of each."""
        if job_config.dry_run:
            self._called("query")
            return Job([], None)
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,1024}", job_id)
        self._called("query")
        if job_id in self.jobs:
            raise failure(409, f"Already Exists: Job {job_id}", "duplicate")
        error = self.query_errors.pop(0) if self.query_errors else None
        self.jobs[job_id] = Job([] if error else self._swept(statement, job_config), error)
        self._called("query_done")
        return self.jobs[job_id]

    def _swept(self, statement, job_config):
        name, *others = dict.fromkeys(re.findall(r"(?:FROM|INTO) `([^`]+)`", statement))
        given = {parameter.name: parameter for parameter in job_config.query_parameters}
        start, end, event_ids = given["start"].value, given["end"].value, set(given["event_ids"].values)
        by_id = {}
        found = [(row, table) for table in (name, *others) for row in self._asked(table, event_ids, start, end)]
        for row, table in sorted(found, key=lambda each: (each[0]["_received_at"], each[1])):
            by_id.setdefault(row["_event_id"], []).append((row, table))
        if statement.startswith("SELECT DISTINCT"):
            return [(event_id,) for event_id in by_id]
        if others:
            return self._swept_beside(statement, name, by_id)
        by_id = {event_id: [row for row, _ in rows] for event_id, rows in by_id.items()}
        if statement.startswith("SELECT"):
            return [(event_id,) for event_id, rows in by_id.items() if len(rows) > 1]
        assert statement.split()[:2] == ["BEGIN", "TRANSACTION;"]
        gone = [row for rows in by_id.values() for row in rows[1:]]
        self.rows[name] = [row for row in self.rows[name] if not any(row is other for other in gone)]
        return [(row["_event_id"], datetime.fromisoformat(row["_received_at"])) for row in gone]

    def _asked(self, name, event_ids, start, end):
        self.get_table(name)
        return [
            row
            for row in self.rows[name]
            if row["_event_id"] in event_ids and start <= datetime.fromisoformat(row["_received_at"]) < end
        ]

    def _swept_beside(self, statement, own, by_id):
        """Do the same for two tables: each event stays in the one that has its earliest row."""
        if statement.startswith("SELECT"):
            return [(event_id,) for event_id, rows in by_id.items() if len({table for _, table in rows}) > 1]
        assert statement.split()[:2] == ["BEGIN", "TRANSACTION;"]
        gone = [(row, table) for rows in by_id.values() for row, table in rows if table != rows[0][1]]
        for row, table in gone:
            self.rows[table] = [other for other in self.rows[table] if other is not row]
        return [
            (row["_event_id"], datetime.fromisoformat(row["_received_at"]), int(table != own)) for row, table in gone
        ]

    def _fault(self, schema, row, *, streamed):
        """Return why BigQuery would refuse a row."""
        for field in schema:
            value = row.get(field.name)
            if value is None:
                if field.mode == "REQUIRED":
                    return f"Missing required field: {field.name}."
            elif streamed and isinstance(value, int) and float(value) != value:
                return f"The number in {field.name} is read as a double."
        age = NOW - datetime.fromisoformat(row["_received_at"])
        if streamed and not timedelta(days=-366) <= age <= timedelta(days=1825):
            return "Value for field _received_at is outside the allowed bounds."
        return self.poison(row)


def fields_of(client, name):
    return {field.name: (field.field_type, field.mode) for field in client.tables[name].schema}
