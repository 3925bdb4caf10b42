"""A lake as functions have it that don't hold what its tables need: they ask its writer, which alone reaches tables.

What is asked, and what is answered, is JSON, and may take at most 6 MB.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors.lake.capabilities import CAPABILITIES
from connectors.lake.planned_view import planned_revisions, planned_view
from connectors.without_views import WithoutViews
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
from domain.errors import Misconfigured, Undelivered
from domain.queries.lake_views import View, ViewColumn

Ask = Callable[[Mapping[str, Any]], Any]
"""Has the lake's writer do what an event says, and returns its answer."""
MakeView = Callable[[Target, View], None]
"""Makes the view over a lake's tables of revisions."""

MAX_ASKED_BYTES = 3_000_000
"""Of the revisions that are asked for at once, unless one alone is larger."""
_OF_COLUMNS = ("key", "type", "format", "protect", "description")
"""What of a field decides on its column; rules may take many megabytes."""


class AskingLake(WithoutViews):
    """Implements `Connector`, but for what only the writer does."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self, target: Target) -> list[CheckStep]:
        return [CheckStep(*step) for step in self._asked({"task": "check", "target": _target(target)})]

    def make_tables(self, target: Target, tables: Sequence[RevisionTable]) -> list[ColumnApart]:
        apart: list[ColumnApart] = []
        for revisions in _in_parts([_revision(table) for table in tables]):
            event = {"task": "make_tables", "target": _target(target), "revisions": revisions}
            apart += [ColumnApart(*one) for one in self._asked(event)]
        return apart

    def make_views(self, target: Target, tables: Sequence[RevisionTable]) -> None:
        """Have the view made: it is planned here, since it is smaller than the revisions that it unites."""
        planned = planned_view(target, reversed(tables)) if _has_view(target) else None
        if planned is not None:
            self._asked({"task": "make_view", "target": _target(target), "view": planned.view})

    def view_takes(self, target: Target, newest_first: Iterable[RevisionTable]) -> list[str] | None:
        return planned_revisions(target, newest_first) if _has_view(target) else None

    def deliver(self, target: Target, landed: LandedObject, tables: TableOf, budget: Budget) -> Outcomes:  # noqa: ARG002
        raise Misconfigured("The lake's writer delivers to it, and no other function.")

    def _asked(self, event: Mapping[str, Any]) -> Any:
        answer = self._ask(event)
        if "result" in answer:
            return answer["result"]
        if answer["is_misconfigured"]:
            raise Misconfigured(answer["reason"])
        raise Undelivered(answer["reason"], retryable=answer["retryable"])


def answer_of(connector: Connector, make_view: MakeView, event: Mapping[str, Any]) -> dict[str, Any]:
    """Do what `AskingLake` asks for, and return what it is answered."""
    target = Target(**event["target"])
    try:
        if event["task"] == "check":
            return {"result": connector.check(target)}
        if event["task"] == "make_view":
            sql, columns = event["view"]
            make_view(target, View(sql, [ViewColumn(*column) for column in columns]))
            return {"result": None}
        tables = [RevisionTable(**revision) for revision in event["revisions"]]
        return {"result": connector.make_tables(target, tables)}
    except Undelivered as error:
        return {"reason": str(error), "is_misconfigured": False, "retryable": error.retryable}
    except Misconfigured as error:
        return {"reason": str(error), "is_misconfigured": True, "retryable": False}


def _has_view(target: Target) -> bool:
    has_one: bool = target.destination["table_format"] == "parquet"
    return has_one


def _target(target: Target) -> dict[str, Any]:
    return {
        "organisation_id": target.organisation_id,
        "environment_id": target.environment_id,
        "destination": dict(target.destination),
    }


def _revision(table: RevisionTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "revision_id": table.revision_id,
        "revision_name": table.revision_name,
        "fields": [_field(field) for field in table.fields],
        "additional_keys": table.additional_keys,
        "edition": table.edition,
    }


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: field[name] for name in _OF_COLUMNS if name in field}
    return {**kept, "fields": [_field(inner) for inner in field["fields"]]} if "fields" in field else kept


def _in_parts(revisions: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    size = 0
    for revision in revisions:
        length = len(json.dumps(revision, ensure_ascii=False, separators=(",", ":")).encode())
        if part and size + length > MAX_ASKED_BYTES:
            yield part
            part, size = [], 0
        part.append(revision)
        size += length
    if part:
        yield part
