"""Looks at the alerts of all environments that have some, and tells their targets what has changed.

One environment costs a bounded number of reads: its item, the states, and each figure that its alerts ask for, once.
Environments are looked at side by side. The targets of an organisation are told by one thread, so that those that hang
hold up their own organisation alone. A target that fails is left alone until the next run.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from typing import Any, NamedTuple

from domain.alerts import state
from domain.alerts.facts import Facts, OrganisationFacts
from domain.alerts.health import note_health
from domain.alerts.kinds import KINDS
from domain.alerts.messages import Message
from domain.alerts.novelty import fresh_since, looked_for_new
from domain.alerts.ports import Outcome
from domain.alerts.sending import Send
from domain.clock import Clock
from domain.errors import Undelivered
from domain.metering.ports import UsageReader
from domain.metering.unknown_keys import Stored
from domain.records import keys
from domain.records.moments import milliseconds_from
from domain.records.ports import Conflict, Delete, Item, Put, Table
from schemas.items import pointer_key
from schemas.limits import ALERT_NOTED_SECONDS, ALERT_SEND_SECONDS

_NS = 1_000_000_000
_PAGE_ITEMS = 100
_SETTLE_TRIES = 5
_NEW = "new_code_or_key"

_LOGGER = logging.getLogger(__name__)


class World(NamedTuple):
    """What evaluating needs; all of it may be used by several threads."""

    table: Table
    usage: UsageReader
    unknown: Stored
    send: Send
    clock: Clock
    buffer_seconds: float
    """How long a stream gathers, of environments that have no setting of their own."""


class Run(NamedTuple):
    """What a run came to. `behind`: environments that it did not get to, or that could not be looked at."""

    looked_at: int = 0
    firing: int = 0
    behind: int = 0


class Evaluator:
    """Runs one after another; each begins with the organisation after the last one that was begun in time."""

    def __init__(self, world: World, monotonic: Callable[[], float], threads: int) -> None:
        """Take how many environments are looked at, and how many organisations are told, at a time."""
        self._world = world
        self._monotonic = monotonic
        self._telling = ThreadPoolExecutor(threads, "alerts-tell")
        self._looking = ThreadPoolExecutor(threads, "alerts-look")
        self._last = ""

    def run(self, seconds: float) -> Run:
        """Look at all environments that have alerts, but begin nothing once so many seconds are over.

        Raises:
            Undelivered: it can't be read which environments have alerts.
        """
        deadline = self._monotonic() + seconds
        alerted = sorted(_alerted(self._world.table), key=_organisation_of)
        grouped = [(organisation_id, list(items)) for organisation_id, items in groupby(alerted, _organisation_of)]
        ordered = [group for group in grouped if group[0] > self._last]
        ordered += [group for group in grouped if group[0] <= self._last]
        works = [
            (organisation_id, len(items), self._telling.submit(self._organisation, organisation_id, items, deadline))
            for organisation_id, items in ordered
        ]
        total = Run()
        for organisation_id, count, work in works:
            try:
                run = work.result()
            except Undelivered as error:
                _LOGGER.warning("the alerts of %s are looked at by the next run: %s", organisation_id, error)
                run = Run(behind=count)
            except Exception:  # one organisation must not hold up the others
                _LOGGER.exception("the alerts of %s can't be looked at", organisation_id)
                run = Run(behind=count)
            if run.looked_at:
                self._last = organisation_id
            total = Run(*(ours + its for ours, its in zip(total, run, strict=True)))
        return total

    def _organisation(self, organisation_id: str, items: list[Item], deadline: float) -> Run:
        if self._monotonic() >= deadline:
            return Run(behind=len(items))
        world = self._world
        facts = OrganisationFacts(world.table, world.usage, organisation_id, world.clock() // _NS)
        targets = world.table.get(keys.alert_targets_key(organisation_id))
        teller = _Teller(
            world,
            {} if targets is None else targets.data["targets"],
            lambda: self._monotonic() + ALERT_SEND_SECONDS < deadline,
        )
        looked_at = firing = behind = 0
        looks = [(item, self._looking.submit(self._look_in_time, item, facts, deadline)) for item in items]
        for item, look in looks:
            try:
                states = look.result()
                if states is not None:
                    looked_at += 1
                    firing += sum(each["state"] == state.FIRING for each in states.data["alerts"].values())
                    teller.tell(item, states)
            except Undelivered as error:
                behind += 1
                _LOGGER.warning("alerts of %s are looked at by the next run: %s", item.data["environment_id"], error)
            except Exception:  # one environment must not hold up the others
                behind += 1
                _LOGGER.exception("alerts of %s can't be looked at", item.data["environment_id"])
        note_health(world.table, organisation_id, teller.outcomes, world.clock())
        return Run(looked_at, firing, behind)

    def _look_in_time(self, item: Item, facts: OrganisationFacts, deadline: float) -> Item | None:
        if self._monotonic() >= deadline:
            raise Undelivered("the run had no more time")
        return _look(self._world, item, facts)


def _organisation_of(item: Item) -> str:
    return str(item.data["organisation_id"])


def _alerted(table: Table) -> list[Item]:
    """Return what stands of each environment that has alerts."""
    found: list[Item] = []
    while True:
        page = table.query(keys.ALERTS, after=found[-1].key.sk if found else None, limit=_PAGE_ITEMS)
        found += page
        if len(page) < _PAGE_ITEMS:
            return found


def _look(world: World, item: Item, of_organisation: OrganisationFacts) -> Item | None:
    """Bring the states of an environment's alerts up to now; return them, None where another run is at it."""
    environment_id = item.data["environment_id"]
    environment = world.table.get(keys.environment_key(item.data["endpoint_id"], environment_id))
    if environment is None:
        _forget(world.table, item)
        return None
    alerts = item.data["alerts"]
    facts = Facts(
        world.table,
        world.usage,
        world.unknown,
        of_organisation,
        environment.data,
        buffer_seconds=world.buffer_seconds,
        window_minutes=max((alert["settings"].get("minutes", 1) for alert in _windowed(alerts)), default=1),
    )
    key = keys.alert_states_key(environment_id)
    stored = world.table.get(key) or Item(key, 0, {"alerts": {}, "evaluated_at": 0})
    writes: list[Put] = []
    seen = None
    if any(alert["kind"] == _NEW for alert in alerts.values()):
        seen_key = keys.alert_seen_key(environment_id)
        before = world.table.get(seen_key)
        seen = looked_for_new(facts, before.data if before else None)
        if before is None or seen != before.data:
            writes.append(Put(seen_key, seen, before.version if before else 0))
    now = facts.now
    states = {}
    for alert_id, alert in alerts.items():
        was = stored.data["alerts"].get(alert_id) or state.new_state(now)
        fresh = fresh_since(seen, milliseconds_from(alert["created_at"], "") // 1_000)
        verdict = KINDS[alert["kind"]].evaluate(alert["settings"], facts, fresh, was["state"] == state.FIRING)
        states[alert_id] = state.advanced(was, verdict, alert["targets"], now)
    has_changed = _without_text(states) != _without_text(stored.data["alerts"])
    if not has_changed and not writes and now - stored.data["evaluated_at"] < ALERT_NOTED_SECONDS:
        return stored
    data = {"alerts": states, "evaluated_at": now}
    try:
        world.table.transact([Put(key, data, stored.version), *writes])
    except Conflict:
        return None
    return Item(key, stored.version + 1, data)


def _windowed(alerts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [alert for alert in alerts.values() if alert["kind"] in {"rejected_share", "silence"}]


def _without_text(states: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the figures of the last look, which change each time and are worth no write."""
    return {alert_id: {**each, "text": ""} for alert_id, each in states.items()}


def _forget(table: Table, item: Item) -> None:
    """Remove what is left of the alerts of an environment that was deleted."""
    pointer = table.get(pointer_key(item.data["environment_id"]))
    if pointer is not None and pointer.data["state"] != "deleted":
        return
    environment_id = item.data["environment_id"]
    known = (keys.alert_states_key(environment_id), keys.alert_seen_key(environment_id))
    left = table.get_all(known)
    with suppress(Conflict):  # another run was faster
        table.transact([Delete(each.key, each.version) for each in (item, *left)])


class _Teller:
    """Sends what is due, of one organisation."""

    def __init__(self, world: World, targets: Mapping[str, Any], has_time: Callable[[], bool]) -> None:
        self._world = world
        self._targets = targets
        self._has_time = has_time
        self.outcomes: dict[str, Outcome] = {}
        """By target, what became of the last message to it."""

    def tell(self, item: Item, states: Item) -> None:
        """Send what is due to the targets of an environment's alerts, each after its claim is written."""
        now = self._world.clock() // _NS
        names: dict[str, Any] | None = None
        for alert_id, alert in item.data["alerts"].items():
            for target_id in state.due(states.data["alerts"].get(alert_id, state.new_state(now)), now):
                target, last = self._targets.get(target_id), self.outcomes.get(target_id)
                if target is None or (last is not None and last.status != "sent"):
                    continue
                if not self._has_time():
                    return
                names = names or _names(self._world.table, item)
                claimed = state.claimed(states.data["alerts"][alert_id], target_id, now)
                taken = self._write(states, alert_id, claimed)
                if taken is None:
                    return  # another run is at it
                message = _message(item, alert, claimed, target_id, names)
                outcome = self._world.send(target, message)
                self.outcomes[target_id] = outcome
                if outcome.status != "sent":
                    _LOGGER.warning("an alert of %s did not reach %s: %s", names["id"], target_id, outcome.error)
                settled = self._settle(taken, alert_id, target_id, outcome)
                if settled is None:
                    return
                states = settled

    def _settle(self, states: Item, alert_id: str, target_id: str, outcome: Outcome) -> Item | None:
        """Write what became of a message; None where its alert has changed meanwhile."""
        claim = states.data["alerts"][alert_id]
        for _ in range(_SETTLE_TRIES):
            now = self._world.clock() // _NS
            written = self._write(
                states, alert_id, state.settled(states.data["alerts"][alert_id], target_id, outcome, now)
            )
            if written is not None:
                return written
            current = self._world.table.get(states.key)
            if current is None or not _holds(current.data["alerts"].get(alert_id), claim, target_id):
                return None
            states = current
        return None

    def _write(self, states: Item, alert_id: str, after: state.State) -> Item | None:
        """Write the state of one alert; None if another was faster."""
        data = {**states.data, "alerts": {**states.data["alerts"], alert_id: after}}
        try:
            self._world.table.transact([Put(states.key, data, states.version)])
        except Conflict:
            return None
        return Item(states.key, states.version + 1, data)


def _holds(current: Mapping[str, Any] | None, claim: Mapping[str, Any], target_id: str) -> bool:
    """Say whether the claim of a message is still the one that was written."""
    return (
        current is not None
        and current["episode"] == claim["episode"]
        and current["messages"].get(target_id) == claim["messages"][target_id]
    )


def _names(table: Table, item: Item) -> dict[str, Any]:
    """Return the environment and its endpoint, each by id and name."""
    endpoint_id, environment_id = item.data["endpoint_id"], item.data["environment_id"]
    environment = table.get(keys.environment_key(endpoint_id, environment_id))
    endpoint = table.get(keys.endpoint_key(item.data["organisation_id"], endpoint_id))
    return {
        "id": environment_id,
        "environment": {"id": environment_id, "name": environment.data["name"] if environment else environment_id},
        "endpoint": {"id": endpoint_id, "name": endpoint.data["name"] if endpoint else endpoint_id},
    }


def _message(
    item: Item, alert: Mapping[str, Any], of_alert: state.State, target_id: str, names: Mapping[str, Any]
) -> Message:
    what = of_alert["messages"][target_id]["what"]
    return Message(
        id=f"msg_{alert['id'].removeprefix('alr_')}_{of_alert['episode']}_{what}",
        what=what,
        at=of_alert["since"],
        text=of_alert["text"],
        organisation_id=item.data["organisation_id"],
        alert=alert_as_told(alert),
        environment=names["environment"],
        endpoint=names["endpoint"],
    )


def alert_as_told(alert: Mapping[str, Any]) -> dict[str, str]:
    """Return what messages say of an alert."""
    return {"id": alert["id"], "name": alert["name"] or KINDS[alert["kind"]].words, "kind": alert["kind"]}
