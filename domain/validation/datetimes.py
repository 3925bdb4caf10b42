"""Dates and times as linear patterns: calendar dates of the years 0001-9999, checked without parsing.

DATETIME is `YYYY-MM-DD`, one `T` or space, `HH:MM:SS`, then nothing or `.` and 1-6 digits.
"""

_YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_LONG_MONTH = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY = "02-(?:0[1-9]|1[0-9]|2[0-8])"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"

DATE = f"(?:{_YEAR}-(?:{_LONG_MONTH}|{_SHORT_MONTH}|{_FEBRUARY})|{_LEAP_YEAR}-02-29)"
"""A day that exists, as a piece of a pattern."""

DATE_PATTERN = f"^{DATE}$"
DATETIME_PATTERN = f"^{DATE}[T ]{_TIME}$"
RFC3339_UTC_PATTERN = f"^{DATE}T{_TIME}Z$"
"""RFC 3339 as it is stored: in UTC, with capital `T` and `Z` and at most six decimals."""
