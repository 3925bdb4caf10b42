"""Where a revision's macros stand in a document, and how they are filled in.

A document comes from validation with `None` under each key that a macro has to fill; the plan puts the value there,
or takes the key away when the macro has none for this request.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain.completion.macros import MacroValue, RequestFacts, macro_value

_FILLED = object()

FillMacros = Callable[[dict[str, Any], RequestFacts, str], None]
"""Fills in a document in place; takes the document, the request's facts and the event's id."""


def make_macro_plan(fields: Sequence[Mapping[str, Any]]) -> FillMacros | None:
    """Return the function that fills in a document's macros, or None for a revision that has none."""
    own: list[tuple[str, MacroValue]] = []
    nested: list[tuple[str, FillMacros]] = []
    for field in fields:
        if field["presence"] == "macro":
            own.append((field["key"], macro_value(field["macro"], field["type"])))
        elif field.get("fields"):
            fill_children = make_macro_plan(field["fields"])
            if fill_children:
                nested.append((field["key"], fill_children))
    if not own and not nested:
        return None

    def fill(document: dict[str, Any], facts: RequestFacts, event_id: str) -> None:
        for key, value_for in own:
            if document.get(key, _FILLED) is None:  # a field that is not in force has no key
                value = value_for(facts, event_id)
                if value is None:
                    del document[key]
                else:
                    document[key] = value
        for key, fill_children in nested:
            child = document.get(key)
            if type(child) is dict:
                fill_children(child, facts, event_id)
            elif child is not None:
                for element in child:
                    fill_children(element, facts, event_id)

    return fill
