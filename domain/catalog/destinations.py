"""An environment's destination: what is stored of it, what is kept secret, what is tried before it is saved.

In the environment's item stands the destination without credentials, and the name under which they are kept. They
are kept under a new name each time, before the change that points to it: a change that fails leaves the earlier ones
in force.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice, tee
from secrets import token_bytes
from typing import Any, NamedTuple

from domain.access import bounds
from domain.catalog.delivered_environments import delivered_target, newest_tables, table_of_document
from domain.catalog.http_destinations import plan_http
from domain.catalog.ownership import find_environment
from domain.catalog.postgres_destinations import plan_postgres
from domain.catalog.table_names import revision_table_name
from domain.delivery.connectors import CheckStep, ColumnApart, Connector, Target, failed_step
from domain.errors import Misconfigured, Rejected, Undelivered
from domain.http_secrets import secrets_of_text, text_of_secrets
from domain.postgres_place import secret_of_text, text_of_secret
from domain.records.caller import Call
from domain.records.change import Catalog, Resource, remember_answer, stored_answer
from domain.records.noted import note, note_for_organisation
from domain.records.ports import Item
from domain.standard_webhooks import secret_of_key
from domain.warehouses.columns import warehouse_columns
from schemas.codes import Problem
from schemas.items import RevisionDocument
from schemas.lakes import DEFAULT_DATABASE

MAX_REVISIONS_BY_KIND = 100
"""Of an environment, to be looked at for views of kinds while a deployment waits."""
INTERNAL_FIELDS = ("secret", "stale_secrets", "tables")
"""The fields of an environment's item that are about its destination and are not shown."""

_TABLE_TO_TRY = "events"
"""Name of the view of an environment that there is none of yet."""
_OF_A_BUCKET = ("bucket", "region", "role_arn")
_OF_A_USERS_LAKE = frozenset({*_OF_A_BUCKET, "prefix", "database"})
_OF_EVERY_LAKE = ("table_format", "table")
_IDENTITIES = ("credentials", "workload_identity")
_SHOWN_AS_NULL = {
    "eventbridge": ("detail_type_field", "detail_type_from"),
    "kinesis": ("partition_key_field",),
    "sqs": ("message_group_field",),
}
"""Fields that are not stored where they are not set."""
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """A destination that is about to be saved: `stored` in the catalog, `secret` elsewhere."""

    stored: Resource
    secret: str | None = field(repr=False)
    replaces_identity: bool
    """Whether credentials that were kept before are of no use any more."""
    signing_secret: str | None = field(default=None, repr=False)
    """One that was made, to be shown once."""
    based_on: str | None = None
    """The name of the credentials that were in force when this was planned."""


def plan_destination(
    catalog: Catalog,
    written: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    *,
    table: str,
    kept: str | None = None,
) -> Plan:
    """Return what is to be stored for a destination that a user wrote.

    Args:
        catalog: knows which kinds of destination there are.
        written: the fields as the API takes them; of a change, those that were given.
        before: the destination that it changes, if it does; what is not written stays as it is there.
        table: a table's name, for a destination that has tables and names none.
        kept: the credentials of `before`.

    Raises:
        Rejected: (invalid_request) the type changes or is none of the deployment's, or there is no identity.
    """
    connector = connector_of(catalog, written["type"])
    if before is not None and before["type"] != written["type"]:
        raise _refused("/type", "destination", "The type of a destination never changes; make another environment.")
    if before is not None:
        written = _merged(before, written)
    if written["type"] == "http":
        leads_elsewhere = before is not None and before["url"] != written["url"]
        return _http_plan(catalog, written, kept, leads_elsewhere=leads_elsewhere)
    if written["type"] == "postgres":
        return _postgres_plan(written, kept, table)
    given = {name: written[name] for name in _IDENTITIES if written.get(name)}
    stored = {name: value for name, value in written.items() if name not in _IDENTITIES and value is not None}
    if connector.capabilities.has_tables:
        stored.setdefault("table", table)
    if written["type"] == "bigquery":
        if given:
            stored["identity"] = _identity(given)
        stored.setdefault("identity", None)
        if connector.capabilities.needs_identity and stored["identity"] is None:
            message = "Give credentials, or a workload_identity."
            raise _refused("/credentials", "required", message)
    secret = json.dumps(given["credentials"]) if "credentials" in given else None
    return Plan(stored, secret, replaces_identity=bool(given))


def _http_plan(catalog: Catalog, written: Mapping[str, Any], kept: str | None, *, leads_elsewhere: bool) -> Plan:
    held = secrets_of_text(kept)
    if "headers" not in written and len(held.headers) < len(written["header_names"]):
        raise _refused("/headers", "required", "Give the headers again: their values are not there any more.")
    if "headers" not in written and held.headers and leads_elsewhere:
        # Who may change the destination may not see the values, so they may not have them sent to a place of their own.
        message = "Give the headers again: their values are secrets, and go to no other URL than they were given for."
        raise _refused("/headers", "required", message)
    plan = plan_http(written, held, token_bytes, catalog.clock() // _NS)
    text = text_of_secrets(plan.secrets)
    made = None if plan.made_key is None else secret_of_key(plan.made_key)
    return Plan(plan.stored, text if text != kept else None, replaces_identity=text != kept, signing_secret=made)


def _postgres_plan(written: Mapping[str, Any], kept: str | None, table: str) -> Plan:
    if "ca_certificates" in written and "dsn" not in written:
        # Who may change the destination may not see the password, so a server of their own must not get it.
        message = "Give the dsn again: it is a secret, and goes to no server that other certificates vouch for."
        raise _refused("/dsn", "required", message)
    if "dsn" not in written and kept is None:
        raise _refused("/dsn", "required", "Give the dsn again: it is not there any more.")
    try:
        plan = plan_postgres(written, None if kept is None else secret_of_text(kept), table)
    except ValueError as error:
        raise _refused("/dsn", "destination", str(error)) from None
    secret = None if plan.secret is None else text_of_secret(plan.secret)
    return Plan(plan.stored, secret, replaces_identity=secret is not None)


def _merged(before: Mapping[str, Any], written: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a destination with what was written of it; of the deployment's own bucket nothing goes over to another."""
    stays_managed = before["type"] == "lake" and "managed" in before and _OF_A_USERS_LAKE.isdisjoint(written)
    if stays_managed or ("managed" in before) == ("managed" in written):
        return {**before, **written}
    missing = [] if "managed" in written else [name for name in _OF_A_BUCKET if name not in written]
    if missing:
        message = "To deliver to a bucket of yours, give bucket, region and role_arn."
        errors = [{"pointer": f"/destination/{name}", "code": "required", "message": message} for name in missing]
        raise Rejected(Problem.INVALID_REQUEST, message, errors=errors)
    kept = {name: before[name] for name in _OF_EVERY_LAKE if name in before}
    if "managed" in written:
        return {**kept, **written}
    if before["type"] == "s3":
        return {"prefix": "", **written}
    return {**kept, "prefix": "", "database": DEFAULT_DATABASE, **written}


def show_destination(environment: Mapping[str, Any]) -> Resource:
    """Return the destination of an environment's item as the API shows it."""
    destination: Resource = environment["destination"]
    if "role_arn" in destination:
        unset = dict.fromkeys(_SHOWN_AS_NULL.get(destination["type"], ()))
        return {**unset, **destination, "external_id": environment["organisation_id"]}
    if destination["type"] == "http":
        return {**destination, "signing_secret": None}
    return destination


def with_signing_secret(answer: Resource, plan: Plan | None) -> Resource:
    """Return an answer with the signing secret that was made for its destination, if one was."""
    if plan is None or plan.signing_secret is None:
        return answer
    return {**answer, "destination": {**answer["destination"], "signing_secret": plan.signing_secret}}


def target_of(catalog: Catalog, environment: Mapping[str, Any]) -> Target:
    """Return an environment's destination with its credentials."""
    return delivered_target(environment, catalog.secrets)


def connector_of(catalog: Catalog, kind: str) -> Connector:
    """Return the connector of a type; `Rejected` (invalid_request) if the deployment has none."""
    connector = catalog.connectors(kind)
    if connector is None:
        raise _refused("/type", "destination", f"This deployment does not deliver to {kind}.")
    return connector


def check_live(catalog: Catalog, call: Call, target: Target) -> None:
    """Try a destination before it is saved.

    Raises:
        Rejected: (destination_refused) with the destination's own reason, or limit_reached.
    """
    for step in _try_all(catalog, call, target):
        if step.state == "failed":
            raise Rejected(
                Problem.DESTINATION_REFUSED,
                f"The destination was tried and is not saved: {step.reason}",
                errors=[{"pointer": "/destination", "code": "destination_check", "message": str(step.reason)}],
            )


def check_destination(catalog: Catalog, call: Call, environment_id: str) -> Resource:
    """Try the destination of an environment again, note that in the audit log, and return what became of it.

    Raises:
        Rejected: not_found, or limit_reached.
    """
    repeated = stored_answer(catalog.table, call)
    if repeated is not None:
        return repeated
    environment = find_environment(catalog.table, call, environment_id).data
    note(catalog, call, "destination.check", environment_id)
    return remember_answer(catalog, call, _found(catalog, call, target_of(catalog, environment)), size_chars=0)


def check_written(catalog: Catalog, call: Call, written: Mapping[str, Any]) -> Resource:
    """Try a destination that is saved nowhere, note that in the audit log, and return what became of it.

    Raises:
        Rejected: (invalid_request) the type is none of the deployment's, or there is no identity; or limit_reached.
    """
    repeated = stored_answer(catalog.table, call)
    if repeated is not None:
        return repeated
    plan = plan_destination(catalog, written, None, table=_TABLE_TO_TRY)
    note_for_organisation(catalog, call, "destination.try")
    target = Target(call.principal.organisation_id, "", plan.stored, plan.secret)
    return remember_answer(catalog, call, _found(catalog, call, target), size_chars=0)


def _found(catalog: Catalog, call: Call, target: Target) -> Resource:
    steps = _try_all(catalog, call, target)
    reasons = [step.reason for step in steps if step.state == "failed"]
    return {
        "ok": not reasons,
        "reason": reasons[0] if reasons else None,
        "checks": [step._asdict() for step in steps],
    }


def replaced_secret(before: Mapping[str, Any], plan: Plan, secret: str | None) -> Resource:
    """Return the fields of an environment's item that say which credentials are in force, and which have to go.

    Raises:
        Rejected: (conflict) the plan is made of credentials that others have changed meanwhile.
    """
    if plan.stored["type"] == "http" and before.get("secret") != plan.based_on:
        raise Rejected(Problem.CONFLICT, "Others have changed this destination's secrets; look at it, then try again.")
    if not plan.replaces_identity:
        return {}
    old = before.get("secret")
    stale = [*before.get("stale_secrets", ()), *([old] if old else [])]
    return {"secret": secret, "stale_secrets": stale}


def first_tables(catalog: Catalog, destination: Mapping[str, Any], revision: Item) -> list[dict[str, str]]:
    """Return which tables an environment has that starts with this revision; the provisioner makes them."""
    if not connector_of(catalog, destination["type"]).capabilities.has_tables:
        return []
    return [_table_row(destination, revision)]


def with_table(environment: Mapping[str, Any], revision: Item) -> list[dict[str, str]]:
    """Return an environment's tables with that of a revision as the last, which keeps the name that it once got."""
    tables: list[dict[str, str]] = environment.get("tables", [])
    own = [row for row in tables if row["revision_id"] == revision.data["id"]]
    others = [row for row in tables if row["revision_id"] != revision.data["id"]]
    return [*others, *(own or [_table_row(environment["destination"], revision)])]


def with_canarys_table(environment: Mapping[str, Any], revision: Item) -> list[dict[str, str]]:
    """Return an environment's tables with that of a canary's revision before the last, which is that of what runs."""
    tables = with_table(environment, revision)
    current = [row for row in tables if row["revision_id"] == environment["revision_id"]]
    return [*(row for row in tables if row not in current), *current]


def check_columns(catalog: Catalog, destination: Mapping[str, Any], document: RevisionDocument) -> None:
    """See that a table which is made for a revision would not have too many columns.

    Raises:
        Rejected: (destination_refused) it would.
    """
    capabilities = connector_of(catalog, destination["type"]).capabilities
    most = capabilities.max_columns
    if most is None:
        return
    columns = len(warehouse_columns(document["fields"], document["additional_keys"])) + capabilities.own_columns
    if columns > most:
        message = f"The table would have {columns:,} columns; it can have {most:,}."
        errors = [{"pointer": "/revision_id", "code": "destination_check", "message": message}]
        raise Rejected(Problem.DESTINATION_REFUSED, message, errors=errors)


def make_table(
    catalog: Catalog, environment: Mapping[str, Any], revision: Item, document: RevisionDocument
) -> list[ColumnApart]:
    """Make the table that a revision needs before it is deployed, if it needs one; return its columns apart.

    Raises:
        Rejected: (destination_refused) it can't be made.
    """
    connector = connector_of(catalog, environment["destination"]["type"])
    if not connector.capabilities.has_tables:
        return []
    row = with_table(environment, revision)[-1]
    table = table_of_document(row["table"], revision.data["name"], document)
    try:
        return connector.make_tables(target_of(catalog, environment), [table])
    except (Undelivered, Misconfigured) as error:
        message = f"The revision is not deployed, since its table can't be made: {error}"
        errors = [{"pointer": "/revision_id", "code": "destination_check", "message": str(error)}]
        raise Rejected(Problem.DESTINATION_REFUSED, message, errors=errors) from error


class LeftOut(NamedTuple):
    """Revisions that views have no room for, the newest last: of the view over all, and of those of kinds by key."""

    of_view: list[str]
    by_kind: dict[str, list[str]]


def left_out_of_views(
    catalog: Catalog,
    environment: Mapping[str, Any],
    revision: Item,
    tables_after: Callable[[Mapping[str, Any], Item], list[dict[str, str]]],
) -> LeftOut:
    """Return what the views leave out once a revision is deployed, since they would grow too long.

    `tables_after` is `with_table` or, for a canary, `with_canarys_table`.
    For views of kinds the newest `MAX_REVISIONS_BY_KIND` revisions are looked at.
    """
    connector = connector_of(catalog, environment["destination"]["type"])
    if not connector.capabilities.has_tables:
        return LeftOut([], {})
    after = {**environment, "tables": tables_after(environment, revision)}
    target = Target(environment["organisation_id"], environment["id"], environment["destination"])
    ahead, again = tee(newest_tables(catalog.table, after))
    taken = connector.view_takes(target, ahead)
    if taken is None:
        return LeftOut([], {})
    of_view = [row["revision_id"] for row in after["tables"] if row["revision_id"] not in taken]
    newest = list(islice(again, MAX_REVISIONS_BY_KIND))[::-1]
    return LeftOut(of_view, connector.left_out_by_kind(target, newest))


def _table_row(destination: Mapping[str, Any], revision: Item) -> dict[str, str]:
    name = revision_table_name(destination["table"], revision.data["name"], revision.data["id"])
    return {"revision_id": revision.data["id"], "table": name}


def _try_all(catalog: Catalog, call: Call, target: Target) -> list[CheckStep]:
    connector = connector_of(catalog, target.destination["type"])
    if not target.destination.get("managed"):
        # Others' services are asked, and one that hangs holds a request of this API for as long.
        bounds.charge_changes(catalog, call, 1)
    try:
        return connector.check(target)
    except (Undelivered, Misconfigured) as error:
        return [failed_step("connect", str(error))]


def _identity(given: Mapping[str, Any]) -> Resource:
    if "credentials" in given:
        return {"kind": "service_account", "client_email": given["credentials"]["client_email"]}
    identity = given["workload_identity"]
    address: str = identity.get("service_account_impersonation_url") or ""
    account = address.rpartition("/")[2].removesuffix(":generateAccessToken") or None
    return {"kind": "workload_identity", "audience": identity["audience"], "service_account": account}


def _refused(pointer: str, code: str, message: str) -> Rejected:
    errors = [{"pointer": f"/destination{pointer}", "code": code, "message": message}]
    return Rejected(Problem.INVALID_REQUEST, message, errors=errors)
