"""Prefix expressions, expanded as Firehose does.

https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html

Of the Java patterns those are understood that people partition by: years to seconds, quoted text and separators.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.errors import Misconfigured

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_EXPRESSION = re.compile(r"!\{(?P<namespace>[^:{}]*):(?P<value>[^{}]*)\}")
_PATTERN = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<letters>(?P<letter>[A-Za-z])(?P=letter)*)|(?P<other>[^'A-Za-z])")
_RESERVED = frozenset("[]#")

_FIELDS = {
    "yyyy": "{0.year:04}",
    "uuuu": "{0.year:04}",
    "yy": "{1:02}",
    "uu": "{1:02}",
    "MM": "{0.month:02}",
    "M": "{0.month}",
    "dd": "{0.day:02}",
    "d": "{0.day}",
    "HH": "{0.hour:02}",
    "H": "{0.hour}",
    "mm": "{0.minute:02}",
    "m": "{0.minute}",
    "ss": "{0.second:02}",
    "s": "{0.second}",
}

_DEFAULT = "!{timestamp:yyyy/MM/dd/HH/}"
"""What Firehose appends to a prefix without a time."""

_Part = Callable[[datetime, str], str]


class Prefix:
    """A prefix, read once and expanded for each object."""

    def __init__(self, text: str) -> None:
        """Read a prefix.

        Raises:
            Misconfigured: it holds an expression that is not understood.
        """
        if "!{timestamp:" not in text:
            text += _DEFAULT
        self._parts: list[_Part] = []
        position = 0
        for match in _EXPRESSION.finditer(text):
            self._add_text(text[position : match.start()])
            self._add_expression(match["namespace"], match["value"])
            position = match.end()
        self._add_text(text[position:])

    def expand(self, time_ns: int, random_string: str) -> str:
        """Return the prefix of an object whose first record arrived at `time_ns` (Unix time, shown in UTC)."""
        time = _EPOCH + timedelta(microseconds=time_ns // 1_000)
        return "".join(part(time, random_string) for part in self._parts)

    def _add_text(self, text: str) -> None:
        if "!{" in text:
            raise Misconfigured("A prefix holds an expression that is not closed: write `!{namespace:value}`.")
        if text:
            self._parts.append(lambda _time, _random: text)

    def _add_expression(self, namespace: str, value: str) -> None:
        if namespace == "timestamp":
            form = _form_from_pattern(value)
            self._parts.append(lambda time, _random: form.format(time, time.year % 100))
        elif (namespace, value) == ("firehose", "random-string"):
            self._parts.append(lambda _time, random_string: random_string)
        else:
            raise Misconfigured(
                f"A prefix holds the unknown expression `!{{{namespace}:{value}}}`:"
                " use `!{timestamp:…}` or `!{firehose:random-string}`."
            )


def _form_from_pattern(pattern: str) -> str:
    """Return a format string for what a Java `DateTimeFormatter` pattern means."""
    form = ""
    position = 0
    while position < len(pattern):
        match = _PATTERN.match(pattern, position)
        if match is None:
            raise Misconfigured(f"The time pattern `{pattern}` of a prefix holds a quote that is not closed.")
        if match["letters"]:
            if match["letters"] not in _FIELDS:
                raise Misconfigured(
                    f"The time pattern `{pattern}` of a prefix holds `{match['letters']}`: use {', '.join(_FIELDS)}."
                )
            form += _FIELDS[match["letters"]]
        elif match["other"]:
            if match["other"] in _RESERVED:
                raise Misconfigured(f"The time pattern `{pattern}` of a prefix holds the reserved {match['other']}.")
            form += match["other"]
        else:
            form += match["quoted"].replace("''", "'") or "'"
        position = match.end()
    return form
