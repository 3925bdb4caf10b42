"""The redrive function: the steps of a redrive, for a state machine on AWS and for a queue on one machine.

The state machine is started with `{"redrive_id": "rdr_…"}` and the redrive's id as the execution's name. It has three
tasks, all of which call this function and may be tried again at any time:

    plan      {"step": "plan", "redrive_id"}
              answers {"redrive_id", "manifest": {"Bucket", "Key"}, "objects"}: the manifest is an object with a JSON
              array of keys, which a distributed map reads as its items; it is there even if it has none.
    work      {"step": "work", "redrive_id", "keys": [key, …]}, or with what a map gives its runs,
              {"step": "work", "batch": {"Items": [{"redrive_id", "key"}, …]}}, or where it makes no batches,
              {"step": "work", "batch": {"redrive_id", "key"}}; answers {"redrive_id", "state"}
    finish    {"step": "finish", "redrive_id"}; answers {"redrive_id", "state"}, `done` once every object is settled

Whatever these raise in the end is caught by

    fail      {"step": "fail", "redrive_id"}: ends the redrive as failed; one that has ended stays as it is

which is also called when an execution ended in a way that no catcher sees.

`plan` answers with `"objects": 0` where the redrive has ended meanwhile; `work` then does nothing. Errors that time
helps are called `Undelivered`: try those again, with pauses. A schedule calls `{"step": "sweep"}` every minute, which
starts the redrives whose start got lost, and ends those that nobody works on any more.
"""

from collections.abc import Mapping
from typing import Any

from domain.delivery.ports import QueueSink
from domain.quarantine.ports import RedriveStarter
from domain.quarantine.redriving import Redriver, manifest_key
from domain.queued_work import Handler, QueueStarter, WorkQueue, messages_handler, send

KEYS_PER_MESSAGE = 10
FAILED = "Some objects could not be worked on; start another redrive for the rest."


def make_handler(redriver: Redriver, starter: RedriveStarter, bucket: str) -> Handler:
    """Return the handler of the state machine's tasks.

    Args:
        redriver: does the work.
        starter: starts the state machine.
        bucket: where the quarantine and the manifests are.
    """

    def plan(redrive_id: str) -> dict[str, Any]:
        keys = redriver.plan(redrive_id)
        manifest = {"Bucket": bucket, "Key": manifest_key(redrive_id)}
        return {"redrive_id": redrive_id, "manifest": manifest, "objects": len(keys or ())}

    def work(event: Mapping[str, Any]) -> dict[str, Any]:
        if "keys" in event:
            redrive_id, keys = event["redrive_id"], event["keys"]
        else:
            batch = event["batch"]
            items = batch.get("Items", [batch])
            redrive_id, keys = items[0]["redrive_id"], [item["key"] for item in items]
        redriver.work(redrive_id, keys)
        return {"redrive_id": redrive_id, "state": "running"}

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        match event["step"]:
            case "plan":
                return plan(event["redrive_id"])
            case "work":
                return work(event)
            case "finish":
                return {"redrive_id": event["redrive_id"], "state": redriver.finish(event["redrive_id"])}
            case "fail":
                redriver.fail(event["redrive_id"], FAILED)
                return {"redrive_id": event["redrive_id"], "state": "failed"}
            case "sweep":
                return {"waiting": redriver.sweep(starter)}
            case step:
                raise ValueError(f"there is no step {step!r}")

    return handle


def queue_starter(queue: WorkQueue) -> QueueStarter:
    """Return a `RedriveStarter` for a deployment whose redrives are worked on from a queue."""
    return QueueStarter(queue, lambda redrive_id: {"step": "plan", "redrive_id": redrive_id})


def make_queue_handler(redriver: Redriver, queue: QueueSink) -> Handler:
    """Return the handler of an SQS event whose messages are the events of `make_handler`'s steps `plan` and `work`."""

    def take(message: Mapping[str, Any]) -> None:
        redrive_id = message["redrive_id"]
        if message["step"] == "plan":
            keys = redriver.plan(redrive_id) or []
            parts = [keys[start : start + KEYS_PER_MESSAGE] for start in range(0, len(keys), KEYS_PER_MESSAGE)]
            send(queue, [{"step": "work", "redrive_id": redrive_id, "keys": part} for part in parts])
        else:
            redriver.work(redrive_id, message["keys"])
        redriver.finish(redrive_id)

    return messages_handler(take)
