"""Moments that a client writes: RFC 3339, with its offset."""

import re
from datetime import UTC, datetime

from domain.errors import FaultyRequest

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ](?!24)\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds_from(text: str, pointer: str) -> int:
    """Return the first whole millisecond since the Unix epoch that is not before the moment.

    Raises:
        Rejected: (invalid_request, at `pointer`) the text is no moment.
    """
    try:
        if not _RFC_3339.fullmatch(text):
            raise ValueError  # noqa: TRY301 - one way out for all that is no moment
        since_epoch = datetime.fromisoformat(text.upper()).astimezone(UTC) - _EPOCH
    except (ValueError, OverflowError):
        message = "Must be a time as RFC 3339 writes it, such as 2026-11-23T09:00:00Z."
        raise FaultyRequest([{"pointer": pointer, "code": "time", "message": message}]) from None
    microseconds = (since_epoch.days * 86_400 + since_epoch.seconds) * 1_000_000 + since_epoch.microseconds
    return -(-microseconds // 1_000)
