"""Writes usage: takes the tallies that handlers send, and adds up what was taken.

Set off by the queue of tallies, and once a minute, for what was left by a run that died.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from domain.delivery.ports import QueueSink
from domain.errors import Undelivered
from schemas.watched import USAGE_SET_ASIDE

_LOGGER = logging.getLogger(__name__)
Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]
REMINDER = "fold"
"""The message by which a run has a later one add up."""
WORK_SECONDS = 40.0
"""After which nothing more is begun; the function may run for longer by all that one call may take."""


class Folder(Protocol):
    """Takes tallies, and adds up what was taken; what each does is said at its adapter."""

    def take(self, texts: Sequence[str]) -> list[bool]: ...

    def fold(self, may_go_on: Callable[[], bool]) -> bool: ...


def tell_set_aside(reason: str) -> None:
    """Say that counts could not be added, so that an alarm is raised."""
    _LOGGER.error(USAGE_SET_ASIDE, reason)


def make_handler(folder: Folder, reminders: QueueSink, *, monotonic: Callable[[], float]) -> Handler:
    """Return the handler of SQS events of tallies and of scheduled ones; it answers which messages come again.

    `reminders` sends to the same queue, for some seconds later. What could not be added up fails a scheduled run, so
    that an alarm is raised; others are done with what they took, and leave the rest to a reminder.
    """

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        began = monotonic()
        is_scheduled = "Records" not in event
        tallies = [record for record in event.get("Records", ()) if record["body"] != REMINDER]
        taken = folder.take([record["body"] for record in tallies])
        try:
            is_done = folder.fold(lambda: monotonic() - began < WORK_SECONDS)
        except Undelivered as error:
            if is_scheduled:
                raise
            _LOGGER.log(logging.WARNING if error.retryable else logging.ERROR, "counts are added up later: %s", error)
            is_done = False
        if not is_done and any(reminders.send([REMINDER])):
            _LOGGER.warning("counts are added up by the next run: the queue takes no reminder")
        again = [record["messageId"] for record, is_taken in zip(tallies, taken, strict=True) if not is_taken]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    return handle
