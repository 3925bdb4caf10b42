"""Endpoints: made with a first revision, renamed, and deleted with all that hangs on them or not at all."""

from collections import Counter
from typing import Any

from domain.access import bounds
from domain.access.plan import count_endpoint
from domain.catalog import provisioning
from domain.catalog.ownership import find_endpoint
from domain.catalog.revisions import add_revision
from domain.errors import Rejected
from domain.language.templates import EMPTY, TEMPLATES
from domain.records import keys
from domain.records.caller import Call, check_confirmation
from domain.records.change import Catalog, Change, Resource, apply
from domain.records.pages import read_page
from domain.records.ports import Item, Table
from schemas.codes import Problem

FIRST_REVISION_NAME = "Revision 1"


def _show(item: Item, environments: int = 0) -> Resource:
    return {**item.data, "environments": environments, "version": item.version}


def _show_stored(table: Table, item: Item) -> Resource:
    roster = table.get(keys.roster_key(item.data["id"]))
    return _show(item, len(roster.data["environments"]) if roster else 0)


def list_endpoints(catalog: Catalog, call: Call, limit: int, cursor: str | None) -> Resource:
    """Return one page of the organisation's endpoints, oldest first."""
    group = keys.organisation_group(call.principal.organisation_id)
    page = read_page(catalog.table, group, keys.ENDPOINTS, _show, limit=limit, cursor=cursor)
    rosters = catalog.table.get_all([keys.roster_key(endpoint["id"]) for endpoint in page["items"]])
    counts = {roster.key: len(roster.data["environments"]) for roster in rosters}
    for endpoint in page["items"]:
        endpoint["environments"] = counts.get(keys.roster_key(endpoint["id"]), 0)
    return page


def get_endpoint(catalog: Catalog, call: Call, endpoint_id: str) -> Resource:
    return _show_stored(catalog.table, find_endpoint(catalog.table, call, endpoint_id))


def create_endpoint(catalog: Catalog, call: Call, name: str, template: str | None) -> Resource:
    """Make an endpoint and its first draft, empty or from a template.

    Raises:
        Rejected: name_taken, or limit_reached where the plan allows no more endpoints.
    """
    start = TEMPLATES[template] if template else EMPTY

    def build(change: Change) -> Resource:
        endpoint_id = change.new_id("ep")
        _claim_name(change, endpoint_id, name)
        count_endpoint(change, 1)
        data = {"id": endpoint_id, "name": name, "created_at": change.now, "updated_at": change.now}
        endpoint = change.create(keys.endpoint_key(call.principal.organisation_id, endpoint_id), data)
        change.create(keys.roster_key(endpoint_id), {"environments": {}, "revisions_made": 1})
        revision = add_revision(
            change,
            endpoint_id,
            FIRST_REVISION_NAME,
            start.fields,
            additional_keys=start.additional_keys,
            event_name=start.event_name,
        )
        change.record(
            "endpoint.create",
            "endpoint",
            endpoint_id,
            after={"name": name, "template": template, "revision_id": revision.data["id"]},
        )
        return _show(endpoint)

    return apply(catalog, call, build)


def change_endpoint(catalog: Catalog, call: Call, endpoint_id: str, fields: dict[str, Any]) -> Resource:
    """Change what `fields` names: `name`. Changing nothing leaves the version as it is."""

    def build(change: Change) -> Resource:
        endpoint = find_endpoint(catalog.table, call, endpoint_id)
        call.check_version(endpoint.version)
        before, name = endpoint.data["name"], fields.get("name", endpoint.data["name"])
        if name == before:
            return _show_stored(catalog.table, endpoint)
        if keys.folded(name) != keys.folded(before):
            _claim_name(change, endpoint_id, name)
            _release_name(change, before)
        endpoint = change.replace(endpoint, {**endpoint.data, "name": name, "updated_at": change.now})
        change.record("endpoint.change", "endpoint", endpoint_id, before={"name": before}, after={"name": name})
        return _show_stored(catalog.table, endpoint)

    return apply(catalog, call, build)


def delete_endpoint(catalog: Catalog, call: Call, endpoint_id: str, confirm: str | None) -> None:
    """Delete an endpoint with its environments, in one transaction; ingest answers 410 for them from then on.

    What its revisions leave behind can't be reached: every way to it leads over the endpoint.
    """

    def build(change: Change) -> Resource:
        endpoint = find_endpoint(catalog.table, call, endpoint_id)
        call.check_version(endpoint.version)
        check_confirmation(confirm, endpoint.data["name"])
        # Read before the environments: one that is added or removed meanwhile changes it, and the transaction fails.
        roster = catalog.table.get(keys.roster_key(endpoint_id))
        if roster is not None:
            change.remove(roster)
        environments, taken = [], Counter[str]()
        for environment_id in roster.data["environments"] if roster else ():
            environment = catalog.table.get(keys.environment_key(endpoint_id, environment_id))
            if environment is not None:
                provisioning.take_down(change, environment)
                taken.update(bounds.environment_use(catalog.table, environment.data))
                environments.append({"id": environment_id, "name": environment.data["name"]})
        change.remove(endpoint)
        count_endpoint(change, -1)
        bounds.count(change, {name: -number for name, number in taken.items()})
        _release_name(change, endpoint.data["name"])
        change.record(
            "endpoint.delete",
            "endpoint",
            endpoint_id,
            before={"name": endpoint.data["name"], "environments": environments},
        )
        return {}

    apply(catalog, call, build)


def _claim_name(change: Change, endpoint_id: str, name: str) -> None:
    key = keys.endpoint_name_key(change.call.principal.organisation_id, name)
    if change.catalog.table.get(key) is not None:
        raise Rejected(
            Problem.NAME_TAKEN,
            "Another endpoint has this name; upper and lower case count as the same.",
        )
    change.create(key, {"endpoint_id": endpoint_id})


def _release_name(change: Change, name: str) -> None:
    claim = change.catalog.table.get(keys.endpoint_name_key(change.call.principal.organisation_id, name))
    if claim is not None:
        change.remove(claim)
