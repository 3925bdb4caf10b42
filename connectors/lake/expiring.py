"""Keeps the metadata of a table small, also where nothing else looks after it: each try to commit reads all of it.

Metadata of 86 MiB, which is 100,000 snapshots, takes 3.6 seconds of a core and 740 MiB of memory; what a day of one
commit a minute makes takes 20 milliseconds. So a writer that finds a table full of snapshots lets the oldest go.
"""

import logging

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from connectors.lake.catalogs import translated
from connectors.lake.ledger import Ledger
from domain.errors import Undelivered

_LOGGER = logging.getLogger(__name__)

MAX_SNAPSHOTS = 5_000
"""More than a day's, however many streams an environment has: some 4 MiB of metadata."""
EXPIRED_AT_ONCE = 100
"""A commit adds one, so that a table which was left alone for long becomes small again."""


def let_oldest_go(table: Table, ledger: Ledger) -> None:
    """Let the oldest snapshots of a table expire if it has too many; another time, if that fails."""
    snapshots = sorted(table.metadata.snapshots, key=lambda one: one.timestamp_ms)
    if len(snapshots) <= MAX_SNAPSHOTS:
        return
    named = {ref.snapshot_id for ref in table.metadata.refs.values()}
    old = [one for one in snapshots if one.snapshot_id not in named][:EXPIRED_AT_ONCE]
    try:
        with translated("let snapshots expire"):
            for snapshot in old:
                ledger.keep_of(table, snapshot)
            table.maintenance.expire_snapshots().by_ids(sorted(one.snapshot_id for one in old)).commit()
            for snapshot in old:
                table.io.delete(snapshot.manifest_list)  # which no other snapshot names
    except (CommitFailedException, Undelivered):
        _LOGGER.info("snapshots of the table %s expire later", table.name()[-1])
