"""The work of a redrive: validate quarantined events under another revision and send those that fit.

Each object is a unit of work of its own: send, count, note. What is noted is not done again; a crash before that
repeats the object, with the same ids and marked as repeats are, so that nothing is lost and nothing is there twice
under two ids. Objects never change: which of their lines were sent stands in the index. An object is gone through in
parts, so that memory does not grow with it.

An event keeps its id and its time of arrival, and gets the id of the revision that it is valid by. One that repairs
have changed is sent after a note of it is kept (`domain.quarantine.notes`). Macros draw on what quarantine has kept of
the request: user agent, and the address if the environment stores addresses. What it has not kept, such as the page, is
left out, as it would be where a browser did not send it.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast

from domain.catalog.redrive_items import begin, end, find_redrive, is_open
from domain.catalog.redrives import sweep_redrives
from domain.clock import Clock
from domain.completion.request_facts import RequestFacts
from domain.delivery.lines import plain_chunks
from domain.delivery.marks import REDRIVEN, marked
from domain.delivery.messages import QuarantinedEvent
from domain.derived_keys import DeploymentSecret
from domain.errors import Misconfigured, Undelivered
from domain.http import HttpRequest
from domain.intake.payload import EventTexts
from domain.intake.stamping import stamp
from domain.metering.ports import DeliveredSink, UsageSums
from domain.quarantine.filters import QuarantineFilter, filter_from_document
from domain.quarantine.groups import counts_of, groups_of
from domain.quarantine.notes import note_key, note_of
from domain.quarantine.objects import environment_prefix, events_of, place_of
from domain.quarantine.ports import (
    REPAIRED,
    GroupCount,
    GroupKey,
    ObjectEntry,
    Progress,
    RedriveStarter,
    SettledObject,
)
from domain.quarantine.reading import Found, Quarantine, waiting_lines
from domain.quarantine.repairs import Repairs, repair_from_document
from domain.quarantine.revalidating import Revalidator
from domain.records.ports import Item, Table
from domain.validation.faults import Refusal
from schemas.first_edition import revision_document
from schemas.items import Pointer, pointer_key, revision_document_key

_PART_BYTES = 8_000_000
"""Of events that are validated and sent at a time."""

DeliverLines = Callable[[Sequence[str], Sequence[bytes]], list[bool]]
"""Puts lines into one of these streams or else the spill queue; says of each whether it is durable."""


class EnvironmentGone(Exception):  # noqa: N818 - what was found
    """The environment was deleted: there are no streams to send to any more."""


class Redriver:
    """Does the steps of redrives; each may be repeated at any time, and several objects be worked on at once."""

    def __init__(
        self,
        table: Table,
        quarantine: Quarantine,
        deliver: DeliverLines,
        usage: DeliveredSink,
        clock: Clock,
        deployment_secret: DeploymentSecret,
    ) -> None:
        """Take the catalog, the quarantine, the way to the streams, and where sent events are counted."""
        self._table = table
        self._quarantine = quarantine
        self._deliver = deliver
        self._usage = usage
        self._clock = clock
        self._deployment_secret = deployment_secret
        self._read: Revalidator | None = None

    def plan(self, redrive_id: str) -> list[str] | None:
        """Return the keys of the objects to work on, always the same ones; None if the redrive is not open.

        They are kept as an object, a JSON array under `manifest_key`.
        """
        redrive = find_redrive(self._table, redrive_id)
        if redrive is None or not is_open(redrive):
            return None
        objects, bucket = self._quarantine.objects, self._quarantine.bucket
        kept = objects.get(bucket, manifest_key(redrive_id))
        if kept is None:
            keys = self._keys(redrive)
            objects.put(bucket, manifest_key(redrive_id), json.dumps(keys).encode())
        else:
            keys = json.loads(kept)
        return keys if begin(self._table, redrive, len(keys), self._clock()) else None

    def work(self, redrive_id: str, object_keys: Sequence[str]) -> None:
        """Work on objects until each is settled or the redrive has ended.

        Raises:
            Undelivered: something could not be reached; the rest is still to be done.
        """
        for object_key in object_keys:
            redrive = find_redrive(self._table, redrive_id)
            if redrive is None or not is_open(redrive):
                return
            try:
                if not self._quarantine.index.is_settled(redrive_id, object_key):
                    self._work_on(redrive, object_key)
            except EnvironmentGone:
                self.fail(redrive_id, "The environment was deleted.")
                return

    def finish(self, redrive_id: str) -> str | None:
        """End a redrive that is through with all its objects; return its state, None if there is no such redrive."""
        redrive = find_redrive(self._table, redrive_id)
        if redrive is not None and redrive.data["state"] == "running":
            progress = self._quarantine.index.progress(redrive_id)
            if progress.objects >= redrive.data["objects_total"]:
                redrive = end(self._table, redrive_id, "done", progress, self._clock())
        return None if redrive is None else str(redrive.data["state"])

    def fail(self, redrive_id: str, reason: str) -> None:
        """End a redrive that can't go on; what it has sent stays sent."""
        progress = self._quarantine.index.progress(redrive_id)
        end(self._table, redrive_id, "failed", progress, self._clock(), reason)

    def sweep(self, starter: RedriveStarter) -> int:
        """Start what waits, and end what nobody works on any more; return how many waited."""
        return sweep_redrives(self._table, self._quarantine.index, starter, self._clock())

    def _keys(self, redrive: Item) -> list[str]:
        wanted = filter_from_document(redrive.data["filter"])
        prefix = environment_prefix(redrive.data["environment_id"])
        listed = self._quarantine.objects.list_keys(self._quarantine.bucket, prefix)
        places = ((key, place_of(key)) for key in listed)
        return [key for key, place in places if place is not None and wanted.has_hour(place.hour)]

    def _work_on(self, redrive: Item, object_key: str) -> None:
        redrive_id = redrive.data["id"]
        place = place_of(object_key)
        assert place
        environment_id, hour = place
        if environment_id != redrive.data["environment_id"]:
            raise ValueError("an object of another environment is none of this redrive's")
        index = self._quarantine.index
        if index.redriven_lines(object_key) is None:
            # The writer was gone before it had counted: what is taken out of the groups has to be in them.
            index.add(ObjectEntry(object_key, environment_id, hour, self._counts(object_key)))
        done = _Done()
        pointer = self._pointer(environment_id)
        revision = self._revision(redrive.data["revision_id"])
        repairs = repairs_of(redrive)
        for part, partial in self._parts(object_key, filter_from_document(redrive.data["filter"])):
            valid = self._validated(part, pointer, revision, repairs, done)
            if not redrive.data["dry_run"]:
                self._note(redrive, object_key, valid, repairs)
                self._send(redrive, pointer, valid, done)
            done.matched += len(part) + partial
            done.valid += len(valid)
            done.invalid += len(part) - len(valid)
            done.truncated += partial
        if done.usage:
            # Once for each object, however often a crash repeats it.
            self._usage.add_delivered(f"redrive/{redrive_id}/{object_key}", list(done.usage.values()))
        index.settle(SettledObject(redrive_id, object_key, environment_id, hour, done.sent, done.progress()))

    def _counts(self, object_key: str) -> Sequence[GroupCount]:
        stream = self._quarantine.objects.open(self._quarantine.bucket, object_key)
        if stream is None:  # kept no longer
            return []
        with stream:
            return counts_of(events_of(plain_chunks(stream)))

    def _parts(self, object_key: str, wanted: QuarantineFilter) -> Iterator[tuple[list[Found], int]]:
        """Yield an object's events that are meant and whole, some at a time, and how many are meant and are not."""
        part: list[Found] = []
        size = partial = 0
        for line in waiting_lines(self._quarantine, object_key, wanted):
            if line.event is None:
                continue
            if not line.event.is_whole:
                partial += 1
                continue
            part.append(Found(line.event, object_key, line.number))
            size += len(line.event.raw)
            if size >= _PART_BYTES:
                yield part, partial
                part, size, partial = [], 0, 0
        yield part, partial

    def _pointer(self, environment_id: str) -> Pointer:
        item = self._table.get(pointer_key(environment_id))
        if item is None or item.data["state"] == "deleted":
            raise EnvironmentGone
        pointer = cast("Pointer", item.data)
        if pointer["state"] != "active":
            raise Undelivered("the environment has no streams yet")
        return pointer

    def _revision(self, revision_id: str) -> Revalidator:
        revision = self._read
        if revision is None or revision.revision_id != revision_id:
            item = self._table.get(revision_document_key(revision_id))
            if item is None:
                raise Misconfigured("The redrive's revision is gone.")
            revision = self._read = Revalidator(revision_document(item.data))
        return revision

    def _validated(
        self, matching: Sequence[Found], pointer: Pointer, revision: Revalidator, repairs: Repairs, done: "_Done"
    ) -> list["_Valid"]:
        """Return the events that fit; count the codes of those that don't, and what repairs have changed."""
        valid: list[_Valid] = []
        read = revision.read([found.event for found in matching], repairs)
        for found, (event, changed_by, compiled, verdict) in zip(matching, read, strict=True):
            verdicts: list[Any] = [verdict]
            facts = self._facts(event, pointer, compiled.revision_id)
            texts = EventTexts("one", event.raw)
            lines = stamp(compiled, texts, verdicts, [event.event_id], event.received_at, facts)
            if lines:
                valid.append(_Valid(found, changed_by, lines[0]))
            if isinstance(verdicts[0], Refusal):
                done.codes.update(fault.code for fault in verdicts[0].faults)
            if changed_by:
                done.changed.update([REPAIRED, *map(str, changed_by)])
        return valid

    def _facts(self, event: QuarantinedEvent, pointer: Pointer, revision_id: str) -> RequestFacts:
        kept = {"content-type": event.content_type, "user-agent": event.user_agent}
        headers = {name: value for name, value in kept.items() if value is not None}
        request = HttpRequest("POST", "/", "", headers, {}, b"", event.source_ip or "", "")
        return RequestFacts(
            request,
            _unix_ns(event.received_at),
            event.received_at,
            pointer["organisation_id"],
            pointer["endpoint_id"],
            pointer["environment_id"],
            revision_id,
            self._deployment_secret,
        )

    def _note(self, redrive: Item, object_key: str, valid: Sequence["_Valid"], repairs: Repairs) -> None:
        """Keep a note of the events that are sent otherwise than they came; the same again changes nothing."""
        repaired = [(one.found.event.event_id, one.changed_by) for one in valid if one.changed_by]
        if not repaired:
            return
        first = next(one.found.line for one in valid if one.changed_by)
        note = note_of(redrive.data["id"], redrive.data["revision_id"], repairs, repaired)
        self._quarantine.objects.put(self._quarantine.bucket, note_key(object_key, redrive.data["id"], first), note)

    def _send(self, redrive: Item, pointer: Pointer, valid: Sequence["_Valid"], done: "_Done") -> None:
        if not valid:
            return
        durable = self._deliver(pointer["streams"], [marked(one.stored, REDRIVEN) for one in valid])
        if not all(durable):
            raise Undelivered("neither streams nor spill queue took all events of an object")
        for found, _, line in valid:
            done.sent[found.line] = groups_of(found.event)
            minute = _unix_ns(found.event.received_at) // 60_000_000_000 * 60
            row = done.usage.get(minute)
            if row is None:
                row = done.usage[minute] = UsageSums(
                    pointer["environment_id"],
                    redrive.data["revision_id"],
                    minute,
                    endpoint_id=pointer["endpoint_id"],
                    organisation_id=pointer["organisation_id"],
                )
            row.accepted += 1
            row.redriven += 1
            row.bytes_accepted += len(line)
            if found.event.protocol is not None:
                outcomes = row.protocols.setdefault(found.event.protocol, {"accepted": 0})
                outcomes["accepted"] += 1


class _Valid(NamedTuple):
    """An event that fits, the numbers of the repairs that have changed it, and its line as it is stored."""

    found: Found
    changed_by: tuple[int, ...]
    stored: bytes


@dataclass(slots=True)
class _Done:
    """What was done so far of one object."""

    matched: int = 0
    valid: int = 0
    invalid: int = 0
    truncated: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    sent: dict[int, Collection[GroupKey]] = field(default_factory=dict)
    usage: dict[int, UsageSums] = field(default_factory=dict)

    def progress(self) -> Progress:
        sent = len(self.sent)
        return Progress(1, self.matched, self.valid, sent, self.invalid, self.codes, self.truncated, self.changed)


def repairs_of(redrive: Item) -> Repairs:
    """Return a redrive's repairs; those of earlier versions have none."""
    return Repairs([repair_from_document(document) for document in redrive.data.get("repairs", ())])


def manifest_key(redrive_id: str) -> str:
    """Return where the list of a redrive's objects stands."""
    return f"redrives/{redrive_id}.json"


def _unix_ns(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000
