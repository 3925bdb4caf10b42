"""Organisations: their name and plan; further ones are made by the owner of the deployment's first."""

from typing import Any

from domain.catalog import keys
from domain.catalog.caller import Call, Role
from domain.catalog.change import Catalog, Change, Resource, apply, difference
from domain.catalog.members import add_member, show_member
from domain.catalog.operator import is_operator
from domain.catalog.plan import endpoints_made, plan_of
from domain.catalog.ports import Item
from domain.catalog.token_items import new_token
from domain.errors import Rejected
from domain.metering.plans import MonthUse, month_use
from domain.metering.ports import UsageReader
from schemas.codes import Problem


def get_organisation(catalog: Catalog, usage: UsageReader, call: Call) -> Resource:
    return _show_with_limits(catalog, usage, _find(catalog, call))


def change_organisation(catalog: Catalog, usage: UsageReader, call: Call, fields: dict[str, Any]) -> Resource:
    """Change what `fields` names: `name`, and of `plan` the fields that it names."""

    def build(change: Change) -> Resource:
        organisation = _find(catalog, call)
        call.check_version(organisation.version)
        was = {"name": organisation.data["name"], "plan": plan_of(organisation)}
        plan = {**plan_of(organisation), **fields.get("plan", {})}
        name = fields.get("name", organisation.data["name"])
        before, after = difference(was, {"name": name, "plan": plan}, ("name", "plan"))
        if after:
            data = {**organisation.data, "name": name, "plan": plan, "updated_at": change.now}
            organisation = change.replace(organisation, data)
            change.record("organisation.change", "organisation", organisation.data["id"], before=before, after=after)
        return _show_with_limits(catalog, usage, organisation)

    return apply(catalog, call, build)


def create_organisation(catalog: Catalog, call: Call, name: str, owner_email: str) -> Resource:
    """Make an organisation and its owner, whose first token is in this answer only, and `None` in its repetition.

    Raises:
        Rejected: forbidden for anybody but the owner of the deployment's first organisation.
    """
    secret = new_token()
    made: Resource = {}

    def build(change: Change) -> Resource:
        nonlocal made
        _check_may_create(catalog, call)
        organisation_id = change.new_id("org")
        data = {"id": organisation_id, "name": name, "created_at": change.now, "updated_at": change.now}
        organisation = change.create(keys.organisation_key(organisation_id), data)
        change.create(keys.endpoint_count_key(organisation_id), {"endpoints": 0})
        owner, token = add_member(change, organisation_id, owner_email, Role.OWNER, secret)
        change.record(
            "organisation.create",
            "organisation",
            organisation_id,
            after={"name": name, "owner": {"id": owner.data["id"], "email": owner_email}},
        )
        made = {
            **_show(organisation, 0, MonthUse(0, 0)),
            "owner": show_member(owner),
            "token": None,
            "token_expires_at": token.data["expires_at"],
        }
        return made

    answer = apply(catalog, call, build)
    return {**answer, "token": secret} if answer is made else answer


def _check_may_create(catalog: Catalog, call: Call) -> None:
    call.principal.require(Role.OWNER)
    if not is_operator(catalog.table, call.principal):
        raise Rejected(
            Problem.FORBIDDEN,
            "Only the owner of the deployment's first organisation makes further ones.",
            extra={"needed_role": Role.OWNER.value},
        )


def _find(catalog: Catalog, call: Call) -> Item:
    organisation = catalog.table.get(keys.organisation_key(call.principal.organisation_id))
    assert organisation, "every caller's organisation was there a moment ago, and none is ever removed"
    return organisation


def _show_with_limits(catalog: Catalog, usage: UsageReader, organisation: Item) -> Resource:
    organisation_id = organisation.data["id"]
    use = month_use(usage, organisation_id, catalog.clock() // 1_000_000_000)
    return _show(organisation, endpoints_made(catalog.table, organisation_id), use)


def _show(organisation: Item, endpoints: int, use: MonthUse) -> Resource:
    plan = plan_of(organisation)
    return {
        **organisation.data,
        "plan": plan,
        "limits": {
            "endpoints": _limit_use(endpoints, plan["max_endpoints"]),
            "requests": _limit_use(use.requests, plan["requests_per_month"]),
            "bytes": _limit_use(use.bytes, plan["bytes_per_month"]),
        },
        "version": organisation.version,
    }


def _limit_use(used: int, limit: int | None) -> Resource:
    return {"used": used, "limit": limit, "share": None if limit is None else used / limit}
