"""Finds a string that matches several patterns as a whole, within bounds of its length.

The patterns run side by side as automata over a small alphabet, one character of each kind that they tell apart, by
growing length. So if there is such a string within the budget it is found, and always the same one.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import re2

from domain.language.budget import UNLIMITED, Budget
from domain.language.pattern_tree import (
    Assertion,
    AssertionKind,
    Characters,
    Choice,
    Node,
    Property,
    Repeat,
    UnreadableError,
    contains,
    read_pattern,
)
from domain.language.regex_check import matches
from domain.validation.regex_classes import MAX_CODE_POINT

MAX_STATES = 20_000
MAX_STEPS = 40_000
MAX_VISITS = 1_000_000

_WORD = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
_PLEASANT = (*range(97, 123), *range(65, 91), *range(48, 58), 45, 95, 32, *range(33, 127))
"""Which characters to take first: letters, digits, then other visible ones."""
_SURROGATES = range(0xD800, 0xE000)
_SAMPLES = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x20000)]))

States = frozenset[int]


class _Step(NamedTuple):
    """One way on from a state: past a character of a class, or past an assertion, or for nothing."""

    condition: Characters | AssertionKind | None
    target: int


class _TooBigError(ValueError):
    pass


def matching_string(
    patterns: Sequence[str], min_length: int, max_length: int, budget: Budget = UNLIMITED
) -> str | None:
    """Return the shortest string within the bounds that matches every pattern in RE2 syntax, or None.

    Raises:
        Rejected: too_complex, by the budget.
    """
    automata = []
    try:
        for pattern in patterns:
            budget.check()
            automata.append(_Automaton(read_pattern(pattern)))
    except (UnreadableError, _TooBigError):
        return None
    return _search(automata, min_length, max_length, budget)


class _Automaton:
    """The states that a pattern can be in; 0 is the first, `final` the last."""

    def __init__(self, tree: Choice) -> None:
        self.steps: list[list[_Step]] = [[]]
        self.members: dict[Characters, frozenset[str]] = {}
        self.final = self._add(tree, 0)

    def _state(self) -> int:
        if len(self.steps) >= MAX_STATES:
            raise _TooBigError
        self.steps.append([])
        return len(self.steps) - 1

    def _link(self, source: int, condition: Characters | AssertionKind | None, target: int) -> None:
        self.steps[source].append(_Step(condition, target))

    def _add(self, node: Node, start: int) -> int:
        """Add what leads from `start` past a node; return where that is."""
        match node:
            case Characters():
                end = self._state()
                self._link(start, node, end)
                return end
            case Assertion():
                end = self._state()
                self._link(start, node.kind, end)
                return end
            case Choice():
                end = self._state()
                for option in node.options:
                    at = self._state()
                    self._link(start, None, at)
                    for part in option:
                        at = self._add(part, at)
                    self._link(at, None, end)
                return end
            case Repeat():
                return self._add_repeat(node, start)

    def _add_repeat(self, node: Repeat, start: int) -> int:
        at = start
        for _ in range(node.least):
            at = self._add(node.part, at)
        end = self._state()
        if node.most is None:
            self._link(at, None, end)
            self._link(self._add(node.part, end), None, end)
            return end
        for _ in range(node.most - node.least):
            self._link(at, None, end)
            at = self._add(node.part, at)
        self._link(at, None, end)
        return end

    def closure(self, states: States, before: str, after: str) -> States:
        """Return all states that are reached without a character between these two; `""` is an end of the text."""
        found = set(states)
        waiting = list(states)
        while waiting:
            for condition, target in self.steps[waiting.pop()]:
                if target in found or isinstance(condition, Characters):
                    continue
                if condition is None or _holds(condition, before, after):
                    found.add(target)
                    waiting.append(target)
        return frozenset(found)

    def after(self, states: States, character: str) -> States:
        return frozenset(
            target
            for state in states
            for condition, target in self.steps[state]
            if isinstance(condition, Characters) and character in self.members[condition]
        )

    def classes(self) -> set[Characters]:
        return {condition for steps in self.steps for condition, _ in steps if isinstance(condition, Characters)}

    def prepare(self, alphabet: Sequence[str]) -> None:
        """Take the characters that `after` may be asked about."""
        self.members = {
            one: frozenset(character for character in alphabet if _has(one, character)) for one in self.classes()
        }


def _holds(kind: AssertionKind, before: str, after: str) -> bool:
    match kind:
        case "start":
            return not before
        case "end":
            return not after
        case "line_start":
            return before in {"", "\n"}
        case "line_end":
            return after in {"", "\n"}
        case "word_boundary":
            return (before in _WORD) != (after in _WORD)
        case "no_word_boundary":
            return (before in _WORD) == (after in _WORD)


def _has(characters: Characters, character: str) -> bool:
    is_in = contains(characters.ranges, ord(character)) or any(
        matches(one.written(), character) for one in characters.properties
    )
    return is_in != characters.negated


def _alphabet(automata: Sequence[_Automaton]) -> list[str]:
    """Return a character for every set of characters that the patterns tell apart, pleasant ones first."""
    classes = {one for automaton in automata for one in automaton.classes()}
    edges = {0, 48, 58, 65, 91, 95, 96, 97, 123, 10, 11, 0xD800, 0xE000, MAX_CODE_POINT + 1}  # of \b and of lines, too
    for one in classes:
        for low, high in one.ranges:
            edges |= {low, high + 1}
    found: dict[int, int] = {}
    points = sorted(edges)
    for low, following in pairwise(points):
        if low not in _SURROGATES:
            found[low] = next((point for point in _PLEASANT if low <= point < following), low)
    chosen = set(found.values())
    for known in {known for one in classes for known in one.properties}:
        for asked in (known, Property(known.kind, known.name, not known.negated, known.folds)):
            sample = re2.search(asked.written(), _SAMPLES)
            if sample:
                chosen.add(ord(sample[0]))
    rank = {point: index for index, point in enumerate(reversed(_PLEASANT))}
    return [chr(point) for point in sorted(chosen, key=lambda point: (-rank.get(point, -1), point))]


class _Place(NamedTuple):
    """The states of all automata, and the kind of the character before: nothing, end of line, word or other."""

    states: tuple[States, ...]
    before: str


_Way = tuple[_Place, str]
"""Where a place was reached from, and by which character."""


def _kind(character: str) -> str:
    if character == "\n":
        return character
    return "a" if character in _WORD else " "


def _search(automata: Sequence[_Automaton], min_length: int, max_length: int, budget: Budget) -> str | None:
    """Walk by growing length until a place is final, or nothing new can come."""
    alphabet = _alphabet(automata)
    for automaton in automata:
        budget.check()
        automaton.prepare(alphabet)
    layers: list[dict[_Place, _Way | None]] = [{_Place(tuple(frozenset({0}) for _ in automata), ""): None}]
    known: dict[_Place, list[_Way]] = {}
    seen: set[frozenset[_Place]] = set()
    visits = 0
    while layers[-1] and len(layers) - 1 <= max_length:
        if len(layers) - 1 >= min_length:
            for place in layers[-1]:
                if _is_final(automata, place):
                    return _string_to(layers, place)
            places = frozenset(layers[-1])
            if places in seen:
                return None
            seen.add(places)
        following: dict[_Place, _Way | None] = {}
        for place in layers[-1]:
            if place not in known:
                if len(known) * len(alphabet) > MAX_STEPS:
                    return None
                budget.check()
                known[place] = _ways_on(automata, place, alphabet)
            visits += len(known[place])
            if visits > MAX_VISITS:
                return None
            for target, character in known[place]:
                following.setdefault(target, (place, character))
        layers.append(following)
    return None


def _ways_on(automata: Sequence[_Automaton], place: _Place, alphabet: Sequence[str]) -> list[_Way]:
    """Return the places one character further, each once, with the first character that leads there."""
    found: dict[_Place, str] = {}
    for character in alphabet:
        moved = tuple(
            automaton.after(automaton.closure(states, place.before, character), character)
            for automaton, states in zip(automata, place.states, strict=True)
        )
        if all(moved):
            found.setdefault(_Place(moved, _kind(character)), character)
    return list(found.items())


def _is_final(automata: Sequence[_Automaton], place: _Place) -> bool:
    return all(
        automaton.final in automaton.closure(states, place.before, "")
        for automaton, states in zip(automata, place.states, strict=True)
    )


def _string_to(layers: Sequence[dict[_Place, _Way | None]], place: _Place) -> str:
    characters = []
    for layer in reversed(layers[1:]):
        way = layer[place]
        assert way
        place, character = way
        characters.append(character)
    return "".join(reversed(characters))
