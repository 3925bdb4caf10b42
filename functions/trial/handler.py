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

from collections.abc import Mapping
from typing import Any

from domain.delivery.ports import QueueSink
from domain.queued_work import Handler, QueueStarter, WorkQueue, messages_handler, send
from domain.trials.running import TrialStarter, TrialWorker

FAILED = "Some of the events could not be read, or its work ended too early; start another trial."
OPEN = "running"


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


def queue_starter(queue: WorkQueue) -> QueueStarter:
    """Return a `TrialStarter` for a deployment whose trials are worked on from a queue."""
    return QueueStarter(queue, lambda trial_id: {"trial_id": trial_id})


def make_queue_handler(worker: TrialWorker, queue: QueueSink) -> Handler:
    """Return the handler of an SQS event whose messages are `{"trial_id"}`, each for one step."""

    def take(message: Mapping[str, Any]) -> None:
        if worker.work(message["trial_id"]) == OPEN:
            send(queue, [message])

    return messages_handler(take)
