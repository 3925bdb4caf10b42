"""Alerts of an environment, as the API makes and shows them.

All alerts of an environment stand in one item, which is there only while it has some: so the evaluation finds
the environments that have any by one query, and what they are with it.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from domain.alerts import state
from domain.alerts.evaluating import alert_as_told
from domain.alerts.health import UNTRIED, note_health, read_health
from domain.alerts.kinds import KINDS
from domain.alerts.messages import Message
from domain.alerts.sending import Ways, send
from domain.alerts.targets import charge_test, targets_item, test_id, tested, touch_targets
from domain.catalog.ownership import find_endpoint, find_environment
from domain.errors import FaultyRequest, Rejected
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import (
    Catalog,
    Change,
    Resource,
    apply,
    difference,
    remember_answer,
    stored_answer,
    time_text,
)
from domain.records.pages import page_of
from domain.records.ports import Item, Table
from schemas.codes import Problem
from schemas.limits import MAX_ALERT_WINDOW_MINUTES, MAX_ALERTS, MAX_TARGETS_OF_ALERT

_NS = 1_000_000_000
SETTINGS = ("percent", "minutes", "min_events", "days")
"""The settings of all kinds together; each kind has some of them."""
_WINDOWED = ("rejected_share", "silence")


def create_alert(catalog: Catalog, call: Call, environment_id: str, asked: Mapping[str, Any]) -> Resource:
    """Make an alert; `asked` holds `kind` and, as far as given, `name`, `targets` and settings of the kind.

    Raises:
        Rejected: not_found, limit_reached, or invalid_request.
    """

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id).data
        item = _item(catalog.table, call, environment_id)
        alerts = item.data["alerts"]
        if len(alerts) >= MAX_ALERTS:
            raise Rejected(Problem.LIMIT_REACHED, f"An environment has at most {MAX_ALERTS} alerts.")
        kind = asked["kind"]
        alert_id = change.new_id("alr")
        targets = list(dict.fromkeys(asked.get("targets", ())))
        touch_targets(change, targets)
        alert = {
            "id": alert_id,
            "environment_id": environment_id,
            "name": asked.get("name"),
            "kind": kind,
            "settings": _settings(kind, {}, asked),
            "targets": targets,
            "created_at": change.now,
            "updated_at": change.now,
            "version": 1,
        }
        if kind == "new_code_or_key" and not any(each["kind"] == kind for each in alerts.values()):
            # What was seen for an alert that is gone is old: everything since would be new.
            seen = catalog.table.get(keys.alert_seen_key(environment_id))
            if seen is not None:
                change.remove(seen)
        _write(change, item, {**alerts, alert_id: alert}, environment)
        change.record("alert.create", "alert", alert_id, after=_audited(alert), of=_named(alert, environment))
        return _Shower(catalog, call, environment_id).show(alert)

    return apply(catalog, call, build)


def list_alerts(catalog: Catalog, call: Call, environment_id: str, limit: int, cursor: str | None) -> Resource:
    """Return all alerts of an environment, oldest first."""
    find_environment(catalog.table, call, environment_id)
    alerts = _item(catalog.table, call, environment_id).data["alerts"]
    shower = _Shower(catalog, call, environment_id)
    page = page_of(list(alerts.values()), limit=limit, cursor=cursor)
    return {**page, "items": [shower.show(alert) for alert in page["items"]]}


def list_firing(catalog: Catalog, call: Call, endpoint_id: str, limit: int, cursor: str | None) -> Resource:
    """Return the alerts that fire, of all environments of an endpoint."""
    find_endpoint(catalog.table, call, endpoint_id)
    roster = catalog.table.get(keys.roster_key(endpoint_id))
    organisation_id = call.principal.organisation_id
    environment_ids = list(roster.data["environments"]) if roster else []
    found = catalog.table.get_all([keys.alerts_key(organisation_id, id_) for id_ in environment_ids])
    items = []
    states = {
        item.key: item.data["alerts"]
        for item in catalog.table.get_all([keys.alert_states_key(item.data["environment_id"]) for item in found])
    }
    for item in found:
        environment_id = item.data["environment_id"]
        of_alerts = states.get(keys.alert_states_key(environment_id), {})
        for alert in item.data["alerts"].values():
            now = of_alerts.get(alert["id"])
            if now is not None and now["state"] == state.FIRING:
                told = alert_as_told(alert)
                since = time_text(now["since"] * _NS)
                items.append({**told, "environment_id": environment_id, "since": since, "text": now["text"]})
    return page_of(items, limit=limit, cursor=cursor)


def get_alert(catalog: Catalog, call: Call, environment_id: str, alert_id: str) -> Resource:
    find_environment(catalog.table, call, environment_id)
    alert = _find(_item(catalog.table, call, environment_id), alert_id)
    return _Shower(catalog, call, environment_id).show(alert)


def change_alert(
    catalog: Catalog, call: Call, environment_id: str, alert_id: str, asked: Mapping[str, Any]
) -> Resource:
    """Change what is given of an alert's name, targets and settings; whether it fires, the next look decides."""

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id).data
        item = _item(catalog.table, call, environment_id)
        before = _find(item, alert_id)
        call.check_version(before["version"])
        targets = list(dict.fromkeys(asked.get("targets", before["targets"])))
        touch_targets(change, targets)
        after = {
            **before,
            "name": asked.get("name", before["name"]),
            "settings": _settings(before["kind"], before["settings"], asked),
            "targets": targets,
            "updated_at": change.now,
            "version": before["version"] + 1,
        }
        _write(change, item, {**item.data["alerts"], alert_id: after}, environment)
        was, is_ = difference(before, after, ("name", "settings", "targets"))
        change.record("alert.change", "alert", alert_id, before=was, after=is_, of=_named(after, environment))
        return _Shower(catalog, call, environment_id).show(after)

    return apply(catalog, call, build)


def delete_alert(catalog: Catalog, call: Call, environment_id: str, alert_id: str) -> None:
    """Delete an alert; one that fires tells nobody that it has recovered."""

    def build(change: Change) -> Resource:
        environment = find_environment(catalog.table, call, environment_id).data
        item = _item(catalog.table, call, environment_id)
        alert = _find(item, alert_id)
        call.check_version(alert["version"])
        _write(change, item, {id_: each for id_, each in item.data["alerts"].items() if id_ != alert_id}, environment)
        change.record("alert.delete", "alert", alert_id, before=_audited(alert), of=_named(alert, environment))
        return {}

    apply(catalog, call, build)


def test_alert(catalog: Catalog, ways: Ways, call: Call, environment_id: str, alert_id: str) -> Resource:
    """Send a test to all targets of an alert, and return what became of each.

    Raises:
        Rejected: not_found, or conflict for an alert without targets.
    """
    again = stored_answer(catalog.table, call)
    if again is not None:
        return again
    environment = find_environment(catalog.table, call, environment_id).data
    alert = _find(_item(catalog.table, call, environment_id), alert_id)
    organisation_id = call.principal.organisation_id
    held = targets_item(catalog.table, organisation_id).data["targets"]
    targets = [held[target_id] for target_id in alert["targets"] if target_id in held]
    if not targets:
        raise Rejected(Problem.CONFLICT, "The alert has no target to send a test to: give it one first.")
    charge_test(
        catalog,
        call,
        lambda change: change.record("alert.test", "alert", alert_id, of=_named(alert, environment)),
    )
    endpoint = find_endpoint(catalog.table, call, environment["endpoint_id"]).data
    now_ns = catalog.clock()
    message = Message(
        test_id(catalog),
        "test",
        now_ns // _NS,
        "This is a test. When this alert fires, and when it has recovered, you are told here.",
        organisation_id,
        alert_as_told(alert),
        {"id": environment_id, "name": environment["name"]},
        {"id": endpoint["id"], "name": endpoint["name"]},
    )
    with ThreadPoolExecutor(MAX_TARGETS_OF_ALERT) as pool:
        outcomes = list(pool.map(lambda target: send(ways, target, message), targets))
    by_target = {target["id"]: outcome for target, outcome in zip(targets, outcomes, strict=True)}
    note_health(catalog.table, organisation_id, by_target, now_ns)
    answer = {"results": [tested(target, by_target[target["id"]]) for target in targets]}
    return remember_answer(catalog, call, answer, size_chars=0)


class _Shower:
    """Shows alerts of an environment with their states and the health of their targets, each read once."""

    def __init__(self, catalog: Catalog, call: Call, environment_id: str) -> None:
        table, organisation_id = catalog.table, call.principal.organisation_id
        stored = table.get(keys.alert_states_key(environment_id))
        self._states: Mapping[str, Any] = stored.data["alerts"] if stored else {}
        self._evaluated_at: int | None = stored.data["evaluated_at"] if stored else None
        self._targets = targets_item(table, organisation_id).data["targets"]
        self._health = read_health(table, organisation_id)

    def show(self, alert: Mapping[str, Any]) -> Resource:
        shown = {name: value for name, value in alert.items() if name != "settings"}
        now = self._states.get(alert["id"])
        messages = {} if now is None else now["messages"]
        return {
            **shown,
            **dict.fromkeys(SETTINGS),
            **alert["settings"],
            "state": "pending" if now is None else now["state"],
            "since": None if now is None else _time(now["since"]),
            "text": None if now is None else now["text"],
            "last_sent": None if now is None else _time(now["last_sent"]),
            "evaluated_at": None if now is None else _time(self._evaluated_at),
            "told": [self._told(target_id, messages.get(target_id)) for target_id in alert["targets"]],
        }

    def _told(self, target_id: str, message: Mapping[str, Any] | None) -> Resource:
        target = self._targets.get(target_id)
        return {
            "target_id": target_id,
            "name": target["name"] if target else target_id,
            "message": None if message is None else message["what"],
            "status": None if message is None else message["status"],
            "tries": 0 if message is None else message["tries"],
            **self._health.get(target_id, UNTRIED),
        }


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else time_text(seconds * _NS)


def _item(table: Table, call: Call, environment_id: str) -> Item:
    key = keys.alerts_key(call.principal.organisation_id, environment_id)
    return table.get(key) or Item(key, 0, {"alerts": {}})


def _find(item: Item, alert_id: str) -> dict[str, Any]:
    found: dict[str, Any] | None = item.data["alerts"].get(alert_id)
    if found is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such alert.")
    return found


def _write(change: Change, item: Item, alerts: Mapping[str, Any], environment: Mapping[str, Any]) -> None:
    owner = {"organisation_id": environment["organisation_id"], "endpoint_id": environment["endpoint_id"]}
    data = {**owner, "environment_id": environment["id"], "alerts": alerts}
    if not item.version:
        change.create(item.key, data)
    elif alerts:
        change.replace(item, data)
    else:
        change.remove(item)


def _settings(kind: str, before: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a kind: those that are asked for, those before, the defaults.

    Raises:
        Rejected: invalid_request for a setting of another kind, or a time that is too long for this one.
    """
    defaults = KINDS[kind].settings
    errors = [
        {"pointer": f"/{name}", "code": "not_allowed", "message": f"An alert of the kind `{kind}` has no `{name}`."}
        for name in SETTINGS
        if name in asked and name not in defaults
    ]
    if kind in _WINDOWED and asked.get("minutes", 0) > MAX_ALERT_WINDOW_MINUTES:
        message = f"Must be at most {MAX_ALERT_WINDOW_MINUTES} for an alert of the kind `{kind}`."
        errors.append({"pointer": "/minutes", "code": "max_value", "message": message})
    if errors:
        raise FaultyRequest(errors)
    return {name: asked.get(name, before.get(name, default)) for name, default in defaults.items()}


def _named(alert: Mapping[str, Any], environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return by what the audit log names an alert."""
    return {"name": alert["name"] or KINDS[alert["kind"]].words, "endpoint_id": environment["endpoint_id"]}


def _audited(alert: Mapping[str, Any]) -> Resource:
    return {name: alert[name] for name in ("environment_id", "kind", "name", "settings", "targets")}
