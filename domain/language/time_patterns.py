"""Moments as a pattern that ECMA-262 and RE2 understand alike, anchored at both ends."""

from domain.validation.datetimes import DATE

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"

# Moments of the year 1 in UTC can stand as of the last day of the year 0, with an offset.
RFC3339_PATTERN = rf"^(?:{DATE}|0000-12-31)[Tt ]{_CLOCK}:[0-5][0-9](?:\.[0-9]{{1,9}})?(?:[Zz]|[+-]{_CLOCK})$"
"""But for the few hours at both ends of the calendar whose offset leads out of it."""
