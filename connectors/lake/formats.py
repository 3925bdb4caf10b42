"""A lake by the format of its tables: each destination goes to the connector of its own."""

from collections.abc import Iterable, Mapping, Sequence

from connectors.lake.capabilities import CAPABILITIES
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


class LakeFormats:
    """Implements `Connector` by those of the formats, which are by their names."""

    def __init__(self, connectors: Mapping[str, Connector]) -> None:
        self._connectors = connectors

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:
        return self._of(target).check(target)

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        return self._of(target).make_tables(target, tables)

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        self._of(target).make_views(target, tables)

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str] | None:
        return self._of(target).view_takes(target, newest_first)

    def left_out_by_kind(self, target: Target, tables: Sequence[RevisionTable]) -> dict[str, list[str]]:
        return self._of(target).left_out_by_kind(target, tables)

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        return self._of(target).deliver(target, landed, tables, budget)

    def _of(self, target: Target) -> Connector:
        return self._connectors[target.destination["table_format"]]
