"""Says at save whether a pattern can be run, so that every finalised revision compiles.

Two engines have to agree: RE2 defines the language, and Rust's regex crate in `pydantic_core` runs it at ingest. So a
pattern is translated and compiled here exactly as ingest will.
"""

import re2
from pydantic_core import SchemaError, SchemaValidator, core_schema

from domain.intake.regex import rust_pattern
from schemas.limits import MAX_REGEX_CHARS

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False

_TOO_BIG = "The pattern is too big to compile: repeat less, or use the rule `max_length` for long repetitions."
_TOO_NESTED = "The pattern's groups are nested too deeply: write it flatter."
_NO_SUCH_CLASS = r"The pattern names a Unicode class that does not exist, such as `\p{Lu}` or `\p{Greek}` would."
_INVALID = "The pattern is not valid in RE2 syntax: see https://github.com/google/re2/wiki/Syntax."


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
        re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason = str(error)
        if "too large" in reason or "repetition size" in reason:
            raise ValueError(_TOO_BIG) from None
        raise ValueError(_NO_SUCH_CLASS if r"\p" in reason.lower() else _INVALID) from None
    try:
        SchemaValidator(core_schema.str_schema(pattern=translated))
    except SchemaError as error:
        reason = str(error)
        if "size limit" in reason:
            raise ValueError(_TOO_BIG) from None
        raise ValueError(_TOO_NESTED if "nest" in reason else _INVALID) from None


def regex_size(pattern: str) -> int:
    """Return how many instructions RE2 makes of an accepted pattern: what it costs to compile and to keep, roughly."""
    size: int = re2.compile(pattern, _OPTIONS).programsize
    return size


def matches(pattern: str, text: str) -> bool:
    """Say whether the whole of `text` matches an accepted pattern."""
    return re2.fullmatch(pattern, text, _OPTIONS) is not None
