"""What BigQuery can do, and the bounds that Google sets."""

from domain.delivery.connectors import Capabilities

CAPABILITIES = Capabilities(has_tables=True, needs_identity=True, needs_writer=True)
EMULATED = Capabilities(has_tables=True, needs_identity=False, needs_writer=True)
"""An emulator takes anyone."""

# https://cloud.google.com/bigquery/quotas#streaming_inserts: 10 MB a request, 500 rows recommended
MAX_ROWS_PER_INSERT = 500
MAX_INSERT_BYTES = 5_000_000
# https://cloud.google.com/bigquery/quotas#view_limits
MAX_VIEW_CHARS = 256_000
MAX_TABLES_IN_VIEW = 100
MAX_COUNTED_COLUMNS = 20_000
"""Columns of an environment's views by kind, over all tables, whose lengths are counted while a deployment waits."""

# https://cloud.google.com/bigquery/quotas#load_jobs: 1,500 a table and day, failed ones included. Objects need up to
# 1,440 of them where they come every minute, so what halving takes is bounded.
MAX_HALVES_IN_VAIN = 20
"""Load jobs for halves that were all refused for one reason: after them, the rest of an object is refused as one."""
MAX_HALVES_PER_OBJECT = 200
MAX_JOBS_BEFORE_HALVING_STOPS = 1_000
"""Load jobs of a table in a day, of one writer's process; beyond them, objects with refused rows wait for the next."""
UPLOAD_CHUNK_BYTES = 4 * 1024 * 1024
"""What a load job's upload holds in memory; a multiple of 256 KiB."""
