"""When a certificate's end is near enough to be spoken of."""

from datetime import UTC, datetime
from typing import Literal

EXPIRY_WARNING_DAYS = (30, 14, 3)
"""Days before a certificate expires at which it is warned of, the first first."""

_DAY_SECONDS = 86_400

Kind = Literal["imported", "managed"]


def days_left(expires_at: str, now_seconds: int) -> int:
    """Return the whole days until a time in RFC 3339; below 0 once it is past."""
    expires = datetime.strptime(expires_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return (int(expires.timestamp()) - now_seconds) // _DAY_SECONDS


def warning_step(expires_at: str, now_seconds: int) -> int | None:
    """Return the last of `EXPIRY_WARNING_DAYS` that has been reached, or None."""
    left = days_left(expires_at, now_seconds)
    return min((step for step in EXPIRY_WARNING_DAYS if left < step), default=None)


def expiry_warning(kind: Kind, expires_at: str, now_seconds: int) -> str | None:
    """Return what to tell people of a certificate that expires soon or has expired, and what to do."""
    if warning_step(expires_at, now_seconds) is None:
        return None
    left = days_left(expires_at, now_seconds)
    when = "has expired" if left < 0 else "expires within a day" if left < 1 else f"expires in {left} days"
    if kind == "managed":
        return f"The certificate {when}: it renews itself once its validation record is in the DNS again."
    return f"The certificate {when}: put the domain again with a renewed one."
