"""Keeps the events that ingest sends for taps.

What is wrong with one message fails no other. A message that is handled twice keeps its events once, as far as the
tap remembers it.
"""

from collections.abc import Callable
from typing import Any

from domain.live.keeping import TapKeeper

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


def make_handler(keeper: TapKeeper) -> Handler:
    """Return the handler of an SQS event; its answer names the messages that have to come again.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """

    def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
        failed = keeper.keep({message["messageId"]: message["body"] for message in event["Records"]})
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    return handle
