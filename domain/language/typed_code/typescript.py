"""Types of events as TypeScript, accepted by `tsc --strict`."""

import re
from collections.abc import Iterator, Sequence
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
from domain.language.typed_code.text import MAX_SAFE_INTEGER, comment_lines, literal, whole_number

_HEADER = """\
/* eslint-disable */
// Events of an ingest endpoint, as they are sent. Made by `ingestctl types`: change the revision, not this file.
// With the client: createClient<Event>({ address }). A key that may be missing may be null as well.
"""
_FURTHER = {
    "drop": "// Keys that are not listed are dropped.",
    "keep": "// Keys that are not listed are kept.",
    "reject": "// Events with keys that are not listed are rejected.",
}
_MAX_LINE = 110
_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_TAG = re.compile(r"^(\s*)@")
_ANYTHING = {
    "any": "NonNullable<unknown>",
    "object": "{ readonly [key: string]: unknown }",
    "array": "readonly unknown[]",
}


def typescript_of(types: EventTypes) -> str:
    """Return the file, ASCII but for what keys, values and descriptions hold."""
    is_open = types.additional_keys == "keep"
    parts = [_HEADER + "\n".join([_FURTHER[types.additional_keys], *(f"// {note}" for note in types.notes)])]
    parts += ["\n".join(_interface(one, is_open=is_open)) for one in types.objects]
    if types.kinds != (EVENT,):
        remark = "An event; the types of it are told apart by what they hold."
        parts.append(f"/** {remark} */\n{_alias(EVENT, types.kinds or ('never',))}")
    if types.others and types.others != (OTHER,):
        remark = "An event of a kind that the revision does not name. No type tells it from the others."
        parts.append(f"/** {remark} */\n{_alias(OTHER, types.others)}")
    return "\n\n".join(parts) + "\n"


def _interface(one: ObjectType, *, is_open: bool) -> Iterator[str]:
    yield from _comment(one.remarks, "")
    yield f"export interface {one.name} {f'extends {one.base} ' if one.base else ''}{{"
    for member in one.members:
        yield from _comment(member.remarks, "  ")
        yield from _member(member)
    if is_open:
        yield "  [key: string]: unknown;"
    yield "}"


def _comment(remarks: tuple[str, ...], indent: str) -> Iterator[str]:
    # `*/` would end the comment, and `@ts-expect-error` or `@deprecated` at the start of a line be obeyed.
    lines = [_TAG.sub(r"\1\\@", line).replace("*/", "*\\/") for line in comment_lines(remarks)]
    if len(lines) == 1:
        yield f"{indent}/** {lines[0]} */"
    elif lines:
        yield f"{indent}/**"
        yield from (f"{indent} * {line}" for line in lines)
        yield f"{indent} */"


def _member(member: Member) -> Iterator[str]:
    key = member.key if _PLAIN_KEY.fullmatch(member.key) else literal(member.key, _escape)
    shapes = list(_alternatives(member.shape, is_required=member.is_required))
    yield from _broken(f"  {key}{'' if member.is_required else '?'}:", shapes, "    ")


def _alternatives(shape: Shape, *, is_required: bool) -> Iterator[str]:
    if is_required:
        yield from _written(shape)
        return
    if shape == Anything():
        yield "unknown"
        return
    yield from (one for one in _written(shape) if one != "never")
    yield from ("null", "undefined")


def _alias(name: str, names: Sequence[str]) -> str:
    return "\n".join(_broken(f"export type {name} =", names, "  "))


def _broken(start: str, alternatives: Sequence[str], indent: str) -> Iterator[str]:
    """Yield a union on one line, or a line each."""
    line = f"{start} {' | '.join(alternatives)};"
    if len(line) <= _MAX_LINE or len(alternatives) == 1:
        yield line
        return
    yield start
    for index, one in enumerate(alternatives):
        yield f"{indent}| {one}{';' if index == len(alternatives) - 1 else ''}"


def _written(shape: Shape) -> list[str]:
    """Return what the value may be one of."""
    match shape:
        case Scalar("string", values):
            return ["string"] if values is None else [literal(value, _escape) for value in values]
        case Scalar("boolean", values):
            return ["boolean"] if values is None or len(values) > 1 else ["true" if values[0] else "false"]
        case Scalar(_, values):
            return _numbers(values)
        case Anything(kind):
            return [_ANYTHING[kind]]
        case ArrayOf(item):
            elements = _written(item)
            element = " | ".join(elements)
            return [f"readonly {element if len(elements) == 1 and ' ' not in element else f'({element})'}[]"]
        case Reference(name):
            return [name]
        case AnyOf(shapes):
            return [one for inner in shapes for one in _written(inner)] or ["never"]


def _numbers(values: tuple[Any, ...] | None) -> list[str]:
    found = []
    for value in values or ():
        whole = whole_number(value)
        if whole is not None and abs(whole) > MAX_SAFE_INTEGER:
            return ["number"]  # JavaScript would round the value of the list
        found.append(repr(value if whole is None else whole))
    return found or ["number"]


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
