"""Destinations that something on this machine stands in for: they deliver, but a check of them proves nothing."""

from collections.abc import Iterable, Sequence

from domain.delivery.connectors import (
    Budget,
    Capabilities,
    CheckStep,
    ColumnApart,
    Connector,
    RevisionTable,
    TableOf,
    Target,
)
from domain.delivery.landed import LandedObject, Outcomes

FOLDER = "Local run: this bucket is a folder of the state directory."
NO_ROLE = "Local run: this bucket is a folder of the state directory; the role was not tested."
EMULATOR = "Local run: an emulator stands in for BigQuery; your project and the credentials were not tested."


class StandingIn:
    """Implements `Connector`: what passes a check with the stand-in counts as not tested, what fails as failed."""

    def __init__(self, connector: Connector, reason: str, reasons: dict[str, str] | None = None) -> None:
        """Take why a step proves nothing: `reason`, unless `reasons` has one by the step's name."""
        self._connector = connector
        self._reason = reason
        self._reasons = reasons or {}

    @property
    def capabilities(self) -> Capabilities:
        return self._connector.capabilities

    def check(self, target: Target) -> list[CheckStep]:
        return [
            CheckStep(step.name, self._reasons.get(step.name, self._reason), "not_tested")
            if step.state == "passed"
            else step
            for step in self._connector.check(target)
        ]

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        return self._connector.make_tables(target, tables)

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        self._connector.make_views(target, tables)

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str] | None:
        return self._connector.view_takes(target, newest_first)

    def left_out_by_kind(self, target: Target, tables: Sequence[RevisionTable]) -> dict[str, list[str]]:
        return self._connector.left_out_by_kind(target, tables)

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        return self._connector.deliver(target, landed, tables, budget)
