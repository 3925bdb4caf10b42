"""What a lake can do, and how much it holds and writes at a time."""

from domain.delivery.connectors import Capabilities

CAPABILITIES = Capabilities(has_tables=True, needs_identity=False, needs_writer=True, shares_table=True)

CHUNK_BYTES = 4 * 1024 * 1024
"""Lines that are made columns of at a time."""
FILE_BYTES = 32 * 1024 * 1024
"""Lines that are gathered for a file before it is sorted and written."""
ROWS_PER_GROUP = 65_536
"""Of a file: what a look for repeats reads at least."""
TRIES = 10
"""Commits of one object on a table that others change meanwhile."""
CATALOG_FILE = "catalog.db"
"""Of lakes on one machine."""
