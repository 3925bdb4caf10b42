"""Says at save whether a pattern can be run, so that every finalised revision compiles.

Two engines have to agree: RE2 defines the language, and Rust's regex crate in `pydantic_core` runs it at ingest. So a
pattern is translated and compiled here exactly as ingest will.
"""

import threading
from collections import OrderedDict
from typing import Any

import re2
from pydantic_core import SchemaError, SchemaValidator, core_schema

from domain.validation.regex import rust_pattern
from schemas.limits import MAX_REGEX_CHARS

MAX_CACHED_SIZE = 500_000
"""Instructions of all compiled patterns that are kept for the next use: some 50 MB."""
_OVERHEAD = 500  # instructions that a small pattern takes beside its own, roughly

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False

_TOO_BIG = "The pattern is too big to compile: repeat less, or use the rule `max_length` for long repetitions."
_TOO_NESTED = "The pattern's groups are nested too deeply: write it flatter."
_NO_SUCH_CLASS = r"The pattern names a Unicode class that does not exist, such as `\p{Lu}` or `\p{Greek}` would."
_INVALID = "The pattern is not valid in RE2 syntax: see https://github.com/google/re2/wiki/Syntax."


class TooBigError(ValueError):
    """A pattern is too big to compile."""

    def __init__(self) -> None:
        super().__init__(_TOO_BIG)


def check_regex(pattern: str) -> None:
    """Accept a pattern in RE2 syntax that compiles at ingest.

    Raises:
        ValueError: it can't be run; the text is a plain sentence that names the remedy.
    """
    if len(pattern) > MAX_REGEX_CHARS:
        raise ValueError(f"The pattern has more than {MAX_REGEX_CHARS:,} characters.")
    if not pattern.isascii() and any("\ud800" <= character <= "\udfff" for character in pattern):
        raise ValueError("The pattern holds half of a surrogate pair, which is no Unicode text.")
    translated = rust_pattern(pattern)  # first, because it knows the remedies
    try:
        _CACHE.compiled(pattern)
    except re2.error as error:
        reason = str(error)
        if "too large" in reason or "repetition size" in reason:
            raise TooBigError from None
        raise ValueError(_NO_SUCH_CLASS if r"\p" in reason.lower() else _INVALID) from None
    try:
        SchemaValidator(core_schema.str_schema(pattern=translated))
    except SchemaError as error:
        reason = str(error)
        if "size limit" in reason:
            raise TooBigError from None
        raise ValueError(_TOO_NESTED if "nest" in reason else _INVALID) from None


def regex_size(pattern: str) -> int:
    """Return how many instructions RE2 makes of an accepted pattern: what it costs to compile and to keep, roughly."""
    size: int = _CACHE.compiled(pattern).programsize
    return size


def matches(pattern: str, text: str) -> bool:
    """Say whether the whole of `text` matches an accepted pattern."""
    return _CACHE.compiled(pattern).fullmatch(text) is not None


class _Cache:
    """The patterns that were used last, by what they take: the engine's own cache keeps 128 of any size."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._compiled: OrderedDict[str, Any] = OrderedDict()
        self._size = 0

    def compiled(self, pattern: str) -> Any:
        """Return a pattern as the engine runs it; raises `re2.error` where it does not compile."""
        with self._lock:
            if pattern in self._compiled:
                self._compiled.move_to_end(pattern)
                return self._compiled[pattern]
        compiled = re2.compile(pattern, _OPTIONS)
        re2.purge()
        with self._lock:
            if pattern not in self._compiled:
                self._compiled[pattern] = compiled
                self._size += compiled.programsize + _OVERHEAD
                while self._size > MAX_CACHED_SIZE:
                    self._size -= self._compiled.popitem(last=False)[1].programsize + _OVERHEAD
        return compiled


_CACHE = _Cache()
