"""Custom domains: one of an environment, one environment of a domain, whoever's.

A domain's item is the claim on it, across all organisations, from the first PUT until everything made for it is gone.
What has to be made and removed is the provisioner's work: here stands only what has to be. The private key passes
through to the keeper of certificates and is written nowhere.
"""

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from domain.catalog.caller import Call, check_confirmation
from domain.catalog.change import Catalog, Change, Resource, apply
from domain.catalog.keys import custom_domain_key
from domain.catalog.ownership import find_environment
from domain.catalog.ports import Item
from domain.certificates.checks import check_certificate
from domain.certificates.expiry import expiry_warning
from domain.certificates.facts import facts_from_chain
from domain.certificates.faults import Faults
from domain.certificates.names import DeploymentHosts, domain_from
from domain.certificates.ports import CertificateBundle, CertificateKeeper
from domain.errors import Rejected
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
    """What custom domains need beside the catalog: what keeps certificates, and the deployment's own hosts."""

    keeper: CertificateKeeper
    hosts: DeploymentHosts


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
    """
    find_environment(catalog.table, call, environment_id)
    checked = _check(rules, domain_text, certificate, catalog.clock() // 1_000_000_000)
    claimed = catalog.table.get(custom_domain_key(checked.domain))
    _check_claim(claimed, environment_id)
    replaces = _replaceable(claimed, checked)
    reference = None
    if checked.bundle is not None:
        # Before the change, which may be built several times. Should it be refused after all, nothing names what was
        # kept, and the provisioner's sweep finds it.
        reference = rules.keeper.keep(checked.bundle, checked.domain, replaces)

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id)
        item = catalog.table.get(custom_domain_key(checked.domain))
        _check_claim(item, environment_id)
        call.check_version(item.data["version"] if item else 0)
        if replaces is not None and (item is None or item.data["reference"] != replaces):
            raise Rejected(Problem.CONFLICT, "The domain was changed at the same time; look at it, then try again.")
        before = None if item is None else _audited(item)
        item = _write(change, environment, item, checked, reference)
        _lead_here(change, checked.domain, environment_id)
        former = environment.data.get("custom_domain")
        if former == checked.domain:
            change.hold(environment)
        else:
            version = environment.data["version"] + 1
            after = {**environment.data, "custom_domain": checked.domain, "updated_at": change.now, "version": version}
            change.replace(environment, after)
            if former is not None:
                _retire(change, former, environment_id)
        change.settle_domain(checked.domain)
        change.record("custom_domain.set", "environment", environment_id, before=before, after=_audited(item))
        return _show(catalog, item)

    return apply(catalog, call, build)


def delete_custom_domain(catalog: Catalog, call: Call, environment_id: str, confirm: str | None) -> None:
    """Take an environment's domain down: ingest answers 404 there within seconds, the rest goes after."""

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id)
        item = _find(catalog, environment)
        call.check_version(item.data["version"])
        check_confirmation(confirm, item.data["domain"])
        if item.data["status"] != "deleting":
            change.hold(environment)
            _retire(change, item.data["domain"], environment_id)
            change.record("custom_domain.delete", "environment", environment_id, before=_audited(item))
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


def _check_claim(item: Item | None, environment_id: str) -> None:
    if item is None:
        return
    if item.data["environment_id"] != environment_id:
        raise Rejected(
            Problem.DOMAIN_IN_USE, "Another environment has this domain: remove it there, or choose another."
        )
    if item.data["status"] == "deleting":
        raise Rejected(Problem.DOMAIN_IN_USE, "The domain is still being taken down: try again in a minute.")


def _replaceable(item: Item | None, checked: _Checked) -> str | None:
    """Return the reference whose place an imported certificate can take: one with a key of the same algorithm."""
    if item is None or checked.bundle is None or item.data["key_algorithm"] != checked.bundle.key_algorithm:
        return None
    reference: str | None = item.data["reference"]
    return reference


def _write(change: Change, environment: Item, item: Item | None, checked: _Checked, reference: str | None) -> Item:
    """Add the write of the domain's item to a change."""
    if item is None:
        key = custom_domain_key(checked.domain)
        data = {
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
            "version": 0,
            **_certificate_fields(checked, reference),
        }
        return change.create(key, {**data, "updated_at": change.now, "version": 1})
    before = item.data
    after = {**before, "updated_at": change.now, "version": before["version"] + 1}
    goes_on = checked.kind == before["kind"] == MANAGED and before["status"] != "failed"
    if not goes_on:
        after |= _certificate_fields(checked, reference)
        if reference == before["reference"] and before["status"] == "active":
            after["status"] = "active"  # renewed in its place, and served at once
        elif before["reference"] not in {None, reference}:
            after["retired"] = [*before["retired"], before["reference"]]
    return change.replace(item, after)


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


def _lead_here(change: Change, domain: str, environment_id: str) -> None:
    """Let ingest find the environment by the domain.

    An entry of an environment that was deleted may still be there, so that its senders are told 410 until the domain
    is somebody's again.
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
    item = catalog.table.get(custom_domain_key(domain)) if domain else None
    if item is None or item.data["environment_id"] != environment.data["id"]:
        raise Rejected(Problem.NOT_FOUND, "This environment has no custom domain.")
    return item


def _audited(item: Item) -> Resource:
    return {"domain": item.data["domain"], "certificate": {"kind": item.data["kind"], **item.data["facts"]}}


def _show(catalog: Catalog, item: Item) -> Resource:
    data = item.data
    expires_at = data["facts"]["expires_at"]
    now_seconds = catalog.clock() // 1_000_000_000
    return {
        **{name: data[name] for name in _SHOWN},
        "address": _address(catalog.ingest_base_url, data["domain"]),
        "certificate": {"kind": data["kind"], **data["facts"]},
        "warning": expiry_warning(data["kind"], expires_at, now_seconds) if expires_at else None,
    }


def _address(base_url: str, domain: str) -> str:
    """Return where events are sent: with the scheme and the port of the deployment's own address."""
    base = urlsplit(base_url)
    return f"{base.scheme}://{domain}{f':{base.port}' if base.port else ''}/"
