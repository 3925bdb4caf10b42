"""The provisioner function: messages of the provision queue in, what environments need made and removed.

Its schedules look at all custom domains, for certificates that are waited for or come to their end, and sweep those,
and credentials, that were kept for nothing.
"""

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain.clock import Clock
from domain.delivery.ports import StreamAdmin
from domain.errors import Misconfigured, Undelivered
from domain.records.ports import Table
from functions.provisioner.destinations import Buckets, stream_settings_for
from functions.provisioner.domains import Domains
from functions.provisioner.provisioner import Provisioner
from functions.provisioner.steps import NotYet, Step, StillInUse
from functions.provisioner.streams import Streams
from schemas.watched import ENVIRONMENT_FAILS

__all__ = ["Buckets", "Postpone", "ProvisionerSettings", "make_handler"]

_LOGGER = logging.getLogger(__name__)
Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


class Postpone(Protocol):
    """Sends a message to the provision queue that comes after some seconds; raises `Undelivered` if it can't."""

    def __call__(self, body: str, delay_seconds: int) -> None: ...


@dataclass(frozen=True, slots=True)
class ProvisionerSettings:
    """Settings of the provisioner."""

    buckets: Buckets
    give_up_after_receives: int = 5
    """An environment is marked failed when its message came this often; the queue has to allow one more."""


def make_handler(
    table: Table,
    stream_admin: StreamAdmin,
    settings: ProvisionerSettings,
    clock: Clock,
    *,
    steps: Sequence[Step] = (),
    domains: Domains | None = None,
    postpone: Postpone | None = None,
    sweep_secrets: Callable[[], int] | None = None,
) -> Handler:
    """Return the handler of SQS events and of schedules.

    Messages are `{"action": "provision" | "remove" | "prove", "environment_id"}` and `{"action": "settle", "domain"}`;
    it answers which are to come again. "prove" is about the environment's custom domain; otherwise the action is for
    readers of the queue: what has to be done stands in the catalog.
    Schedules send `{"task": "look"}`, every minute, and `{"task": "sweep"}`, every hour.

    Args:
        table: the catalog.
        stream_admin: makes and removes streams.
        settings: see there.
        clock: nanoseconds.
        steps: what environments need besides streams, in the order in which it is made.
        domains: what custom domains need; without it none can be had.
        postpone: for a queue that gives up on a message that comes too often: what has to wait until nobody uses it
            any more is sent anew. Without it, such a message is one that has to come again.
        sweep_secrets: removes those that were kept for nothing, and returns how many there were.
    """
    streams = Streams(stream_admin, stream_settings_for(settings.buckets))
    provisioner = Provisioner(table, streams, steps, clock)

    def wait(record: Mapping[str, Any], reason: StillInUse) -> bool:
        if postpone is None:
            return False
        postpone(record["body"], max(1, math.ceil(reason.seconds)))
        return True

    def take(record: Mapping[str, Any]) -> bool:
        """Return whether the message is done with."""
        domain = _field(record, "domain")
        if domain is not None and domains is not None:
            return _done(domains.settle, domain)
        environment_id = _field(record, "environment_id")
        if environment_id is not None and domains is not None and _field(record, "action") == "prove":
            return _done(domains.prove, environment_id)
        if environment_id is None:
            _LOGGER.error("message %s is none of ours and is dropped", record.get("messageId"))
            return True
        try:
            try:
                provisioner.settle(environment_id)
            except StillInUse as reason:
                return wait(record, reason)
            except Exception as error:  # one message must not hold up the others
                if _may_get_better(error) and _receives(record) < settings.give_up_after_receives:
                    raise
                _LOGGER.exception(ENVIRONMENT_FAILS, environment_id)
                return provisioner.mark_failed(environment_id, _reason(error))
        except NotYet:
            return False
        except Exception:
            _LOGGER.exception("environment %s has to be provisioned again", environment_id)
            return False
        return True

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        if "task" in event:
            return _do_task(domains, sweep_secrets, event["task"])
        again = [record["messageId"] for record in event["Records"] if not take(record)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    return handle


def _done(work: Callable[[str], None], subject: str) -> bool:
    """Do the work of a message about a custom domain; return whether the message is done with."""
    try:
        work(subject)
    except Exception:  # one message must not hold up the others
        _LOGGER.exception("the custom domain of %s has to be settled again", subject)
        return False
    return True


def _do_task(domains: Domains | None, sweep_secrets: Callable[[], int] | None, task: str) -> dict[str, Any]:
    if task == "sweep":
        sweeps = (sweep_secrets, None if domains is None else domains.sweep)
        return {"deleted": sum(sweep() for sweep in sweeps if sweep is not None)}
    return {} if domains is None else {"looked_at": domains.look()}


def _field(record: Mapping[str, Any], name: str) -> str | None:
    try:
        value = json.loads(record["body"])[name]
    except (ValueError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) else None


def _receives(record: Mapping[str, Any]) -> int:
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _may_get_better(error: Exception) -> bool:
    if isinstance(error, Undelivered):
        return error.retryable
    return not isinstance(error, Misconfigured)


def _reason(error: Exception) -> str:
    if isinstance(error, NotYet | Undelivered | Misconfigured):
        return str(error)
    return "What the environment needs could not be made."
