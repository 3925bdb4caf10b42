"""Checks whether a field has the default that its presence asks for, and whether ingest could store it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.language.budget import Budget
from domain.language.field_rules import IndexedRule
from domain.language.save_faults import SaveFault
from domain.language.scalar_values import Misfit, first_broken_rule, value_as
from schemas.data_types import ELEMENT_TYPE, DataType, Presence, RuleName
from schemas.save_codes import FieldFault


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
    elif "default" in sound and ("format" in sound or "format" not in raw):
        judged = _Default(data_type, sound.get("format"), [rule for _, rule in rules], budget.at(here))
        yield from judged.faults(sound["default"], here)


class _Default:
    """What a default has to satisfy."""

    def __init__(
        self, data_type: DataType, timestamp_format: str | None, rules: list[Mapping[str, Any]], budget: Budget
    ) -> None:
        self._data_type = data_type
        self._format = timestamp_format
        self._rules = rules
        self._budget = budget

    def faults(self, default: Any, pointer: str) -> Iterator[SaveFault]:
        element_type = ELEMENT_TYPE.get(self._data_type)
        if element_type is None:
            yield from self._scalar_faults(self._data_type, default, pointer)
            return
        if not isinstance(default, list):
            yield SaveFault(pointer, FieldFault.BAD_DEFAULT, "It must be an array.")
            return
        are_sound = True
        for index, element in enumerate(default):
            for fault in self._scalar_faults(element_type, element, f"{pointer}/{index}"):
                are_sound = False
                yield fault
        for rule in self._rules:
            if not _keeps_array_rule(rule, default, are_sound=are_sound):
                message = f"The default does not satisfy the rule `{rule['rule']}`."
                yield SaveFault(pointer, FieldFault.BAD_DEFAULT, message)

    def _scalar_faults(self, data_type: DataType, default: Any, pointer: str) -> Iterator[SaveFault]:
        self._budget.check()
        try:
            value = value_as(data_type, default, self._format)
        except Misfit as error:
            yield SaveFault(pointer, FieldFault.BAD_DEFAULT, str(error))
            return
        broken = first_broken_rule(self._rules, value, self._budget)
        if broken:
            message = f"The default does not satisfy the rule `{broken}`."
            yield SaveFault(pointer, FieldFault.BAD_DEFAULT, message)


def _keeps_array_rule(rule: Mapping[str, Any], default: list[Any], *, are_sound: bool) -> bool:
    match rule["rule"]:
        case RuleName.MIN_ITEMS:
            return bool(len(default) >= rule["value"])
        case RuleName.MAX_ITEMS:
            return bool(len(default) <= rule["value"])
        case RuleName.UNIQUE_ITEMS:
            return not are_sound or len(set(default)) == len(default)
    return True
