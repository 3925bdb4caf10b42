"""Services, the functions on them, and those who send to them, change things and let time pass."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from adapters.sqlite.queue import SqliteQueue
from benchmarks.chaos.faults import Faults, Killed
from benchmarks.chaos.functions import Function, Functions
from benchmarks.chaos.operator import Operator
from benchmarks.chaos.postgres import Server
from benchmarks.chaos.services import Services, table_of, url_of
from domain.errors import Undelivered
from local.workers import sqs_event

VISIBILITY_SECONDS = 60.0
IDLE_SECONDS = 60.0
_UPKEEP_EVERY = 10
"""Runs of the schedules."""


class World(Services):
    """All of it."""

    def __init__(self, folder: Path, faults: Faults, random: Random, server: Server | None = None) -> None:
        super().__init__(folder, faults, server)
        self.random = random
        self.unexpected: list[Exception] = []
        self.functions = Functions(self, faults, random)
        self.ingest = Function(faults, self.functions.ingest)
        self._workers: list[tuple[str, SqliteQueue, Function]] = [
            ("redeliver", self.spill, Function(faults, self.functions.redeliver)),
            ("quarantine_writer", self.quarantine, Function(faults, self.functions.quarantine_writer)),
            ("delivered", self.stored, Function(faults, self.functions.delivered)),
            ("bigquery_writer", self.landed, Function(faults, self.functions.bigquery_writer)),
            ("provisioner", self.provision, Function(faults, self.functions.provisioner)),
            ("tap_writer", self.tapped, Function(faults, self.functions.tap_writer)),
            ("redrive", self.redrives, Function(faults, self.functions.redrive_worker)),
            ("trial", self.trials, Function(faults, self.functions.trial_worker)),
        ]
        self._schedules: list[tuple[Function, dict[str, Any]]] = [
            (Function(faults, self.functions.outbox), {}),
            (Function(faults, self.functions.metering), {}),
            (Function(faults, self.functions.ledger), {}),
            (Function(faults, self.functions.redrive_starter), {"step": "sweep"}),
            (Function(faults, self.functions.trial_starter), {"step": "sweep"}),
        ]
        self._upkeep = Function(faults, self.functions.lake_upkeep)
        self._runs = 0
        # People's changes are done or refused; what they send to the provisioner may not arrive.
        provision = faults.around(self.provision, "operator.provision", can_kill=False)
        connectors = partial(self.functions.connector, "operator")
        self.operator = Operator(self.table, provision, self.clock, connectors, self.secrets, random)

    def add_environment(self, number: int, streams: int, mode: str | None = None) -> str:
        """Have an environment made.

        `mode` is BigQuery's, `http` for a target, `postgres`, `lake` and `parquet` for a table there, None for the data
        bucket.
        """
        name = f"Environment {number}"
        if mode is None:
            return self.operator.make_environment(name, {"type": "s3", "managed": True}, streams)
        if mode == "http":
            return self.operator.make_environment(
                name, {"type": "http", "url": url_of(number), "max_events": 20}, streams
            )
        if mode == "postgres":
            assert self.postgres
            place = {"dsn": self.postgres.dsn, "schema": self.postgres.schema, "table": table_of(number)}
            return self.operator.make_environment(name, {"type": "postgres", **place}, streams)
        if mode in {"lake", "parquet"}:
            table_format = "iceberg" if mode == "lake" else mode
            place = {"managed": True, "table_format": table_format, "table": table_of(number)}
            return self.operator.make_environment(name, {"type": "lake", **place}, streams)
        fields = {"project": "project", "dataset": "events", "location": "EU", "mode": mode, "table": table_of(number)}
        return self.operator.make_environment(name, {"type": "bigquery", **fields}, streams)

    def work(self) -> bool:
        """Let every queue's function take one batch, and the streams deliver what is due; say whether anything was."""
        worked = False
        for name, queue, function in self._workers:
            worked = self._work_on(name, queue, function) or worked
        self.streams.flush_due()
        return worked

    def run_schedules(self) -> None:
        """Run every scheduled function once; one that fails is run again by the next schedule.

        Lakes are looked after less often: else tables would have ever more files, which a look for repeats reads.
        """
        self._runs += 1
        upkeep: list[tuple[Function, dict[str, Any]]] = [(self._upkeep, {})] if self._runs % _UPKEEP_EVERY == 0 else []
        for function, event in (*self._schedules, *upkeep):
            try:
                function(event)
            except Undelivered:
                pass
            except Exception as error:  # noqa: BLE001 - none of them may let another one out
                self.unexpected.append(error)

    def pause(self, seconds: float) -> None:
        """Let time pass: more of it where no message could be worked on meanwhile."""
        is_busy = any(queue.has_visible() for _, queue, _ in self._workers)
        self.clock.forward(seconds if is_busy else IDLE_SECONDS)

    def depth(self) -> int:
        """Return how many messages wait in all queues."""
        return self.waiting().total()

    def waiting(self) -> Counter[str]:
        """Return how many messages wait, by queue."""
        return +Counter({queue.name: queue.depth() for _, queue, _ in self._workers})

    def _work_on(self, name: str, queue: SqliteQueue, function: Function) -> bool:
        # As in the local run: a redrive's message is much work, and nine others would come again with it.
        # All others come in batches of any size, as they do on AWS; one of ten is rarely through before a kill.
        most = 1 if queue is self.redrives else self.random.randint(1, 10)
        messages = queue.receive(most, VISIBILITY_SECONDS)
        if not messages:
            return False
        try:
            answer = function(sqs_event(queue.name, messages))
        except Exception as error:  # noqa: BLE001 - none of them may let one out
            self.unexpected.append(error)
            return True
        if answer is None:
            return True  # nobody deletes anything: all of them come again
        failed = {row["itemIdentifier"] for row in answer["batchItemFailures"]}
        self._settle(name, queue, [message.id for message in messages if message.id not in failed], sorted(failed))
        return True

    def _settle(self, name: str, queue: SqliteQueue, done: Sequence[str], failed: Sequence[str]) -> None:
        settled = self.faults.around(queue, f"{name}.queue")
        try:
            settled.delete(done)
            if failed:
                settled.release(failed, delay_seconds=1.0)
        except (Killed, Undelivered):
            pass  # what was not deleted comes again once its time is over
