"""Trials as the API makes and shows them; `domain.trials` does the work."""

from typing import Any, NamedTuple

from domain.access import bounds
from domain.catalog.ownership import find_environment, find_revision
from domain.catalog.revisions import check_finalisable, document_from, read_with_tree
from domain.catalog.trial_items import end_writes, expires_at, find_trial, is_open
from domain.delivery.own_bucket import is_own_bucket
from domain.errors import FaultyRequest, Rejected, Undelivered
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog, Change, Resource, apply, person, time_text
from domain.records.moments import milliseconds_from
from domain.records.pages import read_page
from domain.records.ports import Item, Put, Table
from domain.trials.running import TrialStarter
from domain.trials.tally import Tally
from schemas.codes import Problem
from schemas.first_edition import revision_document
from schemas.limits import MAX_OPEN_TRIALS, MAX_REVISION_TRIALS, MAX_TRIAL_DAYS, RUN_CHANGES

_HOUR_SECONDS = 3_600
_DAY_SECONDS = 24 * _HOUR_SECONDS
_NS = 1_000_000_000
_INTERNAL = ("organisation_id", "endpoint_id", "slot", "gone_at", "start", "end", "is_managed")
_FEWEST_ENDED = 1  # trials that go to make room, with all that is kept of them


class TrialAsked(NamedTuple):
    """A trial as it was asked for; None is what was left out. Times are RFC 3339."""

    environment_id: str
    source: str
    sample: int
    start: str | None = None
    end: str | None = None


def create_trial(catalog: Catalog, starter: TrialStarter, call: Call, revision_id: str, asked: TrialAsked) -> Resource:
    """Make a trial and set it going.

    Raises:
        Rejected: not_found, revision_empty, taps_off, limit_reached for too many that run or were begun in the hour,
            or invalid_request for an environment of another endpoint, or for times that can't be.
    """

    def build(change: Change) -> Resource:
        revision, tree = read_with_tree(catalog.table, call, revision_id)
        check_finalisable(tree.data["fields"])
        environment = _environment(catalog.table, call, revision, asked)
        start, end = _hours(asked, change.now_ns // _NS)
        trial_id = change.new_id("trl")
        gone_at = expires_at(change.now_ns)
        slot = _free_slot(catalog.table, asked.environment_id)
        data = {
            "id": trial_id,
            "revision_id": revision_id,
            "revision_version": revision.version,
            "environment_id": asked.environment_id,
            "endpoint_id": revision.data["endpoint_id"],
            "organisation_id": call.principal.organisation_id,
            "running_revision_id": environment["revision_id"],
            "source": asked.source,
            "start": start,
            "end": end,
            "sample": asked.sample,
            "is_managed": is_own_bucket(environment["destination"]),
            "state": "queued",
            "reason": None,
            "objects_total": None,
            "objects_done": 0,
            "objects_skipped": 0,
            "cut_short": False,
            "looked_at": 0,
            **dict.fromkeys(("accepted", "invalid", "newly_invalid", "newly_accepted", "left_out"), 0),
            "who": person(call),
            "slot": slot,
            "gone_at": gone_at,
            "created_at": change.now,
            "updated_at": change.now,
            "finished_at": None,
        }
        owner = {name: data[name] for name in ("organisation_id", "endpoint_id", "environment_id", "revision_id")}
        listed = {"trial_id": trial_id, "revision_id": revision_id}
        bounds.count(change, {}, changes=RUN_CHANGES)
        change.include(
            [
                Put(keys.trial_key(revision_id, trial_id), data, 0, gone_at),
                Put(keys.owner_key(trial_id), owner, 0, gone_at),
                Put(keys.tried_document_key(trial_id), dict(document_from(revision, tree)), 0, gone_at),
                Put(keys.open_trial_key(asked.environment_id, slot), listed, 0, gone_at),
            ]
        )
        _make_room(change, revision_id)
        what = {"revision_id": revision_id, "revision_name": revision.data["name"]}
        what |= {"environment_id": asked.environment_id, "environment_name": environment["name"]}
        what |= {"source": asked.source, "from": _time(start), "to": _time(end), "sample": asked.sample}
        change.record("trial.create", "trial", trial_id, after=what)
        shown = _summary(Item(keys.trial_key(revision_id, trial_id), 1, data))
        return {**shown, **_result(tree.data["fields"], None)}

    shown = apply(catalog, call, build)
    try:
        starter.start(shown["id"])
    except Undelivered:
        return shown  # it has a slot, and the sweep starts it
    return shown


def get_trial(catalog: Catalog, call: Call, trial_id: str) -> Resource:
    """Return a trial with what it has found so far."""
    trial, _ = _own_trial(catalog.table, call, trial_id)
    return _with_result(catalog.table, trial)


def cancel_trial(catalog: Catalog, call: Call, trial_id: str) -> Resource:
    """Stop a trial before its next object; what it has found stays. One that has ended stays as it is."""

    def build(change: Change) -> Resource:
        trial, revision = _own_trial(catalog.table, call, trial_id)
        call.check_version(trial.version)
        if not is_open(trial):
            return _with_result(catalog.table, trial)
        writes = end_writes(catalog.table, trial, "cancelled", change.now)
        change.include(writes)
        after = {"state": "cancelled", "revision_name": revision.data["name"]}
        change.record("trial.cancel", "trial", trial_id, before={"state": trial.data["state"]}, after=after)
        data = {**trial.data, "state": "cancelled", "updated_at": change.now, "finished_at": change.now}
        return _with_result(catalog.table, Item(trial.key, trial.version + 1, data))

    return apply(catalog, call, build)


def _own_trial(table: Table, call: Call, trial_id: str) -> tuple[Item, Item]:
    """Return a trial of the caller's organisation and its revision."""
    owner = table.get(keys.owner_key(trial_id))
    trial = find_trial(table, trial_id)
    if owner is None or trial is None or owner.data["organisation_id"] != call.principal.organisation_id:
        raise Rejected(Problem.NOT_FOUND, "There is no such trial: it may have expired.")
    return trial, find_revision(table, call, trial.data["revision_id"])


def _with_result(table: Table, trial: Item) -> Resource:
    trial_id = trial.data["id"]
    document = table.get(keys.tried_document_key(trial_id))
    state = table.get(keys.trial_state_key(trial_id))
    fields = [] if document is None else revision_document(document.data)["fields"]
    return {**_summary(trial), **_result(fields, state)}


def list_trials(catalog: Catalog, call: Call, revision_id: str, limit: int, cursor: str | None) -> Resource:
    """Return one page of a revision's trials, newest first, without what they have found in detail."""
    find_revision(catalog.table, call, revision_id)
    group = keys.trials_group(revision_id)
    return read_page(catalog.table, group, "", _summary, limit=limit, cursor=cursor, descending=True)


def _environment(table: Table, call: Call, revision: Item, asked: TrialAsked) -> dict[str, Any]:
    try:
        environment = find_environment(table, call, asked.environment_id).data
    except Rejected:
        environment = {}
    if environment.get("endpoint_id") != revision.data["endpoint_id"]:
        message = "The revision's endpoint has no such environment."
        errors = [{"pointer": "/environment_id", "code": "unknown_environment", "message": message}]
        raise Rejected(Problem.INVALID_REQUEST, message, errors=errors)
    if asked.source == "tap" and environment.get("taps") == "off":
        raise Rejected(
            Problem.TAPS_OFF,
            "This environment's setting `taps` is `off`, so that nobody reads its live events. Use `delivered` or "
            "`quarantine` as the source, or change the setting first.",
        )
    return environment


def _hours(asked: TrialAsked, now: int) -> tuple[int, int]:
    """Return the hours of arrival that are meant, in Unix seconds: the first, and the one after the last."""
    end = now + 1 if asked.end is None else -(-milliseconds_from(asked.end, "/to") // 1_000)
    start = end - _DAY_SECONDS if asked.start is None else milliseconds_from(asked.start, "/from") // 1_000
    start, end = start // _HOUR_SECONDS * _HOUR_SECONDS, -(-end // _HOUR_SECONDS) * _HOUR_SECONDS
    if not start < end:
        raise _bad_times("order", "Must be before `to`.")
    if end - start > (MAX_TRIAL_DAYS * 24 + 1) * _HOUR_SECONDS:
        raise _bad_times("range", f"Must be at most {MAX_TRIAL_DAYS} days before `to`.")
    return start, end


def _bad_times(code: str, message: str) -> Rejected:
    return FaultyRequest([{"pointer": "/from", "code": code, "message": message}])


def _free_slot(table: Table, environment_id: str) -> int:
    slots = [keys.open_trial_key(environment_id, slot) for slot in range(MAX_OPEN_TRIALS)]
    taken = {item.key for item in table.get_all(slots)}
    free = next((slot for slot, key in enumerate(slots) if key not in taken), None)
    if free is None:
        raise Rejected(
            Problem.LIMIT_REACHED,
            f"At most {MAX_OPEN_TRIALS} trials of an environment run at the same time; wait for the end of one.",
        )
    return free


def _make_room(change: Change, revision_id: str) -> None:
    """Remove the oldest trials that have ended where a revision has as many as are kept."""
    table = change.catalog.table
    found = table.query(keys.trials_group(revision_id), limit=MAX_REVISION_TRIALS)
    if len(found) < MAX_REVISION_TRIALS:
        return
    for trial in [trial for trial in found if not is_open(trial)][:_FEWEST_ENDED]:
        trial_id = trial.data["id"]
        beside = (keys.owner_key(trial_id), keys.tried_document_key(trial_id), keys.trial_state_key(trial_id))
        for item in (trial, *table.get_all(beside)):
            change.remove(item)


def _summary(trial: Item) -> Resource:
    data = trial.data
    shown = {name: value for name, value in data.items() if name not in _INTERNAL}
    return {
        **shown,
        "from": _time(data["start"]),
        "to": _time(data["end"]),
        "expires_at": _time(data["gone_at"]),
        "version": trial.version,
    }


def _result(fields: list[dict[str, Any]], state: Item | None) -> Resource:
    return Tally(fields, None if state is None else state.data.get("tally")).result()


def _time(seconds: int) -> str:
    return time_text(seconds * _NS)
