"""Targets of an organisation's alerts, as the API makes and shows them.

All targets of an organisation stand in one item, so that their number is bounded also where several are made at once.
What must not be shown stands in the secret store: the keys that sign webhooks, and the address of a Slack webhook,
which is all that is needed to post there.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from secrets import token_bytes
from typing import Any

from domain.access import bounds
from domain.alerts.health import UNTRIED, note_health, read_health
from domain.alerts.messages import Message
from domain.alerts.ports import Outcome
from domain.alerts.sending import Ways, send
from domain.alerts.signing import keys_of_text, text_of_keys
from domain.errors import FaultyRequest, Misconfigured, Rejected, Undelivered
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog, Change, Resource, apply, difference, remember_answer, stored_answer
from domain.records.kept_secrets import ALERT_SECRETS_KIND, keeping, naming, retiring
from domain.records.pages import page_of
from domain.records.ports import Item, Table
from domain.standard_webhooks import new_key, rotated, secret_of_key
from domain.web_places import place_from_url
from schemas.codes import Problem
from schemas.limits import ALERT_MAIL_CHANGES, MAX_ALERT_TARGETS

_NS = 1_000_000_000
_SHOWN = ("id", "name", "kind", "email", "url", "secret_changed_at", "created_at", "updated_at", "version")
_AUDITED = ("name", "kind", "email", "url")
_LEAVING = "is_leaving"
"""Of a target whose address is about to be forgotten, or is: no alert takes it any more."""
_TEST = "This is a test. Alerts that have this target are sent here."


def create_target(catalog: Catalog, ways: Ways, call: Call, asked: Mapping[str, Any]) -> Resource:
    """Make a target; `asked` holds `name`, `kind`, and `email` or `url`. A webhook's secret is in this answer only.

    Raises:
        Rejected: limit_reached, name_taken, or invalid_request.
        Undelivered: the secret can't be kept, or the address can't be asked.
    """
    again = stored_answer(catalog.table, call)
    if again is not None:
        return again
    kind = asked["kind"]
    url = _checked_url(ways, asked)
    key = new_key(token_bytes) if kind == "webhook" else None
    target_id = catalog.new_id("tgt", catalog.clock() // 1_000_000)
    _check_room(targets_item(catalog.table, call.principal.organisation_id), asked["name"])
    if kind == "email":  # before a stranger's address is asked anything
        bounds.charge_changes(catalog, call, ALERT_MAIL_CHANGES)
    made: Resource = {}

    def build(change: Change, secret: str | None) -> Resource:
        nonlocal made
        item = targets_item(catalog.table, call.principal.organisation_id)
        _check_room(item, asked["name"])
        if kind != "email":
            bounds.count(change, {}, changes=1)
        target = {
            "id": target_id,
            "name": asked["name"],
            "kind": kind,
            "email": asked.get("email"),
            "url": _hidden(ways, url) if kind == "slack" else url,
            "secret": secret,
            "secret_changed_at": None if secret is None else change.now,
            "created_at": change.now,
            "updated_at": change.now,
            "version": 1,
        }
        _write(change, item, {**item.data["targets"], target_id: target})
        change.include(naming(secret))
        change.record("alert_target.create", "alert_target", target_id, after=_audited(target))
        subscription = None if kind != "email" else ways.mail.subscription(target_id)
        made = {**_show(target, UNTRIED, subscription), "secret": None}
        return made

    text = url if kind == "slack" else None if key is None else text_of_keys([{"key": key}])
    with _enrolled(ways, target_id, asked.get("email")), keeping(catalog, ALERT_SECRETS_KIND, text) as secret:
        answer = apply(catalog, call, lambda change: build(change, secret))
        if answer is not made and kind == "email":  # the same request was faster, with another id
            ways.mail.remove(target_id)
    return {**answer, "secret": secret_of_key(key)} if answer is made and key is not None else answer


def list_targets(catalog: Catalog, ways: Ways, call: Call, limit: int, cursor: str | None) -> Resource:
    """Return all targets of the organisation, oldest first."""
    organisation_id = call.principal.organisation_id
    health = read_health(catalog.table, organisation_id)
    targets = list(targets_item(catalog.table, organisation_id).data["targets"].values())
    page = page_of(targets, limit=limit, cursor=cursor)
    shown = [_show(each, health.get(each["id"], UNTRIED), _subscription(ways, each)) for each in page["items"]]
    return {**page, "items": shown}


def get_target(catalog: Catalog, ways: Ways, call: Call, target_id: str) -> Resource:
    organisation_id = call.principal.organisation_id
    target = _find(targets_item(catalog.table, organisation_id), target_id)
    health = read_health(catalog.table, organisation_id).get(target_id, UNTRIED)
    return _show(target, health, _subscription(ways, target))


def change_target(catalog: Catalog, ways: Ways, call: Call, target_id: str, asked: Mapping[str, Any]) -> Resource:
    """Change a target's `name` or `url`, whichever is given."""
    before = _find(targets_item(catalog.table, call.principal.organisation_id), target_id)
    url = _checked_url(ways, {**asked, "kind": before["kind"]}) if "url" in asked else None

    def build(change: Change, secret: str | None) -> Resource:
        item = targets_item(catalog.table, call.principal.organisation_id)
        target = _find(item, target_id)
        call.check_version(target["version"])
        after = {**target, "name": asked.get("name", target["name"])}
        if url is not None:
            after["url"] = _hidden(ways, url) if target["kind"] == "slack" else url
        if secret is not None:
            bounds.count(change, {}, changes=1)
            change.include([*naming(secret), retiring(target["secret"], change.now_ns)])
            after |= {"secret": secret, "secret_changed_at": change.now}
        _check_name(item, after["name"], target_id)
        return _replace(change, ways, item, target, after)

    text = url if before["kind"] == "slack" else None
    with keeping(catalog, ALERT_SECRETS_KIND, text) as secret:
        return apply(catalog, call, lambda change: build(change, secret))


def rotate_secret(catalog: Catalog, ways: Ways, call: Call, target_id: str, *, keep_previous: bool) -> Resource:
    """Give a webhook a new secret, which is in this answer only; the one before signs as well for a day, if kept.

    Raises:
        Rejected: not_found, or invalid_request for a target that signs nothing.
        Undelivered: the secret can't be read or kept.
    """
    again = stored_answer(catalog.table, call)
    if again is not None:
        return again
    before = _find(targets_item(catalog.table, call.principal.organisation_id), target_id)
    if before["kind"] != "webhook":
        raise _invalid("", "conflict", "Only targets of the kind `webhook` have a secret.")
    held = catalog.secrets.get(before["secret"])
    key = new_key(token_bytes)
    now = catalog.clock() // _NS
    text = text_of_keys(rotated(keys_of_text(held) if held else [], key, now, keep_previous=keep_previous))
    made: Resource = {}

    def build(change: Change, secret: str) -> Resource:
        nonlocal made
        item = targets_item(catalog.table, call.principal.organisation_id)
        target = _find(item, target_id)
        call.check_version(target["version"])
        if target["secret"] != before["secret"]:
            raise Rejected(Problem.CONFLICT, "Others have just changed this secret; look at it, then try again.")
        bounds.count(change, {}, changes=1)
        change.include([*naming(secret), retiring(target["secret"], change.now_ns)])
        after = {**target, "secret": secret, "secret_changed_at": change.now}
        made = {**_replace(change, ways, item, target, after, action="alert_target.rotate_secret"), "secret": None}
        return made

    with keeping(catalog, ALERT_SECRETS_KIND, text) as secret:
        assert secret
        answer = apply(catalog, call, lambda change: build(change, secret))
    return {**answer, "secret": secret_of_key(key)} if answer is made else answer


def delete_target(catalog: Catalog, ways: Ways, call: Call, target_id: str) -> None:
    """Delete a target that no alert has.

    An address is forgotten before its target is gone, and from then on no alert takes the target: so no address stays
    that nobody knows of, and no alert has a target without an address.

    Raises:
        Rejected: not_found, or conflict where an alert has it.
        Undelivered: the mail service can't be told; the target is still there, to be deleted again.
    """

    def find() -> tuple[Item, dict[str, Any]]:
        item = targets_item(catalog.table, call.principal.organisation_id)
        target = _find(item, target_id)
        call.check_version(target["version"])
        in_use = _alerts_with(catalog.table, call.principal.organisation_id, target_id)
        if in_use:
            message = f"{in_use} alert{'s have' if in_use > 1 else ' has'} this target: take it out of them first."
            raise Rejected(Problem.CONFLICT, message)
        return item, target

    def part(change: Change) -> Resource:
        item, target = find()
        if target["kind"] == "email" and not target.get(_LEAVING):
            _write(change, item, {**item.data["targets"], target_id: {**target, _LEAVING: True}})
        return target

    def build(change: Change) -> Resource:
        item, target = find()
        if target["secret"] is not None:
            change.include([retiring(target["secret"], change.now_ns)])
        _write(change, item, {id_: each for id_, each in item.data["targets"].items() if id_ != target_id})
        change.record("alert_target.delete", "alert_target", target_id, before=_audited(target))
        return {}

    if apply(catalog, Call(call.principal, call.source_ip), part)["kind"] == "email":
        ways.mail.remove(target_id)
    apply(catalog, call, build)


def send_test(catalog: Catalog, ways: Ways, call: Call, target_id: str) -> Resource:
    """Send a test to a target, and return what became of it."""
    again = stored_answer(catalog.table, call)
    if again is not None:
        return again
    organisation_id = call.principal.organisation_id
    target = _find(targets_item(catalog.table, organisation_id), target_id)
    charge_test(catalog, call, lambda change: change.record("alert_target.test", "alert_target", target_id))
    now_ns = catalog.clock()
    message = Message(test_id(catalog), "test", now_ns // _NS, _TEST, organisation_id)
    outcome = send(ways, target, message)
    note_health(catalog.table, organisation_id, {target_id: outcome}, now_ns)
    return remember_answer(catalog, call, tested(target, outcome), size_chars=0)


def charge_test(catalog: Catalog, call: Call, record: Callable[[Change], None]) -> None:
    """Count a test among the changes of the hour, and write it into the audit log."""

    def build(change: Change) -> Resource:
        bounds.count(change, {}, changes=1)
        record(change)
        return {}

    apply(catalog, Call(call.principal, call.source_ip), build)


def test_id(catalog: Catalog) -> str:
    """Return the id of a test's message."""
    return catalog.new_id("msg", catalog.clock() // 1_000_000)


def tested(target: Mapping[str, Any], outcome: Outcome) -> Resource:
    """Return what became of a test, as the API shows it."""
    return {
        "target_id": target["id"],
        "name": target["name"],
        "sent": outcome.status == "sent",
        "error": outcome.error,
    }


def targets_item(table: Table, organisation_id: str) -> Item:
    """Return the item of all targets of an organisation, of version 0 if there is none yet."""
    key = keys.alert_targets_key(organisation_id)
    return table.get(key) or Item(key, 0, {"targets": {}})


def touch_targets(change: Change, target_ids: list[str]) -> None:
    """Let a change happen only while these targets are there, whatever is deleted at the same time.

    Raises:
        Rejected: invalid_request for one that is not there.
    """
    item = targets_item(change.catalog.table, change.call.principal.organisation_id)
    for index, target_id in enumerate(target_ids):
        if target_id not in item.data["targets"]:
            raise _invalid(f"/targets/{index}", "not_found", "There is no such target; list them at /v1/alert-targets.")
        if item.data["targets"][target_id].get(_LEAVING):
            raise _invalid(f"/targets/{index}", "conflict", "Is being deleted.")
    if target_ids:
        change.replace(item, item.data)


@contextmanager
def _enrolled(ways: Ways, target_id: str, email: str | None) -> Iterator[None]:
    """Have an address asked whether it wants mail, and forget it again if its target is not made."""
    if email is None:
        yield
        return
    try:
        ways.mail.enrol(target_id, email)
        yield
    except BaseException:
        with suppress(Undelivered, Misconfigured):
            ways.mail.remove(target_id)
        raise


def _checked_url(ways: Ways, asked: Mapping[str, Any]) -> str | None:
    """Return the address that is asked for, None for a target of another kind."""
    wanted, other = ("email", "url") if asked["kind"] == "email" else ("url", "email")
    if other in asked:
        raise _invalid(f"/{other}", "not_allowed", f"A target of the kind `{asked['kind']}` has no `{other}`.")
    if wanted not in asked:
        raise _invalid(f"/{wanted}", "required", f"A target of the kind `{asked['kind']}` needs `{wanted}`.")
    if wanted == "email":
        return None
    try:
        place_from_url(asked["url"], own_machine=ways.own_machine)
    except ValueError as error:
        raise _invalid("/url", "url", str(error)) from None
    url: str = asked["url"]
    return url


def _hidden(ways: Ways, url: str | None) -> str:
    place = place_from_url(str(url), own_machine=ways.own_machine)
    return f"{'https' if place.is_secure else 'http'}://{place.authority}/…"


def _check_room(item: Item, name: str) -> None:
    if len(item.data["targets"]) >= MAX_ALERT_TARGETS:
        message = f"An organisation has at most {MAX_ALERT_TARGETS} targets of alerts."
        raise Rejected(Problem.LIMIT_REACHED, message)
    _check_name(item, name, None)


def _check_name(item: Item, name: str, own_id: str | None) -> None:
    if any(
        keys.folded(each["name"]) == keys.folded(name) and id_ != own_id for id_, each in item.data["targets"].items()
    ):
        raise Rejected(Problem.NAME_TAKEN, "Another target of the organisation has this name.")


def _replace(
    change: Change,
    ways: Ways,
    item: Item,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    action: str = "alert_target.change",
) -> Resource:
    target = {**after, "updated_at": change.now, "version": before["version"] + 1}
    _write(change, item, {**item.data["targets"], target["id"]: target})
    was, is_ = difference(before, target, ("name", "url", "secret_changed_at"))
    change.record(action, "alert_target", target["id"], before=was, after=is_)
    health = read_health(change.catalog.table, change.call.principal.organisation_id)
    return _show(target, health.get(target["id"], UNTRIED), _subscription(ways, target))


def _write(change: Change, item: Item, targets: Mapping[str, Any]) -> None:
    if item.version:
        change.replace(item, {"targets": targets})
    else:
        change.create(item.key, {"targets": targets})


def _find(item: Item, target_id: str) -> dict[str, Any]:
    found: dict[str, Any] | None = item.data["targets"].get(target_id)
    if found is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such target.")
    return found


def _alerts_with(table: Table, organisation_id: str, target_id: str) -> int:
    """Count the alerts that have a target."""
    found, after = 0, None
    while True:
        page = table.query(keys.ALERTS, prefix=f"{organisation_id}#", after=after, limit=100)
        found += sum(target_id in alert["targets"] for item in page for alert in item.data["alerts"].values())
        if len(page) < 100:
            return found
        after = page[-1].key.sk


def _subscription(ways: Ways, target: Mapping[str, Any]) -> str | None:
    if target["kind"] != "email":
        return None
    try:
        return ways.mail.subscription(target["id"])
    except (Misconfigured, Undelivered):
        return "unknown"  # what is stored of the target is worth showing all the same


def _show(target: Mapping[str, Any], health: Mapping[str, Any], subscription: str | None) -> Resource:
    return {**{name: target[name] for name in _SHOWN}, "subscription": subscription, **health}


def _audited(target: Mapping[str, Any]) -> Resource:
    return {name: target[name] for name in _AUDITED}


def _invalid(pointer: str, code: str, message: str) -> Rejected:
    return FaultyRequest([{"pointer": pointer, "code": code, "message": message}])
