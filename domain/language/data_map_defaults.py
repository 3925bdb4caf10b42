"""Checks whether a data map has the default that its presence asks for, and whether ingest could store it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.language.budget import Budget
from domain.language.data_map_rules import IndexedRule
from domain.language.save_faults import SaveFault
from domain.language.scalar_values import Misfit, first_broken_rule, value_as
from schemas.codes import DataMapFault
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
    """Yield what is wrong with the default of the data map `raw`, whose well-formed fields are `sound`.

    `rules` are those that it has to satisfy, `pointer` is that of the data map, `budget` the request's.
    """
    here = f"{pointer}/default"
    if presence is Presence.DEFAULT and data_type is DataType.ARRAY_OBJECT:
        message = "An ARRAY_OBJECT can't have a default: make it optional."
        yield SaveFault(f"{pointer}/presence", DataMapFault.BAD_PRESENCE, message)
    elif presence is not Presence.DEFAULT:
        if "default" in raw:
            message = "A default goes only with the presence `default`."
            yield SaveFault(here, DataMapFault.UNEXPECTED_FIELD, message)
    elif data_type is DataType.OBJECT:
        if "default" in raw:
            message = "An OBJECT with the presence `default` is created empty and takes no value."
            yield SaveFault(here, DataMapFault.UNEXPECTED_FIELD, message)
    elif "default" not in raw:
        yield SaveFault(here, DataMapFault.MISSING, "The presence `default` needs a default.")
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
        yield SaveFault(pointer, DataMapFault.BAD_DEFAULT, "It must be an array.")
    else:
        for index, element in enumerate(default):
            yield from _scalar_default_faults(element_type, rules, element, f"{pointer}/{index}", budget)
        bounds = {rule["rule"]: rule["value"] for rule in rules}
        if len(default) < bounds.get(RuleName.MIN_ITEMS, 0):
            yield SaveFault(pointer, DataMapFault.BAD_DEFAULT, "The default does not satisfy the rule `min_items`.")
        if len(default) > bounds.get(RuleName.MAX_ITEMS, len(default)):
            yield SaveFault(pointer, DataMapFault.BAD_DEFAULT, "The default does not satisfy the rule `max_items`.")


def _scalar_default_faults(
    data_type: DataType, rules: list[Mapping[str, Any]], default: Any, pointer: str, budget: Budget
) -> Iterator[SaveFault]:
    budget.check()
    try:
        value = value_as(data_type, default)
    except Misfit as error:
        yield SaveFault(pointer, DataMapFault.BAD_DEFAULT, str(error))
        return
    broken = first_broken_rule(rules, value, budget)
    if broken:
        message = f"The default does not satisfy the rule `{broken}`."
        yield SaveFault(pointer, DataMapFault.BAD_DEFAULT, message)
