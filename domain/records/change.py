"""One change of the catalog: its items, its audit entry, its messages and its stored answer, all or nothing.

A change is built from what was just read, with each item's version as a condition. If a condition fails, someone else
was faster: the change is built again from what is there now, so that it either fits or is refused for a reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from domain.clock import Clock
from domain.delivery.connectors import Connectors
from domain.delivery.ports import QueueSink, SecretStore
from domain.errors import Rejected
from domain.records.audit_entry import audit_entry
from domain.records.caller import Call
from domain.records.keys import audit_key, idempotency_key
from domain.records.outbox import Letter, send, stored_letter
from domain.records.ports import Check, Conflict, Delete, Item, Put, Table, Write
from schemas.codes import Problem
from schemas.items import ItemKey
from schemas.limits import TIMESTAMP_MAX_SECONDS

IDEMPOTENCY_SECONDS = 24 * 60 * 60
MAX_STORED_ANSWER_CHARS = 300_000
_TRIES = 100  # many callers of one organisation count in one item: each try of eight at once wins one in eight times

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the catalog's decisions need of the world, and the settings that show in its resources.

    `new_id` takes a prefix and milliseconds. `ingest_base_url` has no slash at its end; `stream_prefix` starts every
    delivery stream's name.
    """

    table: Table
    provision_queue: QueueSink
    clock: Clock
    new_id: Callable[[str, int], str]
    ingest_base_url: str
    stream_prefix: str
    connectors: Connectors
    secrets: SecretStore


_LAST_NS = (TIMESTAMP_MAX_SECONDS + 1) * 1_000_000_000 - 1


def time_text(now_ns: int) -> str:
    """Return RFC 3339, UTC, milliseconds; of what lies past the year 9999, its last millisecond."""
    now_ns = min(now_ns, _LAST_NS)
    moment = datetime.fromtimestamp(now_ns // 1_000_000_000, UTC)
    return f"{moment.replace(tzinfo=None).isoformat('T', 'seconds')}.{now_ns // 1_000_000 % 1000:03d}Z"


class Change:
    """Collects the writes of one try."""

    def __init__(self, catalog: Catalog, call: Call) -> None:
        self.catalog = catalog
        self.call = call
        self.now_ns = catalog.clock()
        self.now = time_text(self.now_ns)
        self._messages: list[dict[str, str]] = []
        self._writes: list[Write] = []

    def new_id(self, prefix: str) -> str:
        return self.catalog.new_id(prefix, self.now_ns // 1_000_000)

    def create(self, key: ItemKey, data: Mapping[str, Any]) -> Item:
        self._writes.append(Put(key, data, 0))
        return Item(key, 1, dict(data))

    def replace(self, item: Item, data: Mapping[str, Any]) -> Item:
        self._writes.append(Put(item.key, data, item.version))
        return Item(item.key, item.version + 1, dict(data))

    def remove(self, item: Item) -> None:
        self._writes.append(Delete(item.key, item.version))

    def include(self, writes: Sequence[Write]) -> None:
        """Add writes that were prepared elsewhere."""
        self._writes += writes

    def hold(self, item: Item) -> None:
        """Let the change happen only while `item` is what was read."""
        self._writes.append(Check(item.key, item.version))

    def tell_provisioner(self, action: Literal["provision", "remove"], environment_id: str) -> None:
        self._messages.append({"action": action, "environment_id": environment_id})

    def settle_domain(self, domain: str) -> None:
        """Have the provisioner bring a custom domain to what the catalog says."""
        self._messages.append({"action": "settle", "domain": domain})

    def prove_domain(self, environment_id: str) -> None:
        """Have the provisioner look for the proof of an environment's custom domain."""
        self._messages.append({"action": "prove", "environment_id": environment_id})

    def record(
        self,
        action: str,
        kind: str,
        subject_id: str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        of: Mapping[str, Any] | None = None,
        organisation_id: str | None = None,
    ) -> None:
        """Write who did what to which subject into the audit log, as part of the change, without secrets.

        `of` is the subject's data, where `before` and `after` need not hold its name and endpoint. The log is that of
        the caller's organisation, or of the one that is named.
        """
        entry_id = self.new_id("aud")
        named = {} if of is None else {"name": of["name"], "endpoint_id": of["endpoint_id"]}
        subject = {"type": kind, "id": subject_id, **named}
        entry = audit_entry(
            entry_id, self.now, action, subject, person(self.call), self.call.source_ip, before=before, after=after
        )
        log_of = organisation_id or self.call.principal.organisation_id
        self._writes.append(Put(audit_key(log_of, entry_id), entry, 0))

    def commit(self, result: Resource) -> None:
        """Do it, with the answer stored under the client's key if there is one; raise `Conflict` if overtaken."""
        if not self._writes:
            return
        if self.call.idempotency:
            self._writes.append(_stored_answer(self.call, self.now_ns, result))
        letter = Letter(self.new_id("msg"), self._messages)
        if letter.messages:
            self._writes.append(stored_letter(letter))
        self.catalog.table.transact(self._writes)
        if letter.messages:
            send(self.catalog.table, self.catalog.provision_queue, letter)


def person(call: Call) -> dict[str, str | None]:
    """Return the caller as audit entries and deployments name them."""
    principal = call.principal
    return {"member_id": principal.member_id, "name": principal.member_email, "token_id": principal.token_id}


def apply(catalog: Catalog, call: Call, build: Callable[[Change], Resource]) -> Resource:
    """Return what `build` returns once its writes are done; the stored answer if the client's key was used before.

    `build` may run several times and must read all that it depends on. A refused request stores no answer: repeating
    it tries again.

    Raises:
        Rejected: by `build`, or (conflict) when others were faster too many times, or (invalid_request) when the key
            came with another request before.
    """
    for _ in range(_TRIES):
        stored = stored_answer(catalog.table, call)
        if stored is not None:
            return stored
        change = Change(catalog, call)
        try:
            result = build(change)
        except Rejected:
            # The same request with the same key may have been done since: what stands in the way is then its own work.
            stored = stored_answer(catalog.table, call)
            if stored is None:
                raise
            return stored
        try:
            change.commit(result)
        except Conflict:
            continue
        return result
    raise Rejected(Problem.CONFLICT, "Too many changes of the same thing at once; try again.")


def stored_answer(table: Table, call: Call) -> Resource | None:
    """Return the answer that the client's key got before, if any that was kept.

    Raises:
        Rejected: (invalid_request) the key came with another request.
    """
    if call.idempotency is None:
        return None
    item = table.get(_idempotency_item_key(call))
    if item is None:
        return None
    if item.data["fingerprint"] != call.idempotency.fingerprint:
        raise Rejected(
            Problem.INVALID_REQUEST,
            "This Idempotency-Key came with another request within the last 24 hours; use a new key.",
            errors=[{"pointer": "", "code": "idempotency_key_reused", "message": "The key came with another request."}],
        )
    answer: Resource | None = item.data["answer"]
    return answer


def remember_answer(
    catalog: Catalog, call: Call, result: Resource, size_chars: int, *, holds_events: bool = False
) -> Resource:
    """Store the answer of a POST that changes nothing of the catalog; return the one that counts, the first.

    Of an answer that is too big for an item, or that holds events of others, only what it answered is stored: doing
    the same again does no harm.
    """
    if call.idempotency is None:
        return result
    kept = None if holds_events or size_chars > MAX_STORED_ANSWER_CHARS else result
    try:
        catalog.table.transact([_stored_answer(call, catalog.clock(), kept)])
    except Conflict:
        return stored_answer(catalog.table, call) or result
    return result


def _idempotency_item_key(call: Call) -> ItemKey:
    assert call.idempotency
    return idempotency_key(call.principal.organisation_id, call.principal.member_id, call.idempotency.digest)


def _stored_answer(call: Call, now_ns: int, result: Resource | None) -> Put:
    assert call.idempotency
    data = {"fingerprint": call.idempotency.fingerprint, "answer": result}
    expires_at = now_ns // 1_000_000_000 + IDEMPOTENCY_SECONDS
    return Put(_idempotency_item_key(call), data, 0, expires_at)


def difference(before: Mapping[str, Any], after: Mapping[str, Any], fields: Sequence[str]) -> tuple[Resource, Resource]:
    """Return the fields that differ, as they were and as they are."""
    changed = [field for field in fields if before.get(field) != after.get(field)]
    return {field: before.get(field) for field in changed}, {field: after.get(field) for field in changed}
