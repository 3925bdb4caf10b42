r"""Character classes of RE2, spelled for Rust's regex crate.

RE2's `\w \d \s` and its POSIX classes are ASCII; Rust's are Unicode, which costs tens of milliseconds and megabytes a
pattern. So every class is spelled out here as ranges of code points, and only `\p{…}` is left to Rust's tables.
"""

import re
from collections.abc import Mapping

MAX_CODE_POINT = 0x10FFFF
NOTHING = r"[^\x{0}-\x{10FFFF}]"

_DIGIT = "0-9"
_SPACE = r"\x{9}\x{A}\x{C}\x{D}\x{20}"
_WORD = "0-9A-Za-z_"

PERL_CLASSES: Mapping[str, str] = {
    "d": f"[{_DIGIT}]",
    "D": f"[^{_DIGIT}]",
    "s": f"[{_SPACE}]",
    "S": f"[^{_SPACE}]",
    "w": f"[{_WORD}]",
    "W": f"[^{_WORD}]",
}
r"""By the letter after the backslash. RE2's `\s` has no vertical tab."""

POSIX_CLASSES: Mapping[str, str] = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x{0}-\x{7F}",
    "blank": r"\x{9}\x{20}",
    "cntrl": r"\x{0}-\x{1F}\x{7F}",
    "digit": _DIGIT,
    "graph": r"\x{21}-\x{7E}",
    "lower": "a-z",
    "print": r"\x{20}-\x{7E}",
    "punct": r"\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}",
    "space": r"\x{9}-\x{D}\x{20}",
    "upper": "A-Z",
    "word": _WORD,
    "xdigit": "0-9A-Fa-f",
}

_CATEGORY = re.compile("C[cfo]|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?")
_SPECIAL = {
    "Any": r"[\x{0}-\x{10FFFF}]",
    "C": r"[\p{gc=Cc}\p{gc=Cf}\p{gc=Co}]",  # in RE2 without the code points that are not assigned
    "Cs": NOTHING,  # surrogates, which no text holds
}
_SCRIPT = re.compile("[A-Z][A-Za-z_]+")


def perl_class(letter: str) -> str | None:
    return PERL_CLASSES.get(letter)


def posix_class(name: str) -> str:
    """Translate `name` as it stands between `[:` and `:]`."""
    negated = name.startswith("^")
    ranges = POSIX_CLASSES.get(name.removeprefix("^"))
    if ranges is None:
        raise ValueError("The pattern names a POSIX class that does not exist, such as `[:alpha:]` would.")
    return f"[^{ranges}]" if negated else f"[{ranges}]"


def unicode_class(name: str, *, negated: bool) -> str:
    r"""Translate the name of a `\p{…}`: a general category, a script, or `Any`."""
    if name.startswith("^"):
        negated = not negated
        name = name[1:]
    if name in _SPECIAL:
        body = _SPECIAL[name]
    elif _CATEGORY.fullmatch(name):
        body = rf"\p{{gc={name}}}"
    elif _SCRIPT.fullmatch(name):
        body = rf"\p{{sc={name}}}"
    else:
        raise ValueError(
            r"The pattern names a Unicode class that does not exist, such as `\p{Lu}` or `\p{Greek}` would."
        )
    return f"[^{body}]" if negated else body


def literal(code_point: int) -> str:
    """Spell one code point so that it means itself, inside and outside of a class."""
    if 0xD800 <= code_point <= 0xDFFF:
        raise ValueError("The pattern names half of a surrogate pair, which no text holds.")
    character = chr(code_point)
    if code_point > 0x7F or (character.isalnum() and character.isascii()):
        return character
    return f"\\x{{{code_point:X}}}"
