"""What buses can do, and the bounds that AWS sets."""

from domain.delivery.connectors import Capabilities
from domain.delivery.entries import Bounds

CAPABILITIES = Capabilities(has_tables=False, needs_identity=False, needs_writer=True)
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html: 10 entries of less than 1 MB together
MAX_CALL_BYTES = 1_000_000 - 1
BOUNDS = Bounds(entries=10, call_bytes=MAX_CALL_BYTES, entry_bytes=MAX_CALL_BYTES)
MAX_DETAIL_TYPE_CHARS = 128
