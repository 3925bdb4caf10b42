"""What to write instead of what people bring from other regex dialects and RE2 does not have."""

GROUP_REMEDIES = {
    "(?=": "Look-ahead is not supported: say what the whole string may be instead.",
    "(?!": "Look-ahead is not supported: say what the whole string may be instead.",
    "(?<=": "Look-behind is not supported: say what the whole string may be instead.",
    "(?<!": "Look-behind is not supported: say what the whole string may be instead.",
    "(?>": "Atomic groups are not supported: write `(?:` instead, the pattern is fast without them.",
    "(?#": "Comments are not supported: use the description.",
    "(?(": "Conditions in a pattern are not supported: write the alternatives out with `|`.",
    "(?P=": "Back-references are not supported: write the repeated part out.",
    "(?P>": "Recursion is not supported: write the levels out.",
}
ESCAPE_REMEDIES = {
    **dict.fromkeys("123456789kg", "Back-references are not supported: write the repeated part out."),
    "Z": r"`\Z` is not supported: the end needs no mark, the whole string has to match.",
    "G": r"`\G` is not supported: the start needs no mark, the whole string has to match.",
    "u": r"`\u` is not supported: write `\x{20AC}` for a code point.",
    "C": r"`\C`, a single byte, is not supported: `.` is a character.",
    "K": r"`\K` is not supported: the whole string has to match.",
    "h": r"`\h` is not supported: write `[ \t]`.",
    "R": r"`\R` is not supported: write `\r?\n`.",
    "E": r"There is an `\E` without its `\Q`.",
}
