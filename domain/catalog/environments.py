"""Environments: a deployed revision, a destination and an address.

What ingest has to know stands in the pointer, which every change here takes along in its own transaction. An
environment's version is a field of its own: the provisioner's writes don't count, so that a person who has just made an
environment can change it with the ETag they got.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from domain.access import bounds
from domain.catalog import destinations, provisioning, webhooks
from domain.catalog.canary_items import shown_canary
from domain.catalog.deployments import add_deployment
from domain.catalog.ownership import find_endpoint, find_environment, find_revision, find_roster, owner_data
from domain.catalog.revisions import deployable_document
from domain.catalog.served import SERVED
from domain.catalog.table_names import table_name
from domain.delivery.connectors import Target
from domain.delivery.last_error import DeliveryError, read_last_errors
from domain.errors import Rejected
from domain.records import kept_secrets, keys
from domain.records.caller import Call, check_confirmation
from domain.records.change import Catalog, Change, Resource, apply, difference, stored_answer
from domain.records.pages import read_page_together
from domain.records.ports import Item
from schemas.codes import Problem
from schemas.first_edition import revision_document
from schemas.limits import MAX_ENVIRONMENTS_PER_ENDPOINT

_SETTINGS = (
    "name",
    "destination",
    "on_invalid",
    "allowed_origins",
    "write_keys",
    "webhooks",
    "rate_limit",
    "streams",
    "buffer_seconds",
    "store_addresses",
    "quarantine_protected",
    "taps",
)
_OF_THE_STREAMS = ("destination", "secret", "buffer_seconds")
"""A change of one of these is the provisioner's business."""
_OF_EARLIER_VERSIONS: dict[str, Any] = {
    "custom_domain": None,
    "buffer_seconds": None,
    "write_keys": [],
    "webhooks": [],
    "quarantine_protected": False,
    "taps": "on",
}
"""What stands for the fields that items of earlier versions lack."""
_INTERNAL = (
    "organisation_id",
    "deployments_made",
    SERVED,
    "active_streams",
    "most_streams",
    "stream_prefix",
    "hook_secrets",
    *destinations.INTERNAL_FIELDS,
)


def show_environment(catalog: Catalog, item: Item) -> Resource:
    """Return an environment as the API shows it."""
    return _show(catalog, item, read_last_errors(catalog.table, [item.data["id"]]))


def _show(catalog: Catalog, item: Item, errors: Mapping[str, DeliveryError]) -> Resource:
    shown = {name: value for name, value in item.data.items() if name not in _INTERNAL}
    address = f"{catalog.ingest_base_url}/e/{item.data['id']}"
    return {
        **_OF_EARLIER_VERSIONS,
        **shown,
        "destination": destinations.show_destination(item.data),
        "webhooks": webhooks.show_webhooks(item.data, address),
        "address": address,
        "canary": shown_canary(item.data, catalog.clock()),
        "delivery_error": errors.get(item.data["id"]),
    }


def list_environments(catalog: Catalog, call: Call, endpoint_id: str, limit: int, cursor: str | None) -> Resource:
    """Return one page of an endpoint's environments, oldest first."""
    find_endpoint(catalog.table, call, endpoint_id)

    def show_all(items: Sequence[Item]) -> list[Resource]:
        errors = read_last_errors(catalog.table, [item.data["id"] for item in items])
        return [_show(catalog, item, errors) for item in items]

    group = keys.endpoint_group(endpoint_id)
    return read_page_together(catalog.table, group, keys.ENVIRONMENTS, show_all, limit=limit, cursor=cursor)


def get_environment(catalog: Catalog, call: Call, environment_id: str) -> Resource:
    return show_environment(catalog, find_environment(catalog.table, call, environment_id))


def create_environment(catalog: Catalog, call: Call, endpoint_id: str, settings: dict[str, Any]) -> Resource:
    """Make an environment and have its streams made; `settings` holds every field of `EnvironmentCreate`.

    Raises:
        Rejected: not_found, name_taken, limit_reached, revision_not_finalised, destination_refused, or invalid_request
            for a revision that the endpoint does not have.
    """
    repeated = stored_answer(catalog.table, call)
    if repeated is not None:
        return repeated
    endpoint = find_endpoint(catalog.table, call, endpoint_id)
    document = deployable_document(catalog.table, call, endpoint_id, settings["revision_id"])
    table = table_name(endpoint.data["name"], settings["name"])
    plan = destinations.plan_destination(catalog, settings["destination"], None, table=table)
    destinations.check_columns(catalog, plan.stored, revision_document(document.data))
    destinations.check_live(catalog, call, Target(call.principal.organisation_id, "", plan.stored, plan.secret))
    hooks = webhooks.plan_webhooks(catalog, settings["webhooks"], None)
    settings = {**settings, "destination": plan.stored, "webhooks": hooks.rows}
    with (
        kept_secrets.keeping(catalog, kept_secrets.CREDENTIALS_KIND, plan.secret) as secret,
        kept_secrets.keeping(catalog, kept_secrets.HOOK_SECRETS_KIND, hooks.text) as hook_secret,
    ):
        return _create(catalog, call, endpoint_id, settings, plan, secret, hook_secret)


def _create(
    catalog: Catalog,
    call: Call,
    endpoint_id: str,
    settings: dict[str, Any],
    plan: destinations.Plan,
    secret: str | None,
    hook_secret: str | None,
) -> Resource:
    made: Resource = {}

    def build(change: Change) -> Resource:
        nonlocal made
        roster = find_roster(catalog.table, call, endpoint_id)
        change.hold(deployable_document(catalog.table, call, endpoint_id, settings["revision_id"]))
        if len(roster.data["environments"]) >= MAX_ENVIRONMENTS_PER_ENDPOINT:
            raise Rejected(
                Problem.LIMIT_REACHED, f"An endpoint has at most {MAX_ENVIRONMENTS_PER_ENDPOINT} environments."
            )
        environment_id = change.new_id("env")
        _enrol(change, roster, environment_id, settings["name"])
        data = {
            "id": environment_id,
            "organisation_id": call.principal.organisation_id,
            "endpoint_id": endpoint_id,
            **settings,
            "deployed_at": change.now,
            "deployments_made": 1,
            "status": "provisioning",
            "status_reason": None,
            "active_streams": [],
            "most_streams": settings["streams"],
            "stream_prefix": catalog.stream_prefix,
            "secret": secret,
            "hook_secrets": hook_secret,
            "tables": destinations.first_tables(
                catalog, settings["destination"], find_revision(catalog.table, call, settings["revision_id"])
            ),
            "custom_domain": None,
            "created_at": change.now,
            "updated_at": change.now,
            "version": 1,
        }
        bounds.count(change, bounds.environment_use(catalog.table, data), changes=data["streams"])
        environment = change.create(keys.environment_key(endpoint_id, environment_id), data)
        change.create(keys.owner_key(environment_id), owner_data(call, endpoint_id))
        change.include([*kept_secrets.naming(secret), *kept_secrets.naming(hook_secret)])
        provisioning.point(change, data)
        add_deployment(change, environment_id, 1, settings["revision_id"], note="", replaced=None)
        change.tell_provisioner("provision", environment_id)
        change.record("environment.create", "environment", environment_id, after=settings, of=data)
        made = show_environment(catalog, environment)
        return made

    answer = apply(catalog, call, build)
    # An answer that repeats an earlier one has no secret: none is stored with it.
    return destinations.with_signing_secret(answer, plan) if answer is made else answer


def change_environment(catalog: Catalog, call: Call, environment_id: str, fields: dict[str, Any]) -> Resource:
    """Change the settings that `fields` names; of a failed environment, have its streams made again, too.

    Raises:
        Rejected: not_found, name_taken, version_conflict, destination_refused, or invalid_request for a destination of
            another type.
    """
    if "destination" not in fields and "webhooks" not in fields:
        return _change(catalog, call, environment_id, fields, _Secrets())
    environment = find_environment(catalog.table, call, environment_id)
    call.check_version(environment.data["version"])
    plan, hooks = None, None
    if "destination" in fields:
        plan = _tried_destination(catalog, call, environment, fields["destination"])
        fields = {**fields, "destination": plan.stored}
    if "webhooks" in fields:
        hooks = webhooks.plan_webhooks(catalog, fields["webhooks"], environment.data)
        fields = {**fields, "webhooks": hooks.rows}
    with (
        kept_secrets.keeping(catalog, kept_secrets.CREDENTIALS_KIND, plan.secret if plan else None) as secret,
        kept_secrets.keeping(catalog, kept_secrets.HOOK_SECRETS_KIND, hooks.text if hooks else None) as hook_secret,
    ):
        return _change(catalog, call, environment_id, fields, _Secrets(plan, secret, hooks, hook_secret))


@dataclass(frozen=True, slots=True)
class _Secrets:
    """What a change does about secrets, and the names under which new ones were kept."""

    destination: destinations.Plan | None = None
    secret: str | None = None
    hooks: webhooks.HookPlan | None = None
    hook_secret: str | None = None


def _tried_destination(catalog: Catalog, call: Call, environment: Item, written: dict[str, Any]) -> destinations.Plan:
    """Return what is to be stored for a destination that was changed, and tried if it is another one then."""
    before = environment.data["destination"]
    target = destinations.target_of(catalog, environment.data)
    plan = destinations.plan_destination(catalog, written, before, table=before.get("table", ""), kept=target.secret)
    plan = replace(plan, based_on=environment.data.get("secret"))
    if plan.stored != before or plan.replaces_identity:
        secret = plan.secret if plan.replaces_identity else target.secret
        destinations.check_live(catalog, call, replace(target, destination=plan.stored, secret=secret))
    return plan


def _change(catalog: Catalog, call: Call, environment_id: str, fields: dict[str, Any], given: _Secrets) -> Resource:
    made: Resource = {}

    def build(change: Change) -> Resource:
        nonlocal made
        environment = find_environment(catalog.table, call, environment_id)
        call.check_version(environment.data["version"])
        before = {**_OF_EARLIER_VERSIONS, **environment.data}
        after = {**before, **fields}
        if given.destination is not None:
            after |= destinations.replaced_secret(before, given.destination, given.secret)
        if given.hooks is not None:
            after |= webhooks.planned_fields(before, given.hooks, given.hook_secret)
        if before["status"] == "failed":
            after |= {"status": "provisioning", "status_reason": None}
        if after == before:
            return show_environment(catalog, environment)
        if keys.folded(after["name"]) != keys.folded(before["name"]):
            _enrol(change, find_roster(catalog.table, call, before["endpoint_id"]), environment_id, after["name"])
        is_work = any(after.get(name) != before.get(name) for name in _OF_THE_STREAMS)
        if after["streams"] != before["streams"] or after["status"] != before["status"]:
            is_work = True
            # Streams that go are not used from now on; those that come are used once they are there.
            after["active_streams"] = before["active_streams"][: after["streams"]]
            after["most_streams"] = max(before["most_streams"], after["streams"])
        if is_work:
            change.tell_provisioner("provision", environment_id)
        old_secrets, makes_secret = before.get("hook_secrets"), given.hook_secret is not None
        if old_secrets is not None and after["hook_secrets"] != old_secrets:
            change.include([kept_secrets.retiring(old_secrets, change.now_ns)])
        _count(change, before, after, changes=(after["streams"] if is_work else 0) + makes_secret)
        after |= {"updated_at": change.now, "version": before["version"] + 1}
        environment = change.replace(environment, after)
        change.include([*kept_secrets.naming(given.secret), *kept_secrets.naming(given.hook_secret)])
        provisioning.point(change, after)
        was, is_now = difference(before, after, (*_SETTINGS, "status"))
        change.record("environment.change", "environment", environment_id, before=was, after=is_now, of=after)
        made = show_environment(catalog, environment)
        return made

    answer = apply(catalog, call, build)
    return destinations.with_signing_secret(answer, given.destination) if answer is made else answer


def delete_environment(catalog: Catalog, call: Call, environment_id: str, confirm: str | None) -> None:
    """Delete an environment: ingest answers 410 at once, its streams are removed after; delivered data stays."""

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id)
        call.check_version(environment.data["version"])
        check_confirmation(confirm, environment.data["name"])
        roster = find_roster(catalog.table, call, environment.data["endpoint_id"])
        enrolled = {id_: name for id_, name in roster.data["environments"].items() if id_ != environment_id}
        change.replace(roster, {**roster.data, "environments": enrolled})
        provisioning.take_down(change, environment)
        taken = bounds.environment_use(catalog.table, environment.data)
        bounds.count(change, {name: -number for name, number in taken.items()})
        change.record(
            "environment.delete",
            "environment",
            environment_id,
            before=_show(catalog, environment, {}),
            of=environment.data,
        )
        return {}

    apply(catalog, call, build)


def _count(change: Change, before: dict[str, Any], after: dict[str, Any], *, changes: int) -> None:
    table = change.catalog.table
    was, is_now = bounds.environment_use(table, before), bounds.environment_use(table, after)
    bounds.count(change, {name: is_now[name] - was[name] for name in was}, changes=changes)


def _enrol(change: Change, roster: Item, environment_id: str, name: str) -> None:
    """Enter an environment's name into the roster, where no other of the endpoint may have it."""
    name = keys.folded(name)
    others = {id_: other for id_, other in roster.data["environments"].items() if id_ != environment_id}
    if name in others.values():
        raise Rejected(
            Problem.NAME_TAKEN,
            "Another environment of this endpoint has this name; upper and lower case count as the same.",
        )
    change.replace(roster, {**roster.data, "environments": {**others, environment_id: name}})
