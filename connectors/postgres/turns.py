"""Turns of writers: how many load into a database at once.

A turn is a lock within the transaction that loads. So it ends with that transaction, whatever ends it, and holds behind
a pooler, too. Locks are the database's: environments and deployments that write to it share its turns.
"""

from connectors.postgres.database import Database

_TURNS = 0x1E57
"""The first of the two numbers of such a lock; the second is that of the turn, from 1."""


class NoTurn(Exception):  # noqa: N818 - an outcome
    """As many writers as may are loading already."""


def take_turn(database: Database, most: int) -> None:
    """Take one of so many turns, within a transaction, without waiting for one; `NoTurn` if there is none."""
    taken = database.select(
        f"SELECT turn FROM generate_series(1, {most:d}) turn WHERE pg_try_advisory_xact_lock({_TURNS}, turn) LIMIT 1",
        int,
    )
    if not taken:
        raise NoTurn
