"""Types of events as Python: TypedDicts that mypy and pyright check, of the standard library from Python 3.11 on."""

import re
from collections.abc import Iterator, Sequence
from keyword import iskeyword
from typing import Any

from domain.language.typed_code.names import EVENT, OTHER
from domain.language.typed_code.shapes import (
    AnyOf,
    Anything,
    ArrayOf,
    EventTypes,
    Member,
    ObjectType,
    Reference,
    Scalar,
    Shape,
)
from domain.language.typed_code.text import comment_lines, literal, whole_number

_HEADER = """\
# Events of an ingest endpoint, as they are sent. Made by `ingestctl types`: change the revision, not this file.
# With the client: Client[Event](address). A key that may be missing may be None as well.
# Needs Python 3.11, or 3.9 with typing_extensions. Checked by mypy and pyright.
"""
_FURTHER = {
    "drop": "# Keys that are not listed are dropped.",
    "keep": "# Keys that are not listed are kept, but no TypedDict says so: a Client without a type sends them.",
    "reject": "# Events with keys that are not listed are rejected.",
}
_MAX_LINE = 110
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPING = ("Literal", "NoReturn", "NotRequired", "Optional", "TypedDict", "Union")
_USED = re.compile(r"\b(?:Literal|NoReturn|NotRequired|Optional|TypedDict|Union|Mapping|Any)\b")
_BUILTINS = frozenset({*_TYPING, "Mapping", "Any", "bool", "float", "int", "list", "object", "str"})
_ANYTHING = {"any": "object", "object": "Mapping[str, object]", "array": "list[Any]"}


def python_of(types: EventTypes) -> str:
    """Return the file, ASCII but for what keys, values and descriptions hold."""
    names = frozenset(one.name for one in types.objects)
    parts = ["\n".join(_definition(one, names)) for one in types.objects]
    if types.kinds != (EVENT,):
        parts.append(_alias(EVENT, types.kinds or ("NoReturn",)))
    if types.others and types.others != (OTHER,):
        remark = "# An event of a kind that the revision does not name. No type tells it from the others."
        parts.append(f"{remark}\n{_alias(OTHER, types.others)}")
    notes = "\n".join([_FURTHER[types.additional_keys], *(f"# {note}" for note in types.notes)])
    return f"{_HEADER}{notes}\n\n{_imports(parts)}\n\n\n" + "\n\n\n".join(parts) + "\n"


def _imports(parts: Sequence[str]) -> str:
    code = "\n".join(line for part in parts for line in part.splitlines() if not line.lstrip().startswith("#:"))
    used = set(_USED.findall(code))
    typing = ", ".join(sorted(used - {"Mapping", "Any"}))
    lines = ["import sys"]
    lines += ["from collections.abc import Mapping"] if "Mapping" in used else []
    lines += ["from typing import Any"] if "Any" in used else []
    choice = [
        "if sys.version_info >= (3, 11):",
        f"    from typing import {typing}",
        "else:",
        f"    from typing_extensions import {typing}",
    ]
    return "\n".join([*lines, "", *choice])


def _definition(one: ObjectType, names: frozenset[str]) -> Iterator[str]:
    yield from _comment(one.remarks, "")
    if all(_can_be_attribute(member.key, names) for member in one.members):
        yield f"class {one.name}({one.base or 'TypedDict'}):"
        for member in one.members:
            yield from _comment(member.remarks, "    ")
            yield f"    {member.key}: {_member(member, '    ')}"
        if not one.members:
            yield "    pass"
        return
    # Only a call can have keys that are no names; a class adds them to what is inherited.
    own = f"_{one.name}" if one.base else one.name
    yield f'{own} = TypedDict("{own}", {{'
    for member in one.members:
        yield from _comment(member.remarks, "    ")
        yield f"    {literal(member.key, _escape)}: {_member(member, '    ')},"
    yield "})"
    if one.base:
        yield ""
        yield ""
        yield f"class {one.name}({one.base}, {own}):"
        yield "    pass"


def _can_be_attribute(key: str, names: frozenset[str]) -> bool:
    """Say whether a class may declare a key: as a name that neither Python changes nor that hides a type."""
    if not _PLAIN_KEY.fullmatch(key) or iskeyword(key) or key.startswith("__"):
        return False
    return key not in _BUILTINS and key not in names


def _comment(remarks: tuple[str, ...], indent: str) -> Iterator[str]:
    # After `#:` nothing is obeyed, such as `type: ignore` or `mypy: ignore-errors`.
    yield from (f"{indent}#: {line}" for line in comment_lines(remarks))


def _member(member: Member, indent: str) -> str:
    written = _written(member.shape, indent)
    if member.is_required:
        return written
    return f"NotRequired[{'None' if written == 'NoReturn' else f'Optional[{written}]'}]"


def _alias(name: str, names: Sequence[str]) -> str:
    return f"{name} = {names[0] if len(names) == 1 else _listed('Union', names, '')}"


def _listed(generic: str, items: Sequence[str], indent: str) -> str:
    """Return a generic with its arguments, on one line or a line each."""
    line = f"{generic}[{', '.join(items)}]"
    if len(line) + len(indent) <= _MAX_LINE:
        return line
    inner = "".join(f"{indent}    {item},\n" for item in items)
    return f"{generic}[\n{inner}{indent}]"


def _written(shape: Shape, indent: str) -> str:
    match shape:
        case Scalar("string", values):
            return "str" if values is None else _listed("Literal", [literal(one, _escape) for one in values], indent)
        case Scalar("boolean", values):
            return "bool" if values is None or len(values) > 1 else f"Literal[{bool(values[0])}]"
        case Scalar("integer", values):
            return "int" if values is None else _listed("Literal", list(map(_integer, values)), indent)
        case Scalar():
            return "float"  # `Literal` takes no fractions
        case Anything(kind):
            return _ANYTHING[kind]
        case ArrayOf(item):
            return f"list[{_written(item, indent)}]"
        case Reference(name):
            return name
        case AnyOf(shapes):
            return _listed("Union", [_written(one, indent) for one in shapes], indent) if shapes else "NoReturn"


def _integer(value: Any) -> str:
    return str(whole_number(value))


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
