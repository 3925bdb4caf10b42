"""Look for the proofs of custom domains that are waited for, and let those serve that are proven.

A pending claim holds nothing against others: of several organisations that ask for one domain, the first to prove it
has it. The DNS is asked often at first and less and less, for as long as a claim may wait; and by one run for a bounded
time, the longest unasked first, so that name servers that don't answer hold up nobody else for long.
"""

import logging
from collections.abc import Iterator
from typing import Any

from domain.catalog.domain_proof import PENDING, Proof, promote, proof_name, proof_row
from domain.certificates.ports import DnsZone, TextRecords
from domain.clock import Clock
from domain.errors import Misconfigured, Undelivered
from domain.records.change import time_text
from domain.records.keys import (
    PENDING_DOMAINS,
    custom_domain_key,
    environment_key,
    former_domain_key,
    pending_domain_key,
)
from domain.records.ports import Conflict, Delete, Item, Put, Table
from schemas.limits import PROOF_WAITS_DAYS

_LOGGER = logging.getLogger(__name__)

PAUSE_SECONDS = 5
"""Between two questions about one domain, however often a person asks."""
LOOK_SECONDS = 20
"""What the proofs of a run may take together, to begin another one: a run also has domains to look at."""
FIRST_PAUSE_SECONDS = 60
_SHARE_OF_AGE = 10
_FAILED_PAUSE_SECONDS = 6 * 60 * 60
_DAY_SECONDS = 86_400
_PAGE = 100
_TRIES = 20

_TAKEN = "Another environment has this domain: remove it there, or choose another."
_GOING = "The domain is still being taken down elsewhere: it is tried again within minutes."
_ANOTHER_VALUE = "A TXT record of this name has another value: add a record with exactly this one."
_LATE = "The record was not found within {days} days: set it, then set the domain again."
_KEPT = "Another organisation had this domain until lately, so it can't be taken without this record yet."


class Proofs:
    """The pending claims of a deployment."""

    def __init__(self, table: Table, texts: TextRecords | None, zone: DnsZone | None, clock: Clock) -> None:
        """Take the catalog and the DNS; without `texts` no proof is asked for, and every claim holds at once."""
        self._table = table
        self._texts = texts
        self._zone = zone
        self._clock = clock

    def settle(self, environment_id: str) -> str | None:
        """Look for the proof of an environment's domain; return the domain if it is proven and serves from now on."""
        for _ in range(_TRIES):
            item = self._table.get(pending_domain_key(environment_id))
            if item is None:
                return None
            try:
                return self._step(item)
            except Conflict:
                continue  # it, or what it depends on, was changed meanwhile
        return None

    def look(self) -> int:
        """Settle the claims that are due, the longest unasked first, for a bounded time; return how many were asked."""
        started = self._now()
        due = sorted((item for item in self.items() if self._is_due(item)), key=lambda item: item.data["looked_at"])
        asked = 0
        for item in due:
            if self._now() - started >= LOOK_SECONDS:
                break
            try:
                self.settle(item.data["environment_id"])
            except Exception:  # one domain must not hold up the others
                _LOGGER.exception("the proof of custom domain %s can't be looked for", item.data["domain"])
            asked += 1
        return asked

    def items(self) -> Iterator[Item]:
        """Return every pending claim."""
        after = None
        while True:
            page = self._table.query(PENDING_DOMAINS, after=after, limit=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].key.sk

    def _step(self, item: Item) -> str | None:
        data = item.data
        domain: str = data["domain"]
        environment = self._table.get(environment_key(data["endpoint_id"], data["environment_id"]))
        if environment is None or environment.data.get("custom_domain") != domain:
            self._table.transact([Delete(item.key, item.version)])
            return None
        if data["status"] != PENDING:
            self._write(item, {"looked_at": self._now()})
            return None
        if data["looked_at"] + PAUSE_SECONDS > self._now():
            return None
        claim = self._table.get(custom_domain_key(domain))
        if claim is not None:
            is_going = claim.data["status"] == "deleting"
            status = data["status"] if is_going else "failed"
            self._looked(item, {"status": status, "status_reason": _GOING if is_going else _TAKEN})
            return None
        proof, reason = self._proof(item)
        if proof is None:
            self._wait(item, reason)
            return None
        self._table.transact(promote(self._table, item, environment, proof, time_text(self._clock())))
        return domain

    def _proof(self, item: Item) -> tuple[Proof | None, str | None]:
        """Return how the domain is proven, if it is; otherwise what there is to say of it."""
        if self._texts is None:
            return "off", None
        domain, organisation_id = item.data["domain"], item.data["organisation_id"]
        former = self._table.get(former_domain_key(domain))
        is_kept = former is not None and former.data["organisation_id"] != organisation_id
        try:
            is_lent = self._zone is not None and self._zone.lends(domain)
            if is_lent and not is_kept:
                return "zone", None
            found = self._texts.texts(proof_name(domain))
        except (Undelivered, Misconfigured) as error:
            return None, str(error)
        if any(text.strip() == item.data["challenge"] for text in found):
            return "record", None
        if found:
            return None, _ANOTHER_VALUE
        return None, _KEPT if is_lent else None

    def _wait(self, item: Item, reason: str | None) -> None:
        rows = [proof_row(item.data)]
        if item.data["asked_at"] + PROOF_WAITS_DAYS * _DAY_SECONDS <= self._now():
            late = _LATE.format(days=PROOF_WAITS_DAYS)
            self._looked(item, {"status": "failed", "status_reason": late, "dns_records": rows})
        else:
            self._looked(item, {"status_reason": reason, "dns_records": rows})

    def _is_due(self, item: Item) -> bool:
        data, now = item.data, self._now()
        if data["status"] != PENDING:
            return bool(data["looked_at"] + _FAILED_PAUSE_SECONDS <= now)
        pause = max(FIRST_PAUSE_SECONDS, (data["looked_at"] - data["asked_at"]) // _SHARE_OF_AGE)
        return bool(data["looked_at"] + pause <= now)

    def _looked(self, item: Item, changed: dict[str, Any]) -> None:
        shown = any(item.data[name] != value for name, value in changed.items())
        updated = {"updated_at": time_text(self._clock())} if shown else {}
        self._write(item, {**changed, **updated, "looked_at": self._now()})

    def _write(self, item: Item, changed: dict[str, Any]) -> None:
        self._table.transact([Put(item.key, {**item.data, **changed}, item.version)])

    def _now(self) -> int:
        return self._clock() // 1_000_000_000
