"""The patterns of one request: how much of them is compiled at all.

The engines compile a pattern, or find that it is too big, in one step that lets nothing else of the process run. So
what is far too big is told by its tree, and each request has a bound on what it has compiled.
"""

import re2

from domain.language.budget import Budget
from domain.language.pattern_tree import (
    Assertion,
    Characters,
    Choice,
    Node,
    Property,
    Repeat,
    UnreadableError,
    read_pattern,
)
from domain.language.regex_check import TooBigError, check_regex, regex_size
from schemas.limits import MAX_REVISION_REGEX_SIZE

PATTERN_SIZE = 100
"""What a pattern costs beside its instructions, in instructions: a revision with 10,000 small ones takes a second."""

MAX_COMPILED_SIZE = 2 * MAX_REVISION_REGEX_SIZE
"""What one request compiles: more than a revision has, since an import passes over what does not fit."""

_NOT_TRIED = "The pattern was not tried, since another one is too big, or those before it are together."


class Patterns:
    """The patterns of one request: each is compiled once, which is the dearest step of a save, and not very many are.

    `total_size` is that of all that were asked for, repetitions included, since ingest compiles each.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._known: dict[str, int | ValueError] = {}
        self.total_size = 0
        self._compiled_size = 0
        self._is_too_big = False

    def size(self, pattern: str, pointer: str = "") -> int:
        """Return what a pattern in RE2 syntax costs to compile and to keep, in instructions.

        Raises:
            ValueError: it can't be run, or was not tried; the text is a plain sentence that names the remedy.
            Rejected: too_complex at `pointer`.
        """
        known = self._known.get(pattern)
        if known is None:
            if self._compiled_size > MAX_COMPILED_SIZE:
                raise ValueError(_NOT_TRIED)
            self._budget.at(pointer).check()
            try:
                if "{" in pattern and least_size(pattern) > MAX_COMPILED_SIZE:
                    raise TooBigError
                check_regex(pattern)
                known = regex_size(pattern) + PATTERN_SIZE
                self._compiled_size += known
            except ValueError as error:
                known = error
                self._is_too_big = self._is_too_big or isinstance(error, TooBigError)
                self._compiled_size += MAX_REVISION_REGEX_SIZE // 4 if self._is_too_big else PATTERN_SIZE
            self._known[pattern] = known
        if isinstance(known, ValueError):
            raise known
        return known

    def check(self, pattern: str, pointer: str) -> None:
        """Accept one of a tree's patterns; once one is too big, or all are together, no other is compiled.

        Raises:
            ValueError: it can't be run, or was not looked at.
            Rejected: too_complex at `pointer`.
        """
        if pattern not in self._known and (self._is_too_big or self.total_size > MAX_REVISION_REGEX_SIZE):
            raise ValueError(_NOT_TRIED)
        self.total_size += self.size(pattern, pointer)


def least_size(pattern: str) -> int:
    """Return how many instructions RE2 makes of a pattern at least, roughly, without compiling it.

    Raises:
        ValueError: the pattern can't be run.
    """
    try:
        return _least(read_pattern(pattern))
    except UnreadableError:
        return 0


def _least(node: Node) -> int:
    match node:
        case Characters():
            return sum(map(_size_of_property, node.properties)) or 1
        case Assertion():
            return 0
        case Repeat():
            return _least(node.part) * max(node.least, node.most or 1)
        case Choice():
            return sum(_least(part) for option in node.options for part in option)


def _size_of_property(one: Property) -> int:
    try:
        return regex_size(one.written())
    except re2.error:
        return 1  # there is no such class, as the whole pattern's compilation will say
