"""The provisioner function: messages of the provision queue in, streams made and removed."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from domain.catalog.ports import Table
from domain.clock import Clock
from domain.delivery.ports import StreamAdmin
from domain.errors import Misconfigured, Undelivered
from functions.provisioner.streams import NotYet, Provisioner, ProvisionerSettings, StillInUse

__all__ = ["ProvisionerSettings", "make_handler"]

_LOGGER = logging.getLogger(__name__)
Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]


def make_handler(table: Table, stream_admin: StreamAdmin, settings: ProvisionerSettings, clock: Clock) -> Handler:
    """Return the handler of SQS events whose messages are `{"action": "provision" | "remove", "environment_id"}`.

    It answers which messages are to come again. The action is for readers of the queue: what has to be done stands in
    the catalog.
    """
    provisioner = Provisioner(table, stream_admin, settings, clock)

    def take(record: Mapping[str, Any]) -> bool:
        """Return whether the message is done with."""
        environment_id = _environment_id(record)
        if environment_id is None:
            _LOGGER.error("message %s is none of ours and is dropped", record.get("messageId"))
            return True
        try:
            try:
                provisioner.settle(environment_id)
            except StillInUse:
                return False
            except Exception as error:  # one message must not hold up the others
                if _may_get_better(error) and _receives(record) < settings.give_up_after_receives:
                    raise
                _LOGGER.exception("environment %s can't be provisioned", environment_id)
                return provisioner.mark_failed(environment_id, _reason(error))
        except NotYet:
            return False
        except Exception:
            _LOGGER.exception("environment %s has to be provisioned again", environment_id)
            return False
        return True

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        again = [record["messageId"] for record in event["Records"] if not take(record)]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    return handle


def _environment_id(record: Mapping[str, Any]) -> str | None:
    try:
        body = json.loads(record["body"])
        environment_id = body["environment_id"]
    except (ValueError, KeyError, TypeError):
        return None
    return environment_id if isinstance(environment_id, str) else None


def _receives(record: Mapping[str, Any]) -> int:
    return int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))


def _may_get_better(error: Exception) -> bool:
    if isinstance(error, Undelivered):
        return error.retryable
    return not isinstance(error, Misconfigured)


def _reason(error: Exception) -> str:
    if isinstance(error, NotYet | Undelivered | Misconfigured):
        return str(error)
    return "The delivery streams could not be made."
