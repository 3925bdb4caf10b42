"""Messages to the provisioner that can't be lost: stored with the change that causes them, removed once sent.

A change of the catalog sends its messages right after; what a crash or a refusing queue left behind is sent by
`send_waiting`, at start and from time to time. A message may arrive twice, which its receiver takes without harm.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from domain.delivery.ports import QueueSink
from domain.errors import Undelivered
from domain.records.keys import OUTBOX, outbox_key
from domain.records.ports import Conflict, Delete, Put, Table

_log = logging.getLogger(__name__)


class Letter(NamedTuple):
    """The messages of one change, in one item: a change that deletes many environments still fits a transaction."""

    id: str
    messages: Sequence[Mapping[str, Any]]


class Sent(NamedTuple):
    """How many letters the queue took, and how many it did not, which go on waiting."""

    taken: int
    refused: int


def stored_letter(letter: Letter) -> Put:
    """Return the write that keeps a letter until it is sent."""
    return Put(outbox_key(letter.id), {"messages": list(letter.messages)}, 0)


def send(table: Table, queue: QueueSink, letter: Letter) -> bool:
    """Send a stored letter and forget it; return whether the queue took all of it. If not, all of it waits."""
    # The change is done and the letter stored: nothing that fails here may turn the change's answer into an error.
    try:
        results = queue.send([json.dumps(message) for message in letter.messages])
        refused = next(filter(None, results), None)
        if refused is not None:
            # It waits, and an environment with it: without a word nobody would learn of a grant that is missing.
            _log.warning("the messages of letter %s wait to be sent: %s", letter.id, refused.reason)
            return False
        with suppress(Conflict):  # another sender was faster
            table.transact([Delete(outbox_key(letter.id), 1)])
    except Undelivered as error:
        _log.warning("letter %s waits to be sent: %s", letter.id, error)
        return False
    return True


def send_waiting(table: Table, queue: QueueSink, limit: int = 100) -> Sent:
    """Send up to `limit` letters that were stored but not sent."""
    waiting = [Letter(item.key.sk, item.data["messages"]) for item in table.query(OUTBOX, limit=limit)]
    taken = sum(send(table, queue, letter) for letter in waiting)
    return Sent(taken, len(waiting) - taken)
