"""Destinations in PostgreSQL: what is stored of one, and what is kept secret.

Stored is where the connection string leads and as whom; the string itself is the secret (`domain.postgres_place`).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from domain.postgres_names import short_name
from domain.postgres_place import PostgresSecret, place_from_dsn
from domain.records.change import Resource

_SECRET_FIELDS = ("dsn", "ca_certificates")


class PostgresPlan(NamedTuple):
    """A destination that is about to be saved; `secret` is None where it stays as it is."""

    stored: Resource
    secret: PostgresSecret | None


def plan_postgres(written: Mapping[str, Any], held: PostgresSecret | None, table: str) -> PostgresPlan:
    """Return what is to be stored and kept.

    Args:
        written: every field of the destination; of one that changes, `dsn` and `ca_certificates` only if given.
        held: what is kept of it so far.
        table: what the table is called if that is not written.

    Raises:
        ValueError: the connection string can't be used.
    """
    stored = {name: value for name, value in written.items() if name not in _SECRET_FIELDS and value is not None}
    stored.setdefault("table", short_name(table))
    if "dsn" not in written:
        return PostgresPlan(stored, None)
    place = place_from_dsn(written["dsn"])
    ca_certificates = written.get("ca_certificates", None if held is None else held.ca_certificates)
    stored |= {
        "host": place.host,
        "port": place.port,
        "database": place.database,
        "user": place.user,
        "has_ca_certificates": ca_certificates is not None,
    }
    return PostgresPlan(stored, PostgresSecret(written["dsn"], ca_certificates))
