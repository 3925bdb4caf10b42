r"""Reads a pattern into a tree of characters, repetitions and choices.

What is read is the translation that ingest runs (`domain.validation.regex`), not what was written: there every class is
spelled as ranges, every flag stands around what it changes, and nothing captures. Case is folded by the engine that
defines the language: two characters fold if RE2 says so.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from domain.language.regex_check import matches
from domain.validation.regex import rust_pattern
from domain.validation.regex_classes import MAX_CODE_POINT

Ranges = tuple[tuple[int, int], ...]
"""Code points as ranges, both ends included, in order and apart."""

EVERYTHING: Ranges = ((0, MAX_CODE_POINT),)

_COUNTED = re.compile(r"\{(\d+)(?:(,)(\d+)?)?\}")
_CODE_POINT = re.compile(r"\\x\{([0-9A-F]+)\}")
_PROPERTY = re.compile(r"\\p\{(gc|sc)=(\w+)\}")
_ASSERTIONS = {
    r"(?-u:\b)": "word_boundary",
    r"(?-u:\B)": "no_word_boundary",
    r"(?:\A)": "start",
    r"(?:\z)": "end",
    "(?m:^)": "line_start",
    "(?m:$)": "line_end",
}
# Simple foldings that neither `lower` nor `upper` of one character lead to.
_FURTHER_PAIRS = ((0x1FD3, 0x0390), (0x1FE3, 0x03B0), (0xFB05, 0xFB06))
_LAST_CASED = 0x1E943

AssertionKind = Literal["word_boundary", "no_word_boundary", "start", "end", "line_start", "line_end"]


@dataclass(frozen=True, slots=True)
class Property:
    """A class that only a table knows: a general category or a script. `folds`: together with its other cases."""

    kind: str
    name: str
    negated: bool
    folds: bool

    def written(self) -> str:
        """Return the class in RE2 syntax."""
        return f"{'(?i)' if self.folds else ''}\\{'P' if self.negated else 'p'}{{{self.name}}}"


@dataclass(frozen=True, slots=True)
class Characters:
    """One character out of `ranges`, or of any of the properties; all others if `negated`."""

    ranges: Ranges
    properties: tuple[Property, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Assertion:
    kind: AssertionKind


@dataclass(frozen=True, slots=True)
class Repeat:
    """`most` is None where there is no upper bound."""

    part: "Node"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences."""

    options: "tuple[tuple[Node, ...], ...]"


Node = Characters | Assertion | Repeat | Choice


class UnreadableError(ValueError):
    """The pattern holds a class that no set of ranges and properties describes."""


def read_pattern(pattern: str) -> Choice:
    """Return the tree of an accepted pattern in RE2 syntax, which has to match as a whole.

    Raises:
        UnreadableError: it can't be told as a tree.
    """
    translated = rust_pattern(pattern)
    reader = _Reader(translated.removeprefix(r"\A").removesuffix(r"\z"))
    (tree,) = reader.sequence(folds=False)
    assert isinstance(tree, Choice)
    return tree


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def _take(self, start: str) -> bool:
        taken = self.text.startswith(start, self.at)
        self.at += len(start) if taken else 0
        return taken

    def sequence(self, *, folds: bool) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            nodes.append(self._repeated(self._atom(folds=folds)))
        return tuple(nodes)

    def _repeated(self, node: Node) -> Node:
        if self._take("*"):
            return Repeat(node, 0, None)
        if self._take("+"):
            return Repeat(node, 1, None)
        if self._take("?"):
            return Repeat(node, 0, 1)
        if counted := _COUNTED.match(self.text, self.at):
            self.at = counted.end()
            most = int(counted[3]) if counted[3] else None if counted[2] else int(counted[1])
            return Repeat(node, int(counted[1]), most)
        return node

    def _atom(self, *, folds: bool) -> Node:
        for start, kind in _ASSERTIONS.items():
            if self._take(start):
                return Assertion(kind)  # type: ignore[arg-type]  # the table holds nothing else
        if self._take("(?i:"):
            return self._choice(folds=True)
        if self._take("(?:"):
            return self._choice(folds=folds)
        if self.text.startswith("[", self.at):
            return self._bracket(folds=folds)
        found = self._property(folds=folds)
        if found is not None:
            return Characters((), (found,))
        point = self._code_point()
        return Characters(_folded(((point, point),)) if folds else ((point, point),))

    def _choice(self, *, folds: bool) -> Choice:
        options = [self.sequence(folds=folds)]
        while self._take("|"):
            options.append(self.sequence(folds=folds))
        self.at += 1  # the parenthesis that closes it
        return Choice(tuple(options))

    def _property(self, *, folds: bool) -> Property | None:
        found = _PROPERTY.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return Property(found[1], found[2], negated=False, folds=folds)

    def _code_point(self) -> int:
        if written := _CODE_POINT.match(self.text, self.at):
            self.at = written.end()
            return int(written[1], 16)
        self.at += 1
        return ord(self.text[self.at - 1])

    def _bracket(self, *, folds: bool) -> Characters:
        self.at += 1
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        properties: list[Property] = []
        while not self._take("]"):
            if self.text.startswith("[", self.at):
                inner = _without_negation(self._bracket(folds=folds))
                ranges += inner.ranges
                properties += inner.properties
            elif (found := self._property(folds=folds)) is not None:
                properties.append(found)
            else:
                low = high = self._code_point()
                if self._take("-"):
                    high = self._code_point()
                ranges.append((low, high))
        plain = joined(ranges)
        whole = Characters(_folded(plain) if folds else plain, tuple(properties), negated)
        return whole if properties else _without_negation(whole)


def _without_negation(characters: Characters) -> Characters:
    if not characters.negated:
        return characters
    if not characters.properties:
        return Characters(complement(characters.ranges))
    if len(characters.properties) == 1 and not characters.ranges:
        (one,) = characters.properties
        return Characters((), (Property(one.kind, one.name, not one.negated, one.folds),))
    raise UnreadableError("It has a Unicode class inside a class that is turned round.")


def complement(ranges: Ranges) -> Ranges:
    """Return all other code points."""
    found = []
    start = 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    if start <= MAX_CODE_POINT:
        found.append((start, MAX_CODE_POINT))
    return tuple(found)


def joined(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """Return ranges in order and apart."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return tuple(found)


def contains(ranges: Ranges, point: int) -> bool:
    return any(low <= point <= high for low, high in ranges)


def _folded(ranges: Ranges) -> Ranges:
    """Return the ranges with all other cases of their characters."""
    if ranges == EVERYTHING:
        return ranges
    cased, orbits = _cased_points()
    added = [
        (point, point)
        for low, high in ranges
        for cased_point in cased[bisect_left(cased, low) : bisect_right(cased, high)]
        for point in orbits[cased_point]
    ]
    return joined([*ranges, *added])


@cache
def _cased_points() -> tuple[list[int], dict[int, tuple[int, ...]]]:
    """Return the characters that have other cases, in order, and each one's."""
    orbits = {point: orbit for orbit in _orbits() for point in orbit}
    return sorted(orbits), orbits


@cache
def _orbits() -> tuple[tuple[int, ...], ...]:
    """Return the sets of characters that are the same whatever their case, as RE2 has them."""
    groups: dict[int, set[int]] = {}
    for point in range(_LAST_CASED + 1):
        character = chr(point)
        cases = {character.lower(), character.upper(), character.title(), character.casefold()}
        for other in cases - {character}:
            if len(other) == 1:
                _join(groups, point, ord(other))
    for pair in _FURTHER_PAIRS:
        _join(groups, *pair)
    found = set()
    for group in {tuple(sorted(group)) for group in groups.values()}:
        for point in group:
            orbit = tuple(other for other in group if matches(f"(?i)\\x{{{point:x}}}", chr(other)))
            if len(orbit) > 1:
                found.add(orbit)
    return tuple(sorted(found))


def _join(groups: dict[int, set[int]], one: int, other: int) -> None:
    group = groups.get(one, {one}) | groups.get(other, {other})
    for point in group:
        groups[point] = group
