"""The proof that a custom domain is its organisation's: what has to stand in the DNS, and how long it counts.

The record's value is an HMAC over the domain, under a key of the organisation's own: a record that was set for one
organisation proves nothing for another. The pending claim keeps the value, so that it holds when the deployment's
secret changes meanwhile, and so that who looks for it needs no secret.
"""

import hmac
from typing import Any, Literal

from domain.derived_keys import derived_key
from domain.records.keys import custom_domain_key, former_domain_key
from domain.records.ports import Check, Delete, Item, Put, Table, Write
from schemas.items import host_key
from schemas.limits import DOMAIN_KEPT_DAYS

Proof = Literal["record", "zone", "off"]
"""A TXT record; a free name of the zone that the operator lends; or none, where the deployment asks for none."""

PENDING = "pending_proof"
_PURPOSE = "custom domain proof"
_DAY_SECONDS = 86_400
_OF_PENDING = frozenset({"challenge", "asked_at"})


def challenge_for(secret: bytes, organisation_id: str, domain: str) -> str:
    """Return what the record has to hold: visible ASCII, always the same for an organisation and a domain."""
    key = derived_key(secret, organisation_id, _PURPOSE)
    return f"ingest-endpoints={hmac.digest(key, domain.encode('ascii'), 'sha256').hex()}"


def proof_name(domain: str) -> str:
    """Return the name of the record."""
    return f"_ingest-challenge.{domain}"


def proof_row(data: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a pending claim as it is shown."""
    name = proof_name(data["domain"])
    return {"type": "TXT", "name": name, "value": data["challenge"], "purpose": "proof", "automatic": False}


def proof_of_former(table: Table, organisation_id: str, domain: str) -> Proof | None:
    """Return how an organisation proved a domain that it had lately; None if another had it, or nobody."""
    former = table.get(former_domain_key(domain))
    if former is None or former.data["organisation_id"] != organisation_id:
        return None
    proof: Proof = former.data["proof"]
    return proof


def promote(table: Table, pending: Item, environment: Item, proof: Proof, now: str) -> list[Write]:
    """Return the writes that make a pending claim one that holds, and has ingest serve the domain.

    They fail where another environment was faster.
    """
    domain, environment_id = pending.data["domain"], pending.data["environment_id"]
    kept = {name: value for name, value in pending.data.items() if name not in _OF_PENDING}
    fresh: dict[str, Any] = {
        "status": "provisioning",
        "status_reason": None,
        "dns_records": [],
        "looked_at": 0,
        "worked_until": 0,
    }
    claim = {**kept, **fresh, "proof": proof, "updated_at": now}
    host = table.get(host_key(domain))
    return [
        Delete(pending.key, pending.version),
        Check(environment.key, environment.version),
        Put(custom_domain_key(domain), claim, 0),
        Put(host_key(domain), {"environment_id": environment_id}, host.version if host else 0),
        *forget_former(table, domain),
    ]


def forget_former(table: Table, domain: str) -> list[Write]:
    """Return the writes by which nobody counts as the domain's former organisation."""
    former = table.get(former_domain_key(domain))
    return [] if former is None else [Delete(former.key, former.version)]


def remember_former(table: Table, claim: Item, now_seconds: int) -> list[Write]:
    """Return the writes by which the organisation of a claim that goes needs no new proof for a while.

    Without a proof there is nothing to remember.
    """
    data = claim.data
    if data.get("proof") not in {"record", "zone"}:
        return []
    key = former_domain_key(data["domain"])
    former = table.get(key)
    until = now_seconds + DOMAIN_KEPT_DAYS * _DAY_SECONDS
    kept = {"organisation_id": data["organisation_id"], "proof": data["proof"], "kept_until": until}
    return [Put(key, kept, former.version if former else 0, expires_at=until)]
