"""Organisations: their name, plan and bounds; the operator, the owner of the deployment's first one, makes others.

Whom a plan limits reads it, and does not set it: the operator does.
"""

from collections.abc import Mapping
from typing import Any

from domain.access.bounds import bounds_of, used
from domain.access.members import add_member, show_member
from domain.access.operator import check_operator, is_operator
from domain.access.plan import endpoint_limit, endpoints_made, plan_of
from domain.access.token_items import new_token
from domain.errors import Rejected
from domain.metering.plans import MonthUse, month_use
from domain.metering.ports import UsageReader
from domain.records import keys
from domain.records.caller import Call, Role
from domain.records.change import Catalog, Change, Resource, apply, difference
from domain.records.pages import cursor_from, read_page
from domain.records.ports import Item
from schemas.codes import Problem


def get_organisation(catalog: Catalog, usage: UsageReader, call: Call) -> Resource:
    return _show_with_limits(catalog, usage, _find(catalog, call.principal.organisation_id))


def change_organisation(catalog: Catalog, usage: UsageReader, call: Call, fields: dict[str, Any]) -> Resource:
    """Change what `fields` names of the caller's own: `name`, and of `plan` the fields that it names.

    Raises:
        Rejected: forbidden, for a plan: whom it limits does not set it.
    """
    if "plan" in fields and not is_operator(catalog.table, call.principal):
        raise Rejected(
            Problem.FORBIDDEN,
            "The plan is set by the deployment's operator, who is the owner of its first organisation: ask them to "
            "change it.",
            extra={"needed_role": Role.OWNER.value},
        )
    return _change(catalog, usage, call, call.principal.organisation_id, fields)


def list_organisations(catalog: Catalog, usage: UsageReader, call: Call, limit: int, cursor: str | None) -> Resource:
    """Return one page of the deployment's organisations, oldest first, to its operator.

    Those that earlier versions made are listed once they were changed; the first one always is.
    """
    check_operator(catalog, call)

    def show(item: Item) -> Resource:
        return _show_with_limits(catalog, usage, _find(catalog, item.key.sk))

    page = read_page(catalog.table, keys.ORGANISATIONS, "", show, limit=limit, cursor=cursor)
    own = call.principal.organisation_id
    if cursor is None and catalog.table.get(keys.listed_organisation_key(own)) is None:
        found = [_show_with_limits(catalog, usage, _find(catalog, own)), *page["items"]]
        following = cursor_from(found[limit - 1]["id"]) if len(found) > limit else page["next"]
        return {"items": found[:limit], "next": following}
    return page


def get_any_organisation(catalog: Catalog, usage: UsageReader, call: Call, organisation_id: str) -> Resource:
    """Return an organisation to the deployment's operator."""
    check_operator(catalog, call)
    return _show_with_limits(catalog, usage, _find(catalog, organisation_id))


def change_any_organisation(
    catalog: Catalog, usage: UsageReader, call: Call, organisation_id: str, fields: dict[str, Any]
) -> Resource:
    """Change an organisation's plan and bounds, as the deployment's operator; it stands in the audit logs of both.

    Of `bounds`, None takes back what was set: the default counts again.
    """
    check_operator(catalog, call)
    return _change(catalog, usage, call, organisation_id, fields)


def _change(catalog: Catalog, usage: UsageReader, call: Call, organisation_id: str, fields: dict[str, Any]) -> Resource:
    def build(change: Change) -> Resource:
        organisation = _find(catalog, organisation_id)
        call.check_version(organisation.version)
        was = {
            "name": organisation.data["name"],
            "plan": plan_of(organisation),
            "bounds": organisation.data.get("bounds", {}),
        }
        bounds = {**was["bounds"], **fields.get("bounds", {})}
        wanted = {
            "name": fields.get("name", was["name"]),
            "plan": {**was["plan"], **fields.get("plan", {})},
            "bounds": {name: bound for name, bound in bounds.items() if bound is not None},
        }
        before, after = difference(was, wanted, ("name", "plan", "bounds"))
        if after:
            organisation = change.replace(organisation, {**organisation.data, **wanted, "updated_at": change.now})
            _list(change, organisation_id)
            for log_of in dict.fromkeys((call.principal.organisation_id, organisation_id)):
                change.record(
                    "organisation.change",
                    "organisation",
                    organisation_id,
                    before=before,
                    after=after,
                    organisation_id=log_of,
                )
        return _show_with_limits(catalog, usage, organisation)

    return apply(catalog, call, build)


def create_organisation(catalog: Catalog, call: Call, name: str, owner_email: str) -> Resource:
    """Make an organisation and its owner, whose first token is in this answer only, and `None` in its repetition.

    Raises:
        Rejected: forbidden for anyone but the owner of the deployment's first organisation.
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
        change.create(keys.listed_organisation_key(organisation_id), {})
        owner, token = add_member(change, organisation_id, owner_email, Role.OWNER, secret)
        change.record(
            "organisation.create",
            "organisation",
            organisation_id,
            after={"name": name, "owner": {"id": owner.data["id"], "email": owner_email}},
        )
        made = {
            **_show(organisation, {}, MonthUse(0, 0)),
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


def _list(change: Change, organisation_id: str) -> None:
    """Add an organisation of an earlier version to the operator's list."""
    key = keys.listed_organisation_key(organisation_id)
    if change.catalog.table.get(key) is None:
        change.create(key, {})


def _find(catalog: Catalog, organisation_id: str) -> Item:
    organisation = catalog.table.get(keys.organisation_key(organisation_id))
    if organisation is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such organisation.")
    return organisation


def _show_with_limits(catalog: Catalog, usage: UsageReader, organisation: Item) -> Resource:
    organisation_id, now_ns = organisation.data["id"], catalog.clock()
    there = used(catalog.table, organisation_id, now_ns)
    there["endpoints"] = endpoints_made(catalog.table, organisation_id)
    return _show(organisation, there, month_use(usage, organisation_id, now_ns // 1_000_000_000))


def _show(organisation: Item, there: Mapping[str, int], use: MonthUse) -> Resource:
    plan, bounds = plan_of(organisation), bounds_of(organisation)
    bounds["endpoints"] = endpoint_limit(organisation)
    shown = {name: value for name, value in organisation.data.items() if name != "bounds"}
    return {
        **shown,
        "plan": plan,
        "limits": {
            **{name: _limit_use(there.get(name, 0), bound) for name, bound in bounds.items()},
            "requests": _limit_use(use.requests, plan["requests_per_month"]),
            "bytes": _limit_use(use.bytes, plan["bytes_per_month"]),
        },
        "version": organisation.version,
    }


def _limit_use(used: int, limit: int | None) -> Resource:
    return {"used": used, "limit": limit, "share": _share(used, limit)}


def _share(used: int, limit: int | None) -> float | None:
    if limit is None:
        return None
    return used / limit if limit else float(used > 0)
