"""The trial function: the steps of a trial, for a state machine on AWS and for a queue on one machine.

The state machine is started with `{"trial_id": "trl_…"}` and the trial's id as the execution's name. It calls

    work      {"step": "work", "trial_id"}: looks at events for about a minute, and answers {"trial_id", "state"}

again and again while the state is `running`; a call may be tried again at any time. Whatever that raises in the end is
caught by

    fail      {"step": "fail", "trial_id"}: ends the trial as failed; one that has ended stays as it is

which is also called when an execution ended in a way that no catcher sees. Errors that time helps are called
`Undelivered`: try those again, with pauses. A schedule calls `{"step": "sweep"}` every minute, which starts the trials
whose start got lost, and ends those that nobody works on any more.
"""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from domain.delivery.ports import QueueSink
from domain.errors import Undelivered
from domain.fault_log import place_of_fault
from domain.trials.running import TrialStarter, TrialWorker

_LOGGER = logging.getLogger(__name__)

FAILED = "Some of the events could not be read, or its work ended too early; start another trial."
OPEN = "running"

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


def make_handler(worker: TrialWorker, starter: TrialStarter) -> Handler:
    """Return the handler of the state machine's tasks and of the sweep's schedule."""

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        match event["step"]:
            case "work":
                return {"trial_id": event["trial_id"], "state": worker.work(event["trial_id"])}
            case "fail":
                worker.fail(event["trial_id"], FAILED)
                return {"trial_id": event["trial_id"], "state": "failed"}
            case "sweep":
                return {"waiting": worker.sweep(starter)}
            case step:
                raise ValueError(f"there is no step {step!r}")

    return handle


class TrialQueue(QueueSink, Protocol):
    """A queue that says how much it holds, hidden messages too."""

    def depth(self) -> int: ...


class QueueStarter:
    """A `TrialStarter` for a deployment whose trials are worked on from a queue."""

    def __init__(self, queue: TrialQueue) -> None:
        self._queue = queue

    def start(self, trial_id: str) -> None:
        _send(self._queue, trial_id)

    def is_at_work(self, trial_id: str) -> bool:
        """Say whether a message waits, of this trial or of another: those of others come to an end, too."""
        del trial_id
        return self._queue.depth() > 0


def make_queue_handler(worker: TrialWorker, queue: QueueSink) -> Handler:
    """Return the handler of an SQS event whose messages are `{"trial_id"}`, each for one step.

    It answers which messages are to come again. The message of the next step is sent before this one's is done with;
    one that comes twice does no harm.
    """

    def take(body: str) -> None:
        trial_id = json.loads(body)["trial_id"]
        if worker.work(trial_id) == OPEN:
            _send(queue, trial_id)

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        again = []
        for record in event["Records"]:
            try:
                take(record["body"])
            except Exception as error:  # noqa: BLE001 - one message must not hold up the others
                reason = place_of_fault(error)
                _LOGGER.error("message %s of a trial has to come again: %s", record["messageId"], reason)  # noqa: TRY400
                again.append(record["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    return handle


def _send(queue: QueueSink, trial_id: str) -> None:
    if any(queue.send([json.dumps({"trial_id": trial_id})])):
        raise Undelivered("the queue of trials takes no messages")
