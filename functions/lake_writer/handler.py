"""Does all that touches tables of lakes: writes what landed, and does what other functions ask for."""

from collections.abc import Mapping
from typing import Any

from connectors.lake.asking import MakeView, answer_of
from domain.delivery.connectors import Connector
from domain.delivery.writer import Handler


def make_handler(connector: Connector, make_view: MakeView, write: Handler) -> Handler:
    """Return the handler of messages of the lake's queue, and of what `AskingLake` asks."""

    def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
        return answer_of(connector, make_view, event) if "task" in event else write(event, context)

    return handle
