"""What streams can do, and the bounds that AWS sets."""

from domain.delivery.connectors import Capabilities
from domain.delivery.entries import Bounds

CAPABILITIES = Capabilities(has_tables=False, needs_identity=False, needs_writer=True)
# https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html: every stream accepts records of 1 MiB
# and calls of 5 MiB; larger records only where its owner has raised that.
BOUNDS = Bounds(entries=500, call_bytes=5 * 1024 * 1024, entry_bytes=1024 * 1024)
# A partition key has up to 256 characters, of which those beyond U+FFFF may count as two. Events that AWS refuses hold
# an object up, so none may have a key that it does not take.
KEY_CHARACTERS = r"(?s:.{1,128})"
