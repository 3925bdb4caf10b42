"""What an entry of the audit log holds, and what it never does: secrets."""

from collections.abc import Mapping
from typing import Any

REDACTED = "[redacted]"
_SECRET_FIELDS = frozenset({"token", "hash", "secret", "secrets", "password", "credentials", "private_key"})


def audit_entry(
    entry_id: str,
    now: str,
    action: str,
    subject: Mapping[str, str],
    actor: Mapping[str, str | None],
    source_ip: str,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return an entry.

    `subject` is `{"type", "id", "name"?, "endpoint_id"?}`, `actor` `{"member_id", "name", "token_id"}`.
    """
    return {
        "id": entry_id,
        "at": now,
        "action": action,
        "subject": dict(subject),
        "actor": dict(actor),
        "source_ip": source_ip,
        "before": redacted(before),
        "after": redacted(after),
    }


def redacted(value: Any) -> Any:
    """Return the value with every field that may hold a secret blanked, on all levels."""
    if isinstance(value, Mapping):
        return {
            name: REDACTED if name in _SECRET_FIELDS and inner is not None else redacted(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [redacted(inner) for inner in value]
    return value
