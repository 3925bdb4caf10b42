"""Names of tables and columns as PostgreSQL can hold them.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
"""

from hashlib import sha256

from schemas.limits import MAX_POSTGRES_NAME_BYTES

_DIGEST_CHARS = 8
_HEAD_BYTES = MAX_POSTGRES_NAME_BYTES - _DIGEST_CHARS - 1


def short_name(name: str) -> str:
    """Return a name of at most 63 bytes: of a longer one the first 54, `_`, and 8 digits of its hash."""
    encoded = name.encode()
    if len(encoded) <= MAX_POSTGRES_NAME_BYTES:
        return name
    head = encoded[:_HEAD_BYTES].decode(errors="ignore")
    return f"{head}_{sha256(encoded).hexdigest()[:_DIGEST_CHARS]}"
