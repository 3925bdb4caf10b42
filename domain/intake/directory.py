"""From an address to a compiled revision: what ingest remembers of the catalog, and for how long.

A pointer (environment -> revision, policy, streams) is read again when it is older than `POINTER_MAX_AGE_SECONDS`;
ids that nobody knows are remembered as unknown for the same time. Compiled revisions never change and are kept in a
bounded memory. When the catalog can't be reached, what is known stays in force for `CATALOG_OUTAGE_SECONDS`; only a
canary ends at its time all the same. What is known is read again without much waiting. What is not is worth more, as a
request would otherwise be refused.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any, cast

from domain.errors import Rejected, Undelivered
from domain.items import Item, ItemReader
from domain.validation.revision import CompiledRevision
from schemas.codes import Problem
from schemas.first_edition import revision_document
from schemas.items import (
    CanaryLease,
    HostEntry,
    ItemKey,
    Pointer,
    RevisionDocument,
    host_key,
    pointer_key,
    revision_document_key,
)
from schemas.limits import CATALOG_OUTAGE_SECONDS, POINTER_MAX_AGE_SECONDS, UNSETTLED_POINTER_MAX_AGE_SECONDS

MAX_ENVIRONMENTS_KEPT = 500
MAX_REVISIONS_KEPT = 1_000
MAX_REVISION_BYTES_KEPT = 128 * 1024 * 1024
MAX_UNKNOWN_KEPT = 10_000
_NS = 1_000_000_000
_RETRY_AFTER_FAILURE_SECONDS = 0.5  # so that one failure delays no deploy beyond its 5 s
_REST_TIMES = 3  # a catalog that is slow to fail rests for so many times as long, or all handlers would wait for it
_MOST_REST_SECONDS = 5.0  # more than three times what ingest waits for a reading

_ENVIRONMENT_ID = re.compile(r"env_[0-9a-z]{20,40}").fullmatch
_HOST = re.compile(r"[0-9a-z-]{1,63}(\.[0-9a-z-]{1,63})+").fullmatch

Monotonic = Callable[[], float]
Compile = Callable[[RevisionDocument], CompiledRevision]


class Environment:
    """An environment as ingest serves it: its pointer and its revision, compiled."""

    __slots__ = ("canary", "pointer", "read_again_at", "read_at", "revision", "used_at")

    def __init__(
        self, pointer: Pointer, revision: CompiledRevision | None, now: float, canary: "Canary | None" = None
    ) -> None:
        self.pointer = pointer
        self.canary = canary
        """What serves a share of its requests, if anything does."""
        self.revision = revision
        """None where the environment takes no events: it is deleted or not ready."""
        self.read_at = now
        settled = pointer["state"] in {"active", "deleted"}
        self.read_again_at = now + (POINTER_MAX_AGE_SECONDS if settled else UNSETTLED_POINTER_MAX_AGE_SECONDS)
        self.used_at = now

    @property
    def revisions(self) -> list[CompiledRevision | None]:
        """What it serves requests by."""
        return [self.revision] if self.canary is None else [self.revision, self.canary.environment.revision]


class Canary:
    """The other side of an environment: as it serves the share of requests that a canary takes."""

    __slots__ = ("_lease", "environment")

    def __init__(self, lease: CanaryLease, environment: Environment) -> None:
        self._lease = lease
        self.environment = environment

    def side(self, usual: Environment, key: str, now_ns: int) -> Environment:
        """Return the environment as it serves a request: this side or, also once the time is over, the usual one.

        Args:
            usual: the environment as it serves all other requests.
            key: what a request and its repeats have in common.
            now_ns: Unix time.
        """
        lease = self._lease
        if now_ns < lease["until"] * _NS and is_in_share(lease["deployment_id"], key, lease["share"]):
            return self.environment
        return usual


def is_in_share(canary_id: str, key: str, share: int) -> bool:
    """Say whether a canary takes the requests of a key: a share of all keys, in per cent, the same at every handler.

    Each canary takes others, so that no sender is in every one.
    """
    digest = sha256(f"{canary_id}\0{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") * 100 < share << 64


class _Line:
    """A way to the catalog; after a failure it is left alone for a while, whatever is asked for."""

    def __init__(self, reader: ItemReader, monotonic: Monotonic) -> None:
        self._reader = reader
        self._monotonic = monotonic
        self.ask_again_at = 0.0

    def get(self, key: ItemKey, now: float) -> Item | None:
        if now < self.ask_again_at:
            raise Undelivered("the catalog failed a moment ago")
        asked_at = self._monotonic()
        try:
            return self._reader.get(key)
        except Undelivered:
            failed_at = self._monotonic()
            rest = min(_REST_TIMES * (failed_at - asked_at), _MOST_REST_SECONDS)
            self.ask_again_at = failed_at + max(_RETRY_AFTER_FAILURE_SECONDS, rest)
            raise


class Directory:
    """Finds environments; one per process, shared by its threads.

    A race between threads costs at most a second reading of an item: every step replaces whole entries.
    """

    def __init__(
        self,
        reader: ItemReader,
        monotonic: Monotonic,
        compiled: Compile = CompiledRevision,
        *,
        patient: ItemReader | None = None,
    ) -> None:
        """Take the catalog, seconds, and what makes a revision of its document.

        `patient` reads the catalog, too, and waits longer for it: for what is not known yet.
        """
        self._again = _Line(reader, monotonic)
        self._first = self._again if patient is None else _Line(patient, monotonic)
        self._monotonic = monotonic
        self._compiled = compiled
        self._environments: dict[str, Environment] = {}
        self._revisions: dict[str, CompiledRevision] = {}
        self._hosts: dict[str, tuple[str, float]] = {}
        self._unknown: dict[str, float] = {}

    def environment(self, environment_id: str) -> Environment | None:
        """Return an environment, or None if there is no such id.

        Raises:
            Rejected: `undeliverable`, when the catalog can't be reached and nothing recent enough is known.
        """
        now = self._monotonic()
        known = self._environments.get(environment_id)
        if known is not None:
            known.used_at = now
            return known if now < known.read_again_at else self._read_again(known, now)
        if not _ENVIRONMENT_ID(environment_id) or self._unknown.get(environment_id, 0.0) > now:
            return None
        try:
            found = self._read(environment_id, now, self._first)
        except Undelivered:
            raise _unreachable() from None
        if found is None:
            self._remember_unknown(environment_id, now)
            return None
        _make_room(self._environments, MAX_ENVIRONMENTS_KEPT, key=lambda entry: entry.used_at)
        self._environments[environment_id] = found
        return found

    def environment_of_host(self, host: str) -> Environment | None:
        """Return the environment that a custom domain belongs to; `host` in lower case, without a port."""
        now = self._monotonic()
        entry = self._hosts.get(host)
        if entry is None or entry[1] <= now:
            if not _HOST(host) or len(host) > 253 or self._unknown.get(host, 0.0) > now:
                return None
            try:
                item = (self._first if entry is None else self._again).get(host_key(host), now)
            except Undelivered:
                if entry is None or now - entry[1] > CATALOG_OUTAGE_SECONDS:
                    raise _unreachable() from None
                return self.environment(entry[0])
            if item is None:
                self._hosts.pop(host, None)
                self._remember_unknown(host, now)
                return None
            entry = (cast("HostEntry", item.data)["environment_id"], now + POINTER_MAX_AGE_SECONDS)
            _make_room(self._hosts, MAX_ENVIRONMENTS_KEPT, key=lambda known: known[1])
            self._hosts[host] = entry
        return self.environment(entry[0])

    def _read_again(self, known: Environment, now: float) -> Environment | None:
        environment_id = known.pointer["environment_id"]
        try:
            found = self._read(environment_id, now, self._again)
        except Undelivered:
            if now - known.read_at > CATALOG_OUTAGE_SECONDS:
                raise _unreachable() from None
            now = self._monotonic()
            known.read_again_at = max(self._again.ask_again_at, now + _RETRY_AFTER_FAILURE_SECONDS)
            return known
        if found is None:
            self._environments.pop(environment_id, None)
            self._remember_unknown(environment_id, now)
            return None
        self._environments[environment_id] = found
        return found

    def _read(self, environment_id: str, now: float, line: _Line) -> Environment | None:
        item = line.get(pointer_key(environment_id), now)
        if item is None:
            return None
        pointer = cast("Pointer", item.data)
        if pointer["state"] != "active":
            return Environment(pointer, None, now)
        revision = self._revision(pointer["revision_id"], now, line)
        lease = pointer.get("canary")
        if lease is None:
            return Environment(pointer, revision, now)
        there: Pointer = {**pointer, "revision_id": lease["revision_id"]}
        canary = Canary(lease, Environment(there, self._revision(lease["revision_id"], now, line), now))
        return Environment(pointer, revision, now, canary)

    def _revision(self, revision_id: str, now: float, line: _Line) -> CompiledRevision:
        compiled = self._revisions.pop(revision_id, None)
        if compiled is None:
            item = line.get(revision_document_key(revision_id), now)
            if item is None:
                # Both are written before any pointer names them: what is missing here has not arrived yet.
                raise Undelivered("the deployed revision can't be read")
            compiled = self._revisions.pop(revision_id, None)  # others may have read it meanwhile
            if compiled is None:
                compiled = self._compiled(revision_document(item.data))
                self._make_room_for(compiled)
        self._revisions[revision_id] = compiled  # the last in order is the one read last
        return compiled

    def _make_room_for(self, coming: CompiledRevision) -> None:
        """Forget the revisions read longest ago, and the environments that use them, until the new one fits."""
        kept = list(self._revisions.items())
        size = coming.memory_bytes + sum(compiled.memory_bytes for _, compiled in kept)
        count = len(kept) + 1
        for revision_id, compiled in kept:
            if count <= MAX_REVISIONS_KEPT and size <= MAX_REVISION_BYTES_KEPT:
                return
            self._revisions.pop(revision_id, None)
            for environment_id, environment in self._environments.copy().items():
                if compiled in environment.revisions:
                    self._environments.pop(environment_id, None)
            size -= compiled.memory_bytes
            count -= 1

    def _remember_unknown(self, name: str, now: float) -> None:
        if len(self._unknown) >= MAX_UNKNOWN_KEPT:
            _make_room(self._unknown, MAX_UNKNOWN_KEPT, key=lambda until: until)
        self._unknown[name] = now + POINTER_MAX_AGE_SECONDS


def _make_room(entries: dict[str, Any], most: int, key: Callable[[Any], float]) -> None:
    """Drop the lowest tenth once `most` is reached, so that a flood of new names costs little for each."""
    if len(entries) >= most:
        snapshot = entries.copy()  # in one step, whatever other threads do
        for name in sorted(snapshot, key=lambda name: key(snapshot[name]))[: max(1, most // 10)]:
            entries.pop(name, None)


def _unreachable() -> Rejected:
    return Rejected(
        Problem.UNDELIVERABLE,
        "The environment can't be looked up at the moment; nothing was accepted. Send the request again.",
        headers={"Retry-After": "5"},
    )
