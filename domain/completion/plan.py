"""Where a document is completed: the objects that hold fields of a kind, found once when a revision is compiled."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from domain.completion.request_facts import RequestFacts

Complete = Callable[[dict[str, Any], RequestFacts, str], None]
"""Completes a document, or an object in it, in place; takes it, the request's facts and the event's id."""

Part = TypeVar("Part")


def make_plan(
    fields: Sequence[Mapping[str, Any]],
    part_of: Callable[[Mapping[str, Any]], Part | None],
    complete_with: Callable[[Sequence[tuple[str, Part]]], Complete],
) -> Complete | None:
    """Return the function that completes a document, or None where no field has a part in it.

    Args:
        fields: the root fields.
        part_of: returns what is done for a field; None for nothing.
        complete_with: takes keys of one object with what is done for each; returns what does that.
    """
    own: list[tuple[str, Part]] = []
    nested: list[tuple[str, Complete]] = []
    for field in fields:
        part = part_of(field)
        if part is not None:
            own.append((field["key"], part))
        elif field.get("fields"):
            complete_children = make_plan(field["fields"], part_of, complete_with)
            if complete_children:
                nested.append((field["key"], complete_children))
    complete_own = complete_with(own) if own else None
    if not nested:
        return complete_own

    def complete(document: dict[str, Any], facts: RequestFacts, event_id: str) -> None:
        if complete_own is not None:
            complete_own(document, facts, event_id)
        for key, complete_children in nested:
            child = document.get(key)
            if type(child) is dict:
                complete_children(child, facts, event_id)
            elif child is not None:
                for element in child:
                    complete_children(element, facts, event_id)

    return complete
