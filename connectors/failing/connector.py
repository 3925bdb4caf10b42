"""Fails before or after the connector that it stands before, as `adapters.failing` says of each kind.

`PARTIAL` delivers and then forgets to say so: the worst that a crash between two calls can do.
"""

from collections.abc import Iterable, Sequence

from adapters.failing import Dice, Kind
from connectors.failing.capabilities import capabilities_of
from domain.delivery.connectors import (
    Budget,
    Capabilities,
    CheckStep,
    ColumnApart,
    Connector,
    RevisionTable,
    TableOf,
    Target,
    failed_step,
)
from domain.delivery.landed import LandedObject, Outcomes
from domain.errors import Undelivered

_AFTER = frozenset({Kind.TIMEOUT_AFTER, Kind.PARTIAL})


class FailingConnector:
    """Implements `Connector`."""

    def __init__(self, connector: Connector, dice: Dice) -> None:
        self._connector = connector
        self._dice = dice

    @property
    def capabilities(self) -> Capabilities:
        return capabilities_of(self._connector)

    def check(self, target: Target) -> list[CheckStep]:
        kind = self._dice.roll()
        return [failed_step("connect", _reason(kind))] if kind is not None else self._connector.check(target)

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        kind = self._before()
        apart = self._connector.make_tables(target, tables)
        self._after(kind)
        return apart

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        kind = self._before()
        self._connector.make_views(target, tables)
        self._after(kind)

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str] | None:
        return self._connector.view_takes(target, newest_first)

    def left_out_by_kind(self, target: Target, tables: Sequence[RevisionTable]) -> dict[str, list[str]]:
        return self._connector.left_out_by_kind(target, tables)

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:
        kind = self._before()
        outcomes = self._connector.deliver(target, landed, tables, budget)
        self._after(kind)
        return outcomes

    def _before(self) -> Kind | None:
        kind = self._dice.roll()
        if kind is not None and kind not in _AFTER:
            raise Undelivered(_reason(kind), retryable=kind is not Kind.GONE)
        return kind

    def _after(self, kind: Kind | None) -> None:
        if kind is not None:
            raise Undelivered(_reason(kind))


def _reason(kind: Kind) -> str:
    return f"Failed on purpose: {kind}."
