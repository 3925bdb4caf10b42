"""Bring custom domains to what the catalog says, as often as it takes: certificate, front door, DNS.

A domain is worked on by one run at a time, by a lease in its item that outlasts any run: so nothing is made for a
domain after another run has removed it. Every step may be done twice. What a run can't finish is gone on with by the
next message or the next look at all domains, whichever comes first; what was kept for nothing is swept.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from domain.catalog.domain_proof import remember_former
from domain.certificates.expiry import days_left, warning_step
from domain.certificates.facts import facts_from_pem, fits_shared_listener
from domain.certificates.pem import certificates_from_pem
from domain.certificates.ports import CertificateState, CertificateStore, DnsRecord, DnsZone, DomainFront
from domain.clock import Clock
from domain.errors import Misconfigured, Undelivered
from domain.records.change import time_text
from domain.records.keys import CUSTOM_DOMAINS, custom_domain_key, environment_key
from domain.records.ports import Conflict, Delete, Item, Put, Table, Write
from functions.provisioner.proofs import Proofs
from schemas.watched import CERTIFICATE_EXPIRES, DOMAIN_FAILS

_LOGGER = logging.getLogger(__name__)

LEASE_SECONDS = 300
"""Longer than a run of the function may take: who still holds a lease after that is not there any more."""
LOOK_AGAIN_SECONDS = 6 * 60 * 60
STRAY_SECONDS = 60 * 60
"""How old a certificate is before a sweep may find that nobody wants it: a request that keeps one has ended by then."""
LOOKS_PER_RUN = 50
"""What fits into a run of the function, at half a second each; the next run goes on."""
_PAGE = 100
_TRIES = 20
_UNSETTLED = frozenset({"provisioning", "pending_validation", "deleting"})

Row = dict[str, Any]


class _Overtaken(Exception):  # noqa: N818
    """Someone changed the domain: what has to be is to be read again."""


class Domains:
    """Makes and removes what custom domains need."""

    def __init__(
        self,
        table: Table,
        store: CertificateStore,
        front: DomainFront,
        zone: DnsZone | None,
        clock: Clock,
        proofs: Proofs | None = None,
    ) -> None:
        """Take the catalog and the world; without a zone all records are left to people.

        Without `proofs`, domains whose proof is waited for go on waiting.
        """
        self._table = table
        self._store = store
        self._front = front
        self._zone = zone
        self._clock = clock
        self._proofs = proofs

    def prove(self, environment_id: str) -> None:
        """Look for the proof of an environment's domain, and go on with the domain if it is there."""
        domain = self._proofs.settle(environment_id) if self._proofs is not None else None
        if domain is not None:
            self.settle(domain)

    def settle(self, domain: str) -> None:
        """Do what can be done for a domain now, unless another run has it; what is left is found by `look`."""
        lease = 0
        for _ in range(_TRIES):
            item = self._table.get(custom_domain_key(domain))
            if item is None:
                return
            with suppress(_Overtaken):
                if item.data["worked_until"] != lease or not lease:
                    if item.data["worked_until"] > self._now():
                        return
                    lease = self._now() + LEASE_SECONDS
                    item = self._write(item, {"worked_until": lease})
                self._step(item)
                return

    def look(self) -> int:
        """Settle every domain that is not settled, and those not looked at for hours; return how many were due.

        Proofs that are waited for are looked for first, so that a domain that is proven is set up in the same run.
        """
        proofs = self._proofs.look() if self._proofs is not None else 0
        due = [item for item in self._items() if self._is_due(item)][:LOOKS_PER_RUN]
        for item in due:
            try:
                self.settle(item.data["domain"])
            except Exception:  # one domain must not hold up the others
                _LOGGER.exception("custom domain %s can't be settled", item.data["domain"])
        return proofs + len(due)

    def sweep(self) -> int:
        """Delete certificates that no domain names; return how many."""
        before = self._now() - STRAY_SECONDS
        kept = [certificate.reference for certificate in self._store.list_kept() if certificate.kept_at < before]
        # Read after the list: a certificate that is named only now would otherwise count as a stray. Claims that wait
        # come first: one that is proven meanwhile is seen at either place.
        waiting = list(self._proofs.items()) if self._proofs is not None else []
        named = {reference for item in (*waiting, *self._items()) for reference in _references(item)}
        strays = [reference for reference in kept if reference not in named]
        deleted = 0
        for reference in strays:
            try:
                self._store.delete(reference)
                deleted += 1
            except Undelivered as error:
                _LOGGER.warning("a certificate that no domain names can't be deleted yet: %s", error)
        return deleted

    def remove_all(self) -> dict[str, str | None]:
        """Take every domain down, as if all had been deleted; return those that are not gone yet, each with the reason.

        For a deployment that goes. Call it again for what is left: another run may be at work on it, or its certificate
        still be in use.
        """
        for item in list(self._items()):
            with suppress(_Overtaken):
                if item.data["status"] != "deleting":
                    self._write(item, {"status": "deleting", "status_reason": None})
            self.settle(item.data["domain"])
        return {item.data["domain"]: item.data["status_reason"] for item in self._items()}

    def look_again(self) -> list[str]:
        """Have the next look settle every domain, whenever it was looked at; return the domains."""
        for item in list(self._items()):
            with suppress(_Overtaken):  # who changed it has it settled, too
                self._write(item, {"looked_at": 0})
        return [item.data["domain"] for item in self._items()]

    def _step(self, item: Item) -> None:
        wanted = self._is_wanted(item)
        try:
            if wanted:
                self._bring_up(item)
            else:
                self._take_down(item)
        except (Undelivered, Misconfigured) as error:
            now = self._table.get(item.key)
            if now is None or now.data["version"] != item.data["version"]:
                raise _Overtaken from None
            status = now.data["status"]
            lasting = isinstance(error, Misconfigured) or not error.retryable
            # What the operator has to fix is tried again, since nobody else will know when it is fixed.
            if wanted and isinstance(error, Undelivered) and lasting and status != "active":
                status = "failed"
            # An alarm waits for the first of these.
            text = DOMAIN_FAILS if lasting else "custom domain %s is tried again: %s"
            _LOGGER.warning(text, now.data["domain"], error)
            self._settled(now, {"status": status, "status_reason": str(error)})
        except _Overtaken:
            raise
        except Exception:
            self._give_back(item)
            raise

    def _give_back(self, item: Item) -> None:
        """End the lease, as far as possible: the next run need not wait for its end."""
        with suppress(_Overtaken, Undelivered):
            now = self._table.get(item.key)
            if now is not None:
                self._write(now, {"worked_until": 0})

    def _bring_up(self, item: Item) -> None:
        data = item.data
        reference: str | None = data["reference"]
        if reference is None:
            reference = self._store.request(data["domain"], f"{data['id']} {data['version']}")
            item = self._write(item, {"reference": reference})
        state = self._store.look(reference)
        if state is None and data["kind"] == "managed":
            self._write(item, {"reference": None, "status": "provisioning"})
            raise _Overtaken
        if state is None:
            reason = "The certificate is gone: put the domain again with its certificate and key."
            self._settled(item, {"status": "failed", "status_reason": reason})
            return
        if state.state != "issued":
            self._wait_for_certificate(item, state)
            return
        if self._front.shares_listener and state.pem is not None:
            _check_fits(data["domain"], state.pem)
        routing = self._front.serve(data["domain"], reference, item.data["retired"])
        self._forget_records(item, frozenset({routing, *state.validation}))
        rows = [*self._rows([routing], "routing"), *self._rows(state.validation, "validation")]
        facts = data["facts"] if state.pem is None else facts_from_pem(state.pem)
        item = self._write(
            item,
            {
                "status": "active",
                "status_reason": None,
                "facts": facts,
                "dns_records": rows,
                "warned_days": self._warned(data, facts),
            },
        )
        self._settled(item, {"retired": self._still_kept(item.data["retired"])})

    def _wait_for_certificate(self, item: Item, state: CertificateState) -> None:
        """Say how it stands with a requested certificate; what is served meanwhile goes on."""
        rows = [row for row in item.data["dns_records"] if row["purpose"] == "routing"]
        rows += self._rows(state.validation, "validation")
        status = "failed" if state.state == "failed" else "pending_validation"
        self._settled(item, {"status": status, "status_reason": state.reason, "dns_records": rows})

    def _take_down(self, item: Item) -> None:
        self._front.stop(item.data["domain"], _references(item))
        self._forget_records(item, frozenset())
        for reference in _references(item):
            self._store.delete(reference)
        writes: list[Write] = [
            Delete(item.key, item.version),
            *remember_former(self._table, item, self._now()),
        ]
        environment = self._environment(item)
        if environment is not None and environment.data.get("custom_domain") == item.data["domain"]:
            data = {**environment.data, "custom_domain": None, "updated_at": time_text(self._clock())}
            writes.append(Put(environment.key, data, environment.version))
        try:
            self._table.transact(writes)
        except Conflict:
            raise _Overtaken from None

    def _still_kept(self, references: Sequence[str]) -> list[str]:
        """Delete what the front door serves no longer; return what it has not let go of yet."""
        kept = []
        for reference in references:
            try:
                self._store.delete(reference)
            except Undelivered:
                kept.append(reference)
        return kept

    def _rows(self, records: Sequence[DnsRecord], purpose: str) -> list[Row]:
        """Return records as they are shown, those of our own zone set."""
        return [{**record._asdict(), "purpose": purpose, "automatic": self._set(record)} for record in records]

    def _forget_records(self, item: Item, needed: frozenset[DnsRecord]) -> None:
        """Remove what we have set in our zone and is of no use any more."""
        for row in item.data["dns_records"]:
            record = DnsRecord(row["type"], row["name"], row["value"])
            if self._zone is not None and row["automatic"] and record not in needed:
                self._zone.remove(record)

    def _set(self, record: DnsRecord) -> bool:
        return self._zone is not None and self._zone.covers(record.name) and self._zone.set(record)

    def _warned(self, data: Mapping[str, Any], facts: Mapping[str, Any]) -> int | None:
        """Log a line, which an alarm waits for, once for each step towards a certificate's end."""
        expires_at = facts["expires_at"]
        step = warning_step(expires_at, self._now()) if expires_at else None
        warned: int | None = data["warned_days"] if data["facts"]["expires_at"] == expires_at else None
        if step is not None and (warned is None or step < warned):
            left = days_left(expires_at, self._now())
            _LOGGER.warning(CERTIFICATE_EXPIRES, data["domain"], left)
        return step

    def _is_wanted(self, item: Item) -> bool:
        if item.data["status"] == "deleting":
            return False
        environment = self._environment(item)
        return environment is not None and environment.data.get("custom_domain") == item.data["domain"]

    def _environment(self, item: Item) -> Item | None:
        return self._table.get(environment_key(item.data["endpoint_id"], item.data["environment_id"]))

    def _is_due(self, item: Item) -> bool:
        data, now = item.data, self._now()
        if data["worked_until"] > now:
            return False
        return data["status"] in _UNSETTLED or bool(data["retired"]) or data["looked_at"] + LOOK_AGAIN_SECONDS <= now

    def _items(self) -> Iterator[Item]:
        after = None
        while True:
            page = self._table.query(CUSTOM_DOMAINS, after=after, limit=_PAGE)
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].key.sk

    def _settled(self, item: Item, changed: Mapping[str, Any]) -> None:
        self._write(item, {**changed, "worked_until": 0, "looked_at": self._now()})

    def _write(self, item: Item, changed: Mapping[str, Any]) -> Item:
        """Write what changed; raise `_Overtaken` if someone else was faster.

        The version that people see stays: it counts what they declare.
        """
        data = {**item.data, **changed}
        shown = ("status", "status_reason", "facts", "dns_records")
        if any(data[name] != item.data[name] for name in shown):
            data["updated_at"] = time_text(self._clock())
        try:
            self._table.transact([Put(item.key, data, item.version)])
        except Conflict:
            raise _Overtaken from None
        return Item(item.key, item.version + 1, data)

    def _now(self) -> int:
        return self._clock() // 1_000_000_000


def _check_fits(domain: str, pem: str) -> None:
    """Raise `Undelivered` for a certificate that was set when each domain had a front door of its own."""
    if not fits_shared_listener(domain, certificates_from_pem(pem)):
        message = (
            "Domains share one load balancer now, so this certificate can't be served: put the domain again with one "
            "for the domain alone."
        )
        raise Undelivered(message, retryable=False)


def _references(item: Item) -> list[str]:
    current = item.data["reference"]
    return [*([current] if current else []), *item.data["retired"]]
