"""How a document's macros are filled in.

A document comes from validation with `None` under each key that a macro has to fill; the plan puts the value there,
or takes the key away when the macro has none for this request.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.completion.macros import MacroValue, macro_value_of
from domain.completion.plan import Complete, make_plan
from domain.completion.request_facts import RequestFacts

_FILLED = object()


def make_macro_plan(fields: Sequence[Mapping[str, Any]]) -> Complete | None:
    """Return the function that fills in a document's macros, or None for a revision that has none."""
    return make_plan(fields, _macro_of, _fill)


def _macro_of(field: Mapping[str, Any]) -> MacroValue | None:
    return macro_value_of(field) if field["presence"] == "macro" else None


def _fill(macros: Sequence[tuple[str, MacroValue]]) -> Complete:
    def fill(document: dict[str, Any], facts: RequestFacts, event_id: str) -> None:
        for key, value_for in macros:
            if document.get(key, _FILLED) is None:  # a field that is not in force has no key
                value = value_for(facts, event_id)
                if value is None:
                    del document[key]
                else:
                    document[key] = value

    return fill
