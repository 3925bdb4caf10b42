"""Custom domains: one of an environment, one environment of a domain, of any organisation.

A domain's item is the claim on it, across all organisations, until everything made for it is gone. It is made at once
where the organisation has proven the domain lately, or where no proof is asked for. Otherwise a pending claim is made,
which holds nothing against others; the provisioner puts the claim in its place once the proof is in the DNS. What has
to be made and removed is the provisioner's work, too: here stands only what has to be. The private key passes through
to the keeper of certificates and is written nowhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from domain.access import bounds
from domain.catalog.domain_proof import PENDING, Proof, challenge_for, forget_former, proof_of_former, proof_row
from domain.catalog.ownership import find_environment
from domain.certificates.checks import check_certificate
from domain.certificates.expiry import expiry_warning
from domain.certificates.facts import facts_from_chain
from domain.certificates.faults import Faults
from domain.certificates.names import DeploymentHosts, domain_from
from domain.certificates.ports import CertificateBundle, CertificateKeeper
from domain.errors import Rejected
from domain.records.caller import Call, check_confirmation
from domain.records.change import Catalog, Change, Resource, apply, time_text
from domain.records.keys import custom_domain_key, pending_domain_key
from domain.records.ports import Item, Table
from schemas.codes import Problem
from schemas.items import host_key

MANAGED = "managed"
NO_FACTS: dict[str, Any] = {
    "subject": None,
    "issuer": None,
    "sans": [],
    "not_before": None,
    "expires_at": None,
    "fingerprint_sha256": None,
    "publicly_trusted": None,
}
_SHOWN = (
    "id",
    "environment_id",
    "domain",
    "status",
    "status_reason",
    "dns_records",
    "created_at",
    "updated_at",
    "version",
)


@dataclass(frozen=True, slots=True)
class DomainRules:
    """What custom domains need beside the catalog.

    `keeper` keeps certificates; `hosts` are the deployment's own. `secret` is the deployment's, from which the values
    of proofs derive; None where no proof of a domain is asked for. `lent_zone` is the zone in which the deployment sets
    records itself, if there is one.
    """

    keeper: CertificateKeeper
    hosts: DeploymentHosts
    secret: Callable[[], bytes] | None
    lent_zone: str | None = None


@dataclass(frozen=True, slots=True)
class _Checked:
    """A request that was found sound: its certificate is kept, unless it is managed."""

    domain: str
    kind: Literal["imported", "managed"]
    facts: dict[str, Any]
    bundle: CertificateBundle | None


def get_custom_domain(catalog: Catalog, call: Call, environment_id: str) -> Resource:
    environment = find_environment(catalog.table, call, environment_id)
    return _show(catalog, _find(catalog, environment))


def put_custom_domain(
    catalog: Catalog,
    rules: DomainRules,
    call: Call,
    environment_id: str,
    domain_text: str,
    certificate: Literal["managed"] | dict[str, str],
) -> Resource:
    """Give an environment a domain, or the domain that it has another certificate; a former domain goes.

    Args:
        catalog: the catalog.
        rules: see there.
        call: who asks.
        environment_id: the environment.
        domain_text: the domain, as a person writes it.
        certificate: `{"pem", "private_key", "chain"?}`, or "managed".

    Raises:
        Rejected: not_found, invalid_request with every fault, domain_in_use, or what the keeper says.
        Undelivered: the deployment's secret can't be read, or the keeper can't be reached.
    """
    environment = find_environment(catalog.table, call, environment_id)
    checked = _check(rules, domain_text, certificate, catalog.clock() // 1_000_000_000)
    organisation_id = call.principal.organisation_id
    challenge = challenge_for(rules.secret(), organisation_id, checked.domain) if rules.secret is not None else None
    standing = _standing(catalog.table, environment_id, checked.domain)
    replaces = _replaceable(standing, checked)
    if not _goes_on(standing, checked):
        further = int(not bounds.has_domain(catalog.table, environment.data))
        bounds.charge_certificate(catalog, call, domains=further)
    reference = None
    if checked.bundle is not None:
        # Before the change, which may be built several times. Should it be refused after all, nothing names what was
        # kept, and the provisioner's sweep finds it.
        reference = rules.keeper.keep(checked.bundle, checked.domain, replaces)

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id)
        item = _standing(catalog.table, environment_id, checked.domain)
        call.check_version(item.data["version"] if item else 0)
        if replaces is not None and (item is None or item.data["reference"] != replaces):
            raise Rejected(Problem.CONFLICT, "The domain was changed at the same time; look at it, then try again.")
        before = None if item is None else _audited(item)
        data = _declared(change, environment, item, checked, reference)
        if item is not None and item.key == custom_domain_key(checked.domain):
            item = _hold(change, item, data)
        else:
            proof = "off" if challenge is None else proof_of_former(catalog.table, organisation_id, checked.domain)
            if proof is None:
                assert challenge is not None
                item = _wait_for_proof(change, rules, data, challenge)
            else:
                item = _hold(change, None, {**data, "status": "provisioning", "status_reason": None}, proof)
        bounds.count(change, {"domains": int(not bounds.has_domain(catalog.table, environment.data))}, changes=1)
        former = environment.data.get("custom_domain")
        if former == checked.domain:
            change.hold(environment)
        else:
            version = environment.data["version"] + 1
            after = {**environment.data, "custom_domain": checked.domain, "updated_at": change.now, "version": version}
            change.replace(environment, after)
            if former is not None:
                _retire(change, former, environment_id)
        change.record(
            "custom_domain.set", "environment", environment_id, before=before, after=_audited(item), of=environment.data
        )
        return _show(catalog, item)

    return apply(catalog, call, build)


def check_custom_domain(catalog: Catalog, call: Call, environment_id: str) -> Resource:
    """Have the provisioner look again now, for a proof or for what else is waited for; return how it stood before."""

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id)
        item = _find(catalog, environment)
        change.hold(environment)
        bounds.count(change, {}, changes=1)
        if item.key == pending_domain_key(environment_id):
            change.prove_domain(environment_id)
        else:
            change.settle_domain(item.data["domain"])
        return _show(catalog, item)

    return apply(catalog, call, build)


def delete_custom_domain(catalog: Catalog, call: Call, environment_id: str, confirm: str | None) -> None:
    """Take an environment's domain down: ingest answers 404 there within seconds, the rest goes after."""

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id)
        item = _find(catalog, environment)
        call.check_version(item.data["version"])
        check_confirmation(confirm, item.data["domain"])
        if item.key == pending_domain_key(environment_id):
            # Nothing was made for it but its certificate, which the provisioner's sweep finds.
            change.remove(item)
            change.replace(environment, {**environment.data, "custom_domain": None, "updated_at": change.now})
        elif item.data["status"] != "deleting":
            change.hold(environment)
            _retire(change, item.data["domain"], environment_id)
        else:
            return {}
        bounds.count(change, {"domains": -1})
        change.record("custom_domain.delete", "environment", environment_id, before=_audited(item), of=environment.data)
        return {}

    apply(catalog, call, build)


def _check(
    rules: DomainRules, domain_text: str, certificate: Literal["managed"] | dict[str, str], now_seconds: int
) -> _Checked:
    faults = Faults()
    domain = domain_from(domain_text, rules.hosts.reserved, faults)
    if isinstance(certificate, str):
        faults.raise_if_any()
        assert domain
        return _Checked(domain, "managed", NO_FACTS, None)
    pem, private_key, chain = certificate["pem"], certificate["private_key"], certificate.get("chain") or ""
    bundle, certificates = check_certificate(domain, rules.hosts, pem, private_key, chain, now_seconds, faults)
    assert domain
    return _Checked(domain, "imported", facts_from_chain(certificates), bundle)


def _standing(table: Table, environment_id: str, domain: str) -> Item | None:
    """Return an environment's claim on a domain, or its pending one, if it has either.

    Raises:
        Rejected: (domain_in_use) the domain is another environment's, or is still being taken down.
    """
    claim = table.get(custom_domain_key(domain))
    if claim is None:
        pending = table.get(pending_domain_key(environment_id))
        return pending if pending is not None and pending.data["domain"] == domain else None
    if claim.data["environment_id"] != environment_id:
        raise Rejected(
            Problem.DOMAIN_IN_USE, "Another environment has this domain: remove it there, or choose another."
        )
    if claim.data["status"] == "deleting":
        raise Rejected(Problem.DOMAIN_IN_USE, "The domain is still being taken down: try again in a minute.")
    return claim


def _replaceable(item: Item | None, checked: _Checked) -> str | None:
    """Return the reference whose place an imported certificate can take: one with a key of the same algorithm."""
    if item is None or checked.bundle is None or item.data["key_algorithm"] != checked.bundle.key_algorithm:
        return None
    reference: str | None = item.data["reference"]
    return reference


def _declared(
    change: Change, environment: Item, item: Item | None, checked: _Checked, reference: str | None
) -> dict[str, Any]:
    """Return what a claim, pending or not, has to hold after a change."""
    if item is None:
        return {
            "id": change.new_id("dom"),
            "environment_id": environment.data["id"],
            "endpoint_id": environment.data["endpoint_id"],
            "organisation_id": environment.data["organisation_id"],
            "domain": checked.domain,
            "retired": [],
            "dns_records": [],
            "looked_at": 0,
            "worked_until": 0,
            "created_at": change.now,
            "updated_at": change.now,
            "version": 1,
            **_certificate_fields(checked, reference),
        }
    before = item.data
    after = {**before, "updated_at": change.now, "version": before["version"] + 1}
    if not _goes_on(item, checked):
        after |= _certificate_fields(checked, reference)
        if reference == before["reference"] and before["status"] == "active":
            after["status"] = "active"  # renewed in its place, and served at once
        elif before["reference"] not in {None, reference}:
            after["retired"] = [*before["retired"], before["reference"]]
    return after


def _goes_on(item: Item | None, checked: _Checked) -> bool:
    """Say whether a domain keeps the managed certificate that it has, or waits for."""
    return item is not None and checked.kind == item.data["kind"] == MANAGED and item.data["status"] != "failed"


def _certificate_fields(checked: _Checked, reference: str | None) -> dict[str, Any]:
    return {
        "kind": checked.kind,
        "facts": checked.facts,
        "reference": reference,
        "key_algorithm": checked.bundle.key_algorithm if checked.bundle else None,
        "warned_days": None,
        "status": "provisioning",
        "status_reason": None,
    }


def _hold(change: Change, claim: Item | None, data: dict[str, Any], proof: Proof | None = None) -> Item:
    """Write the claim that holds a domain, a new one with its proof, and have ingest serve the domain."""
    table, domain, environment_id = change.catalog.table, data["domain"], data["environment_id"]
    pending = table.get(pending_domain_key(environment_id))
    if pending is not None:
        change.remove(pending)
    if claim is None:
        change.include(forget_former(table, domain))
        claim = change.create(custom_domain_key(domain), {**data, "proof": proof})
    else:
        claim = change.replace(claim, data)
    _lead_here(change, domain, environment_id)
    change.settle_domain(domain)
    return claim


def _wait_for_proof(change: Change, rules: DomainRules, data: dict[str, Any], challenge: str) -> Item:
    """Write a pending claim, in the place of another that the environment may have."""
    is_lent = rules.lent_zone is not None and data["domain"].endswith(f".{rules.lent_zone}")
    data = {
        # What a person was told to set goes on counting, also if the secret has changed since.
        "challenge": challenge,
        **data,
        "status": PENDING,
        "status_reason": None,
        "asked_at": change.now_ns // 1_000_000_000,
        "looked_at": 0,
    }
    # A free name of the lent zone needs no record; whether it is free, the provisioner finds out.
    data["dns_records"] = [] if is_lent else [proof_row(data)]
    key = pending_domain_key(data["environment_id"])
    former = change.catalog.table.get(key)
    change.prove_domain(data["environment_id"])
    return change.create(key, data) if former is None else change.replace(former, data)


def _lead_here(change: Change, domain: str, environment_id: str) -> None:
    """Let ingest find the environment by the domain.

    An entry of an environment that was deleted may still be there, so that its senders are told 410 until the domain
    is someone's again.
    """
    key, entry = host_key(domain), {"environment_id": environment_id}
    found = change.catalog.table.get(key)
    if found is None:
        change.create(key, entry)
    elif found.data != entry:
        change.replace(found, entry)


def _retire(change: Change, domain: str, environment_id: str) -> None:
    """Let a domain go: ingest forgets it now, the provisioner removes what was made for it."""
    item = change.catalog.table.get(custom_domain_key(domain))
    if item is None or item.data["environment_id"] != environment_id or item.data["status"] == "deleting":
        return
    after = {**item.data, "status": "deleting", "status_reason": None, "updated_at": change.now}
    change.replace(item, {**after, "version": item.data["version"] + 1})
    entry = change.catalog.table.get(host_key(domain))
    if entry is not None and entry.data["environment_id"] == environment_id:
        change.remove(entry)
    change.settle_domain(domain)


def _find(catalog: Catalog, environment: Item) -> Item:
    domain = environment.data.get("custom_domain")
    if domain is not None:
        claim = catalog.table.get(custom_domain_key(domain))
        if claim is not None and claim.data["environment_id"] == environment.data["id"]:
            return claim
        pending = catalog.table.get(pending_domain_key(environment.data["id"]))
        if pending is not None and pending.data["domain"] == domain:
            return pending
    raise Rejected(Problem.NOT_FOUND, "This environment has no custom domain.")


def _audited(item: Item) -> Resource:
    return {"domain": item.data["domain"], "certificate": {"kind": item.data["kind"], **item.data["facts"]}}


def _show(catalog: Catalog, item: Item) -> Resource:
    data = item.data
    expires_at = data["facts"]["expires_at"]
    now_seconds = catalog.clock() // 1_000_000_000
    return {
        **{name: data[name] for name in _SHOWN},
        "proof": _proof(data),
        "checked_at": _checked_at(data),
        "address": _address(catalog.ingest_base_url, data["domain"]),
        "certificate": {"kind": data["kind"], **data["facts"]},
        "warning": expiry_warning(data["kind"], expires_at, now_seconds) if expires_at else None,
    }


def _proof(data: dict[str, Any]) -> str:
    """Return how a domain was proven; claims of earlier versions were asked for no proof."""
    proof: str = "pending" if "challenge" in data else data.get("proof", "off")
    return proof


def _checked_at(data: dict[str, Any]) -> str | None:
    return time_text(data["looked_at"] * 1_000_000_000) if "challenge" in data and data["looked_at"] else None


def _address(base_url: str, domain: str) -> str:
    """Return where events are sent: with the scheme and the port of the deployment's own address."""
    base = urlsplit(base_url)
    return f"{base.scheme}://{domain}{f':{base.port}' if base.port else ''}/"
