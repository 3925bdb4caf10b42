r"""Translates a pattern in RE2 syntax for Rust's regex crate, which `pydantic_core` runs.

The translation matches where RE2 would match the *whole* string. Nothing is left to what the two engines understand
differently: every literal that is no letter or digit is written as its code point, every class as ranges, every
anchor, dot and flag as the one thing it means at its place. Groups capture nothing, and greed is dropped: neither
says anything about whether a whole string matches.

https://github.com/google/re2/wiki/Syntax · https://docs.rs/regex/latest/regex/#syntax
"""

import re
from typing import NamedTuple

from domain.validation.regex_classes import MAX_CODE_POINT, literal, perl_class, posix_class, unicode_class
from domain.validation.regex_remedies import ESCAPE_REMEDIES, GROUP_REMEDIES

MAX_REPEAT = 1_000
"""RE2's bound on `{n}`: https://github.com/google/re2/wiki/Syntax"""

_REPEAT = re.compile(r"\{(0|[1-9][0-9]{0,8})(?:(,)(0|[1-9][0-9]{0,8})?)?\}")
"""Anything else that starts with a brace is literal in RE2, such as `{,2}` and `{01}`."""

_FLAGS = re.compile(r"\(\?([imsU]*)(?:(-)([imsU]+))?([:)])")
_NAME = re.compile(r"\(\?P?<([^>]*)>")
_HEX = re.compile(r"x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))")
_OCTAL = re.compile("0[0-7]{0,2}|[1-7][0-7]{1,2}")
_CONTROLS = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}


class _Flags(NamedTuple):
    fold_case: bool = False
    dot_is_any: bool = False
    multi_line: bool = False


class _Group:
    """An open group: the flags to return to when it closes, and what it holds so far.

    Each piece is an atom that can be repeated as it stands; `None` stands for `|`.
    """

    __slots__ = ("outer_flags", "pieces")

    def __init__(self, outer_flags: _Flags) -> None:
        self.outer_flags = outer_flags
        self.pieces: list[str | None] = []

    def text(self) -> str:
        return "(?:" + "".join("|" if piece is None else piece for piece in self.pieces) + ")"


def rust_pattern(pattern: str) -> str:
    """Translate an RE2 pattern into a Rust one that matches exactly the strings that match as a whole.

    Raises:
        ValueError: the pattern can't be translated faithfully; the text is a plain sentence that names the remedy.
    """
    return _Translation(pattern).run()


class _Translation:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.flags = _Flags()
        self.groups = [_Group(self.flags)]
        self.after_repeat = False

    def run(self) -> str:
        while self.at < len(self.pattern):
            self._step()
        if len(self.groups) > 1:
            raise ValueError("A parenthesis is not closed: add `)`, or write `\\(` for a literal one.")
        return rf"\A{self.groups[0].text()}\z"

    def _step(self) -> None:
        was_repeat, self.after_repeat = self.after_repeat, False
        match self.pattern[self.at]:
            case "(":
                self._open()
            case ")":
                self._close()
            case "|":
                self.groups[-1].pieces.append(None)
                self.at += 1
            case "[":
                self._push(self._folded(self._bracket()))
            case "." | "^" | "$" as symbol:
                self._push(self._symbol(symbol))
                self.at += 1
            case "*" | "+" | "?" as operator:
                self.at += 1
                self._repeat(operator, was_repeat=was_repeat)
            case "{" if counted := _REPEAT.match(self.pattern, self.at):
                self.at = counted.end()
                self._repeat(self._counted(counted), was_repeat=was_repeat)
            case "\\":
                self._backslash()
            case character:
                self._push_literal(ord(character))
                self.at += 1

    def _push(self, piece: str) -> None:
        self.groups[-1].pieces.append(piece)

    def _push_literal(self, code_point: int) -> None:
        has_cases = code_point > 0x7F or chr(code_point).isalpha()
        self._push(self._folded(literal(code_point)) if has_cases else literal(code_point))

    def _folded(self, piece: str) -> str:
        return f"(?i:{piece})" if self.flags.fold_case else piece

    def _symbol(self, symbol: str) -> str:
        if symbol == ".":
            return r"[\x{0}-\x{10FFFF}]" if self.flags.dot_is_any else r"[^\x{A}]"
        if self.flags.multi_line:
            return f"(?m:{symbol})"
        return r"(?:\A)" if symbol == "^" else r"(?:\z)"

    def _open(self) -> None:
        if not self.pattern.startswith("(?", self.at):
            self.groups.append(_Group(self.flags))
            self.at += 1
        elif flags := _FLAGS.match(self.pattern, self.at):
            outer = self.flags
            self.flags = _with(outer, flags)
            if flags[4] == ":":
                self.groups.append(_Group(outer))
            self.at = flags.end()
        else:
            for start, remedy in GROUP_REMEDIES.items():
                if self.pattern.startswith(start, self.at):
                    raise ValueError(remedy)
            name = _NAME.match(self.pattern, self.at)
            if name is None:
                raise ValueError("What follows `(?` is not supported: write `(?:`, `(?i)` or `(?P<name>`.")
            self.groups.append(_Group(self.flags))
            self.at = name.end()

    def _close(self) -> None:
        if len(self.groups) == 1:
            raise ValueError("A parenthesis is closed that was not opened: remove `)`, or write `\\)`.")
        group = self.groups.pop()
        self.flags = group.outer_flags
        self._push(group.text())
        self.at += 1

    def _counted(self, counted: re.Match[str]) -> str:
        least = int(counted[1])
        most = int(counted[3]) if counted[3] else least
        if least > MAX_REPEAT or most > MAX_REPEAT:
            raise ValueError(
                f"Something is repeated more than {MAX_REPEAT:,} times: use the rule `max_length` for that."
            )
        if most < least:
            raise ValueError("A repetition's upper bound lies below its lower bound.")
        return counted[0]

    def _repeat(self, operator: str, *, was_repeat: bool) -> None:
        if was_repeat:
            if operator == "+":
                raise ValueError("Possessive repetition is not supported: drop the second `+`.")
            raise ValueError("Two repetitions follow each other: put the first in a group.")
        pieces = self.groups[-1].pieces
        if not pieces or pieces[-1] is None:
            raise ValueError(
                f"There is nothing to repeat before `{operator[0]}`: write `\\{operator[0]}` for a literal one."
            )
        if self.pattern.startswith("?", self.at):
            self.at += 1
        pieces[-1] = f"(?:{pieces[-1]}{operator})"
        self.after_repeat = True

    def _backslash(self) -> None:
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter == "Q":
            self._quoted()
        elif letter in {"b", "B"}:
            self._push(rf"(?-u:\{letter})")
            self.at += 2
        elif letter in {"A", "z"}:
            self._push(rf"(?:\{letter})")
            self.at += 2
        elif (piece := self._escaped_class()) is not None:
            self._push(self._folded(piece))
        else:
            self._push_literal(self._escaped_code_point())

    def _quoted(self) -> None:
        start = self.at + 2
        end = self.pattern.find("\\E", start)
        text = self.pattern[start:] if end < 0 else self.pattern[start:end]
        self.at = len(self.pattern) if end < 0 else end + 2
        for character in text:
            self._push_literal(ord(character))

    def _escaped_class(self) -> str | None:
        r"""Read `\d` and its like, or `\p{…}`; what starts otherwise is left where it is."""
        letter = self.pattern[self.at + 1 : self.at + 2]
        piece = perl_class(letter)
        if piece is not None:
            self.at += 2
        elif letter in {"p", "P"}:
            name = self.pattern[self.at + 2 : self.at + 3]
            self.at += 3
            if name == "{":
                end = self.pattern.find("}", self.at)
                if end < 0:
                    raise ValueError(r"The brace after `\p` is not closed.")
                name = self.pattern[self.at : end]
                self.at = end + 1
            piece = unicode_class(name, negated=letter == "P")
        return piece

    def _escaped_code_point(self) -> int:
        self.at += 1
        letter = self.pattern[self.at : self.at + 1]
        if number := _HEX.match(self.pattern, self.at):
            self.at = number.end()
            return self._within_unicode(int(number[1] or number[2], 16))
        if number := _OCTAL.match(self.pattern, self.at):
            self.at = number.end()
            return int(number[0], 8)
        self.at += 1
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter.isascii() and letter and not letter.isalnum():
            return ord(letter)
        if not letter:
            raise ValueError("The pattern ends in a backslash: write two for a literal one.")
        raise ValueError(ESCAPE_REMEDIES.get(letter, "A backslash stands before something that it gives no meaning."))

    def _within_unicode(self, code_point: int) -> int:
        if code_point > MAX_CODE_POINT:
            raise ValueError(r"A code point after `\x` is past the end of Unicode, 10FFFF.")
        return code_point

    def _bracket(self) -> str:
        """Read a class from `[` to its `]`."""
        self.at += 1
        negated = self.pattern.startswith("^", self.at)
        self.at += negated
        first = self.at
        items: list[str] = []
        while not self.pattern.startswith("]", self.at) or self.at == first:
            if self.at >= len(self.pattern):
                raise ValueError("A bracket is not closed: add `]`, or write `\\[` for a literal one.")
            items.append(self._bracket_item())
        self.at += 1
        return f"[{'^' if negated else ''}{''.join(items)}]"

    def _bracket_item(self) -> str:
        if self.pattern.startswith("[:", self.at):
            end = self.pattern.find(":]", self.at + 2)
            if end >= 0:
                name = self.pattern[self.at + 2 : end]
                self.at = end + 2
                return posix_class(name)
        if self.pattern[self.at] == "\\" and (piece := self._escaped_class()) is not None:
            return piece
        low = self._bracket_character()
        following = self.pattern[self.at : self.at + 2]
        if len(following) < 2 or following[0] != "-" or following[1] == "]":
            return literal(low)
        self.at += 1
        high = self._bracket_character()
        if high < low:
            raise ValueError("A range in brackets ends before it starts: turn it round.")
        return f"{literal(low)}-{literal(high)}"

    def _bracket_character(self) -> int:
        if self.pattern[self.at] == "\\":
            return self._escaped_code_point()
        self.at += 1
        return ord(self.pattern[self.at - 1])


def _with(flags: _Flags, change: re.Match[str]) -> _Flags:
    """Return the flags after `(?on-off)`; `U` swaps greed, which means nothing for a whole match."""
    on, off = change[1], change[3] or ""

    def is_set(letter: str, now: bool) -> bool:
        return (now or letter in on) and letter not in off

    return _Flags(
        fold_case=is_set("i", flags.fold_case),
        dot_is_any=is_set("s", flags.dot_is_any),
        multi_line=is_set("m", flags.multi_line),
    )
