"""What BigQuery can do, and the bounds that Google sets."""

from domain.delivery.connectors import Capabilities

CAPABILITIES = Capabilities(has_tables=True, needs_identity=True, needs_writer=True)
EMULATED = Capabilities(has_tables=True, needs_identity=False, needs_writer=True)
"""An emulator takes anybody."""

# https://cloud.google.com/bigquery/quotas#streaming_inserts: 10 MB a request, 500 rows recommended
MAX_ROWS_PER_INSERT = 500
MAX_INSERT_BYTES = 5_000_000
# https://cloud.google.com/bigquery/quotas#view_limits
MAX_VIEW_CHARS = 256_000
MAX_TABLES_IN_VIEW = 100
