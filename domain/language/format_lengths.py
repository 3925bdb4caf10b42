"""How long the texts are that a format accepts."""

from functools import cache
from math import inf

from domain.language.pattern_lengths import Lengths, lengths_of
from domain.validation.formats import FORMAT_REGEXES, MAX_EMAIL_CHARS, MAX_HOSTNAME_CHARS
from schemas.data_types import StringFormat


@cache
def format_lengths(name: str) -> Lengths:
    """Return how many characters a text of a format has at least and at most."""
    least, most = lengths_of(FORMAT_REGEXES[StringFormat(name)])
    return least, min(most, _MOST.get(StringFormat(name), inf))


_MOST = {StringFormat.EMAIL: MAX_EMAIL_CHARS, StringFormat.HOSTNAME: MAX_HOSTNAME_CHARS}
