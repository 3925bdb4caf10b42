"""What queues can do, and the bounds that AWS sets."""

from domain.delivery.connectors import Capabilities
from domain.delivery.entries import Bounds
from schemas.limits import MAX_MESSAGE_BYTES, MAX_MESSAGES_PER_SEND

CAPABILITIES = Capabilities(has_tables=False, needs_identity=False, needs_writer=True)
BOUNDS = Bounds(entries=MAX_MESSAGES_PER_SEND, call_bytes=MAX_MESSAGE_BYTES, entry_bytes=MAX_MESSAGE_BYTES)
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
GROUP_CHARACTERS = r"[!-~]{1,128}"
