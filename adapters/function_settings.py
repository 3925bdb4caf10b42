"""How a function's settings travel: a frozen class of its own, written as environment variables and read again.

The stacks write what `variables_from_settings` returns into a function's configuration, the function reads it back at
its start with `settings_from_variables`: one class, so that neither side can know a setting that the other does not.
The class is a dataclass, or a `NamedTuple`, which takes less time to make. A field `data_bucket` travels as
`DATA_BUCKET`. Fields are `str`, `int`, `float`, `bool` or `tuple[str, ...]`, each
optionally with `None`, which travels as no variable at all.
"""

import dataclasses
from collections.abc import Collection, Mapping
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from domain.errors import Misconfigured

Settings = TypeVar("Settings")

_TRUTH = {"true": True, "false": False}


def variables_from_settings(settings: Any) -> dict[str, str]:
    """Return the environment variables that carry a settings object."""
    fields = {name: getattr(settings, name) for name in settings.__match_args__}
    return {name.upper(): _text(value) for name, value in fields.items() if value is not None}


def settings_from_variables(settings_class: type[Settings], variables: Mapping[str, str]) -> Settings:
    """Read settings; what no variable names has its default, and variables of others are passed over.

    Raises:
        Misconfigured: a variable is missing that has no default, or is not of its type; the message names it and not
            its value.
    """
    types = get_type_hints(settings_class)
    values: dict[str, Any] = {}
    optional = _optional_fields(settings_class)
    for field in settings_class.__match_args__:  # type: ignore[attr-defined]
        name = field.upper()
        if name in variables:
            values[field] = _value(name, variables[name], types[field])
        elif field not in optional:
            raise Misconfigured(f"{name} must be set.")
    return settings_class(**values)


def _optional_fields(settings_class: Any) -> Collection[str]:
    if issubclass(settings_class, tuple):
        defaults: Mapping[str, Any] = settings_class._field_defaults
        return defaults
    return {
        field.name
        for field in dataclasses.fields(settings_class)
        if field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)


def _value(name: str, text: str, declared: Any) -> Any:
    kinds = {declared} if get_origin(declared) is not UnionType else set(get_args(declared)) - {NoneType}
    if any(get_origin(kind) is tuple for kind in kinds):
        return tuple(text.split(",")) if text else ()
    if bool in kinds:
        if text not in _TRUTH:
            raise Misconfigured(f"{name} must be true or false.")
        return _TRUTH[text]
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                raise Misconfigured(f"{name} must be a number.") from None
    return text
