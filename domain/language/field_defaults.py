"""Checks whether a field has the default that its presence asks for, and whether ingest could store it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.language.budget import Budget
from domain.language.field_rules import IndexedRule
from domain.language.save_faults import SaveFault
from domain.language.scalar_values import Misfit, first_broken_rule, value_as
from schemas.codes import FieldFault
from schemas.data_types import ELEMENT_TYPE, DataType, Presence, RuleName


def default_faults(
    raw: Mapping[str, Any],
    sound: Mapping[str, Any],
    data_type: DataType,
    presence: Presence,
    rules: Sequence[IndexedRule],
    pointer: str,
    budget: Budget,
) -> Iterator[SaveFault]:
    """Yield what is wrong with the default of the field `raw`, whose well-formed properties are `sound`.

    `rules` are those that it has to satisfy, `pointer` is that of the field, `budget` the request's.
    """
    here = f"{pointer}/default"
    if presence is Presence.DEFAULT and data_type is DataType.ARRAY_OBJECT:
        message = "An ARRAY_OBJECT can't have a default: make it optional."
        yield SaveFault(f"{pointer}/presence", FieldFault.BAD_PRESENCE, message)
    elif presence is not Presence.DEFAULT:
        if "default" in raw:
            message = "A default goes only with the presence `default`."
            yield SaveFault(here, FieldFault.UNEXPECTED_FIELD, message)
    elif data_type is DataType.OBJECT:
        if "default" in raw:
            message = "An OBJECT with the presence `default` is created empty and takes no value."
            yield SaveFault(here, FieldFault.UNEXPECTED_FIELD, message)
    elif "default" not in raw:
        yield SaveFault(here, FieldFault.MISSING, "The presence `default` needs a default.")
    elif "default" in sound:
        yield from _default_value_faults(
            data_type, [rule for _, rule in rules], sound["default"], here, budget.at(here)
        )


def _default_value_faults(
    data_type: DataType, rules: list[Mapping[str, Any]], default: Any, pointer: str, budget: Budget
) -> Iterator[SaveFault]:
    element_type = ELEMENT_TYPE.get(data_type)
    if element_type is None:
        yield from _scalar_default_faults(data_type, rules, default, pointer, budget)
    elif not isinstance(default, list):
        yield SaveFault(pointer, FieldFault.BAD_DEFAULT, "It must be an array.")
    else:
        for index, element in enumerate(default):
            yield from _scalar_default_faults(element_type, rules, element, f"{pointer}/{index}", budget)
        bounds = {rule["rule"]: rule["value"] for rule in rules}
        if len(default) < bounds.get(RuleName.MIN_ITEMS, 0):
            yield SaveFault(pointer, FieldFault.BAD_DEFAULT, "The default does not satisfy the rule `min_items`.")
        if len(default) > bounds.get(RuleName.MAX_ITEMS, len(default)):
            yield SaveFault(pointer, FieldFault.BAD_DEFAULT, "The default does not satisfy the rule `max_items`.")


def _scalar_default_faults(
    data_type: DataType, rules: list[Mapping[str, Any]], default: Any, pointer: str, budget: Budget
) -> Iterator[SaveFault]:
    budget.check()
    try:
        value = value_as(data_type, default)
    except Misfit as error:
        yield SaveFault(pointer, FieldFault.BAD_DEFAULT, str(error))
        return
    broken = first_broken_rule(rules, value, budget)
    if broken:
        message = f"The default does not satisfy the rule `{broken}`."
        yield SaveFault(pointer, FieldFault.BAD_DEFAULT, message)
