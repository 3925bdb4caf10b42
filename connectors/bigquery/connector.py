"""BigQuery as a destination."""

import time
from collections.abc import Callable, Iterable, Sequence

from connectors.bigquery.capabilities import CAPABILITIES, EMULATED
from connectors.bigquery.checks import Check
from connectors.bigquery.clients import Clients
from connectors.bigquery.job_counts import JobCounts
from connectors.bigquery.loading import Loading
from connectors.bigquery.planned_views import by_kind, left_out_by_kind, united
from connectors.bigquery.revisions import Places
from connectors.bigquery.rows import reading
from connectors.bigquery.streaming import Streaming
from connectors.bigquery.tables import ensure_dataset, ensure_table
from connectors.bigquery.views import ensure_views
from domain.clock import Clock
from domain.delivery.budget import TimeBudget
from domain.delivery.connectors import Budget, Capabilities, CheckStep, ColumnApart, RevisionTable, TableOf, Target
from domain.delivery.identity import AwsIdentity
from domain.delivery.landed import LandedObject, Outcomes

CHECK_SECONDS = 20.0


class BigQueryConnector:
    """Implements `Connector`."""

    def __init__(
        self,
        *,
        emulator_host: str | None = None,
        aws_identity: AwsIdentity | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        clock: Clock = time.time_ns,
        clients: Clients | None = None,
    ) -> None:
        """Take the address of an emulator, if that is what stands for BigQuery, and what vouches for organisations."""
        self._clients = clients or Clients(emulator_host, aws_identity)
        self._is_emulated = bool(emulator_host)
        self._capabilities = EMULATED if emulator_host else CAPABILITIES
        self._monotonic = monotonic
        self._sleep = sleep
        self._counts = JobCounts(clock)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def check(self, target: Target) -> list[CheckStep]:
        budget = TimeBudget(CHECK_SECONDS, self._monotonic, self._sleep)
        return Check(self._clients.client(target), target, budget, self._counts).run()

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        client = self._clients.client(target)
        ensure_dataset(client, target)
        for table in tables:
            ensure_table(client, target, table)
        return []

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        views = [united(target, reversed(tables)), *by_kind(target, tables)]
        ensure_views(self._clients.client(target), target, views)

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str]:
        return [part.revision_id for part in united(target, newest_first).parts]

    def left_out_by_kind(self, target: Target, tables: Sequence[RevisionTable]) -> dict[str, list[str]]:
        return left_out_by_kind(target, tables)

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        client = self._clients.client(target)
        mode: str = target.destination["mode"]
        location: str = target.destination["location"]
        places = Places(client, target, tables, reading(mode, is_emulated=self._is_emulated))
        if mode == "stream":
            return Streaming(client, location, places, budget).deliver(landed)
        loading = Loading(client, location, places, budget, self._counts, have_run=landed.was_tried)
        return loading.deliver(landed)
