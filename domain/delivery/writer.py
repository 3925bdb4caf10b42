"""Writes what landed to the destinations that need a writer: all but the deployment's own bucket.

Kinds of destination that have a writer of their own are handed on to its queue; it is made of the same handler.

Each message tells of objects in the landing bucket. An object is finished whole or not at all: what its destination
refused is set aside with its reasons, what was delivered is counted, once, and only then is the message done with.
A crash before that repeats the object, which delivers nothing twice.

One environment's destination must not hold up another's. So each environment of a batch has a thread and a time of its
own, and one whose destination did not answer is left alone for a while: its messages go back to the queue at once.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from domain.catalog.delivered_environments import (
    Environment,
    delivered_target,
    find_delivered,
    tables_of,
    tables_sent_to,
)
from domain.clock import Clock
from domain.delivery.budget import TimeBudget
from domain.delivery.connectors import Budget, Connectors
from domain.delivery.landed import LandedObject, Outcomes, digest_of, environment_of, set_aside_key
from domain.delivery.last_error import UNEXPECTED, LastErrors
from domain.delivery.ports import ObjectStore, SecretReader
from domain.delivery.repeats import ReadNotes, RepeatNotes
from domain.delivery.resting import AskedToWait, Resting
from domain.delivery.set_aside import is_sent_again, sent_to
from domain.errors import Misconfigured, Undelivered
from domain.fault_log import place_of_fault
from domain.metering.ports import DeliveredSink
from domain.records.ports import Table
from schemas.limits import WRITER_SECONDS

_LOGGER = logging.getLogger(__name__)
_THREADS = 16

Handler = Callable[[Mapping[str, Any], object], dict[str, Any]]
HandOn = Callable[[str], None]
"""Sends a notification to the queue of another writer; raises `Undelivered` if that does not take it."""
Work = list[tuple[str, list[LandedObject]]]
"""Messages, by their ids, with the objects that they tell of."""


def make_handler(
    table: Table,
    connectors: Connectors,
    secrets: SecretReader,
    objects: ObjectStore,
    sink: DeliveredSink,
    *,
    others: Mapping[str, HandOn] | None = None,
    environment_seconds: float = WRITER_SECONDS,
    clock: Clock = time.time_ns,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Handler:
    """Return the handler of SQS events whose messages are S3's notifications of new objects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

    Args:
        table: the catalog.
        connectors: deliver to the kinds of destination that this writer writes to.
        secrets: those of destinations.
        objects: the landing bucket.
        sink: counts what was delivered.
        others: by kind of destination, what hands an object on to the writer of that kind.
        environment_seconds: what one environment may take of a call.
        clock: nanoseconds.
        monotonic: seconds.
        sleep: takes seconds.
    """
    handed_on = others or {}
    pool = ThreadPoolExecutor(_THREADS, "writer")
    resting = Resting(monotonic)
    errors = LastErrors(table, clock)
    read = ReadNotes(objects)

    def write(environment: Environment, landed: LandedObject, budget: Budget) -> Outcomes:
        connector = connectors(environment["destination"]["type"])
        if connector is None:
            raise Misconfigured("The deployment does not deliver to this destination.")
        target = delivered_target(environment, secrets)
        tables, revision_id = tables_of(table, environment), sent_to(landed.key)
        if revision_id is not None:
            tables = tables_sent_to(tables, revision_id)
        return connector.deliver(target, landed, tables, budget)

    def deliver(environment_id: str, landed: LandedObject, budget: Budget) -> bool:
        """Deliver an object, or hand it on; return whether it was delivered."""
        environment = find_delivered(table, environment_id)
        if environment is None:
            raise Undelivered("There is no such environment.", retryable=False)
        hand_on = handed_on.get(environment["destination"]["type"])
        if hand_on is not None:
            hand_on(notification(landed.bucket, [quote_plus(landed.key)]))
            return False
        try:
            outcomes = write(environment, landed, budget)
        except (Undelivered, Misconfigured) as error:
            errors.failed(environment_id, str(error))
            raise
        except Exception:
            errors.failed(environment_id, UNEXPECTED)
            raise
        refused = outcomes.set_aside_body()
        if refused is not None:
            objects.put(landed.bucket, set_aside_key(landed), refused)
            _LOGGER.warning("%d events of %s were set aside", outcomes.set_aside.total(), environment_id)
        # Whose they are is told along: who counted the requests may not have handed over anything yet.
        counted = outcomes.sums(environment_id, were_set_aside=is_sent_again(landed.key))
        for row in counted:
            row.endpoint_id, row.organisation_id = environment["endpoint_id"], environment["organisation_id"]
        sink.add_delivered(f"{landed.bucket}/{landed.key}", counted)
        return True

    def work_off(environment_id: str, work: Work, done: set[str]) -> None:
        """Add the ids of the messages that are finished to `done`, as they are."""
        budget = TimeBudget(environment_seconds, monotonic, sleep)
        has_failed = has_delivered = False
        for message_id, landed in work:
            try:
                for one in landed:
                    has_delivered = deliver(environment_id, one, budget) or has_delivered
            except (Undelivered, Misconfigured) as error:
                _LOGGER.warning("what landed for %s is not delivered yet: %s", environment_id, error)
                has_failed = True
                if isinstance(error, Undelivered) and not error.retryable:
                    continue  # the next object may fare better
                resting.failed(environment_id, error.seconds if isinstance(error, AskedToWait) else 0.0)
                return
            except Exception as error:  # noqa: BLE001 - one object must not hold up the others
                reason = place_of_fault(error)
                _LOGGER.error("what landed for %s can't be delivered: %s", environment_id, reason)  # noqa: TRY400
                has_failed = True
                continue
            resting.succeeded(environment_id)
            done.add(message_id)
        if has_delivered and not has_failed:
            errors.succeeded(environment_id)

    def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
        done: set[str] = set()
        by_environment: dict[str, Work] = {}
        for message in event["Records"]:
            message_id = message["messageId"]
            landed = _objects(message, objects, read)
            if landed is None:
                _LOGGER.error("message %s of the landing queue can't be read", message_id)
                continue
            environments = {environment_of(one.key) for one in landed}
            if len(environments) > 1 or None in environments:
                _LOGGER.error("message %s tells of objects that no stream of one environment wrote", message_id)
            elif not environments:
                done.add(message_id)
            else:
                by_environment.setdefault(str(environments.pop()), []).append((message_id, landed))
        running = [
            pool.submit(work_off, environment_id, work, done)
            for environment_id, work in by_environment.items()
            if not resting.is_resting(environment_id)
        ]
        # A call that hangs ends by its own time-out; nobody waits for it here.
        wait(running, timeout=environment_seconds + 10)
        again = [message["messageId"] for message in event["Records"] if message["messageId"] not in done]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    return handle


def _objects(message: Mapping[str, Any], objects: ObjectStore, read: ReadNotes) -> list[LandedObject] | None:
    """Return the objects that a notification tells of, none for a test of the notifications, None for another text."""
    was_tried = int(message.get("attributes", {}).get("ApproximateReceiveCount", 1)) > 1
    try:
        document = json.loads(message["body"])
        if document.get("Event") == "s3:TestEvent":
            return []
        return [_object(record["s3"], objects, read, was_tried=was_tried) for record in document["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _object(told: Mapping[str, Any], objects: ObjectStore, read: ReadNotes, *, was_tried: bool) -> LandedObject:
    bucket, key = told["bucket"]["name"], unquote_plus(told["object"]["key"])
    environment_id = environment_of(key)
    notes = environment_id and RepeatNotes(objects, read, bucket, environment_id, digest_of(bucket, key))
    return LandedObject(objects, bucket, key, notes or None, was_tried=was_tried)


def notification(bucket: str, keys: Sequence[str]) -> str:
    """Return the part of S3's notification that the handler reads; keys are quoted as S3 does."""
    records = [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}} for key in keys]
    return json.dumps({"Records": records})


def told_environment(body: str) -> str:
    """Return whose objects a notification tells of, by its first one; "" for another text."""
    try:
        key = unquote_plus(json.loads(body)["Records"][0]["s3"]["object"]["key"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
    return environment_of(key) or ""
