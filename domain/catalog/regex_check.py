"""Says at save whether a pattern can be run, so that every finalised revision compiles."""

import re2

from schemas.limits import MAX_REGEX_CHARS

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


def check_regex(pattern: str) -> None:
    """Accept a pattern in RE2 syntax that every engine of ours runs.

    Raises:
        ValueError: it can't be run; the text is a plain sentence that names the remedy.
    """
    if len(pattern) > MAX_REGEX_CHARS:
        raise ValueError(f"The pattern has more than {MAX_REGEX_CHARS:,} characters.")
    try:
        re2.compile(pattern, _OPTIONS)
    except re2.error:
        raise ValueError("The pattern is no valid RE2 syntax.") from None


def matches(pattern: str, text: str) -> bool:
    """Say whether the whole of `text` matches a pattern that `check_regex` accepted."""
    return re2.fullmatch(pattern, text, _OPTIONS) is not None
