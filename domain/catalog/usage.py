"""Usage as the API shows it: sums by slice of an organisation, or of one endpoint, environment or revision of it.

Ids of other organisations, and of what was deleted, are not found; what a deleted environment took still counts for
its endpoint and its organisation.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from domain.catalog.ownership import find_endpoint, find_environment, find_revision
from domain.errors import FaultyRequest, Rejected
from domain.metering.ledger import IN_FLIGHT, weighed
from domain.metering.names import NAMED_OUTCOMES
from domain.metering.ports import UsagePoint, UsageReader, UsageScope
from domain.metering.slices import DAY_SECONDS, Slice
from domain.records import keys
from domain.records.caller import Call
from domain.records.change import Catalog, Resource, time_text
from domain.records.moments import milliseconds_from
from schemas.codes import Problem
from schemas.limits import MAX_USAGE_GROUPS, MAX_USAGE_GROUPS_POINTS, MAX_USAGE_NAMES_DAYS, MAX_USAGE_POINTS

METRICS: Mapping[str, Mapping[str, int]] = {
    "requests": {"requests": 1},
    "bytes": {"bytes_accepted": 1},
    "accepted": {"accepted": 1},
    # Refused whether kept or not: a quarantined event is counted as rejected, too.
    "rejected": {"rejected": 1, "quarantined": 1},
    "quarantined": {"quarantined": 1},
    "redriven": {"redriven": 1},
    "limited": {"limited": 1},
    "delivered": {"delivered": 1},
    "repeats": {"repeats": 1},
    "set_aside": {"set_aside": 1},
    "in_flight": IN_FLIGHT,
}
"""What each metric is the sum of: how often each count goes into it."""

_DEFAULT_SECONDS: Mapping[Slice, int] = {
    Slice.MINUTE: 3_600,
    Slice.HOUR: DAY_SECONDS,
    Slice.DAY: 30 * DAY_SECONDS,
    Slice.MONTH: 365 * DAY_SECONDS,
}
_HOURS_UP_TO_SECONDS = 14 * DAY_SECONDS
_DAYS_UP_TO_SECONDS = 400 * DAY_SECONDS
_CODES_BY_MINUTE_UP_TO_SECONDS = DAY_SECONDS
_CODES_BY_HOUR_UP_TO_SECONDS = 62 * DAY_SECONDS


class Asked(NamedTuple):
    """A query as it came; None is what was left out. Times are RFC 3339."""

    endpoint_id: str | None = None
    environment_id: str | None = None
    revision_id: str | None = None
    start: str | None = None
    end: str | None = None
    slice: Slice | None = None
    metrics: str | None = None
    by: str | None = None
    ids: str | None = None


class _Range(NamedTuple):
    """Unix seconds."""

    start: int
    end: int


def show_usage(catalog: Catalog, reader: UsageReader, call: Call, asked: Asked) -> Resource:
    """Return sums by slice without gaps, and their totals; `from` and `to` are the bounds of whole slices.

    Raises:
        Rejected: not_found, or invalid_request for what can't be asked.
    """
    metrics = _metrics(asked.metrics)
    scope = _scope(catalog, call, asked)
    if asked.ids is not None and asked.by not in _CHILDREN:
        raise _invalid("/ids", "not_allowed", "Is for usage by endpoint or by environment: say so in `by`.")
    now = _now(catalog)
    wanted = _range(asked, now, _DEFAULT_SECONDS[asked.slice or Slice.HOUR])
    slice_ = asked.slice or _fitting_slice(wanted, now)
    _check_kept(slice_, wanted, now)
    starts = _starts(slice_, wanted)
    end = slice_.after(starts[-1])
    shown: Resource = {"from": _text(starts[0]), "to": _text(end), "slice": slice_.value}
    series = reader.series(scope, slice_.stored_as, starts[0], end)
    shown |= _summed(slice_, starts, metrics, series)
    if asked.by == "event_name":
        return shown | _by_name(reader, scope, wanted)
    if asked.by == "protocol":
        return shown | _by_protocol(reader.protocols(scope, slice_.stored_as, starts[0], end), series)
    if asked.by is None:
        return shown
    ids = _CHILDREN[asked.by](catalog, call, asked)
    if len(ids) * len(starts) > MAX_USAGE_GROUPS_POINTS:
        message = f"This makes more than {MAX_USAGE_GROUPS_POINTS:,} slices: ask for fewer ids or longer slices."
        raise _invalid("/slice", "too_many_points", message)
    of_each = reader.several(list(ids.values()), slice_.stored_as, starts[0], end)
    groups = zip(ids, of_each, strict=True)
    return shown | {"groups": [{"id": id_, **_summed(slice_, starts, metrics, series)} for id_, series in groups]}


def _summed(slice_: Slice, starts: Sequence[int], metrics: Sequence[str], series: Sequence[UsagePoint]) -> Resource:
    """Return the series of a scope, without gaps, and its totals."""
    sums = {start: dict.fromkeys(metrics, 0) for start in starts}
    for point in series:
        row = sums[slice_.start_of(point.at)]
        for metric in metrics:
            row[metric] += weighed(point.counts, METRICS[metric])
    return {
        "series": [{"at": _text(start), **row} for start, row in sums.items()],
        "totals": {metric: sum(row[metric] for row in sums.values()) for metric in metrics},
    }


def _endpoints(catalog: Catalog, call: Call, asked: Asked) -> dict[str, UsageScope]:
    """Return the endpoints whose usage is shown apart, by their ids: those asked for, or all of the organisation."""
    organisation_id = call.principal.organisation_id
    if asked.endpoint_id or asked.environment_id or asked.revision_id:
        raise _invalid("/by", "not_allowed", "Usage by endpoint is that of the organisation: leave out the filters.")
    if asked.ids is None:
        group = keys.organisation_group(organisation_id)
        found = catalog.table.query(group, prefix=keys.ENDPOINTS, limit=MAX_USAGE_GROUPS + 1)
        ids = _bounded([item.data["id"] for item in found])
    else:
        ids = list(dict.fromkeys(_bounded(asked.ids.split(","))))
        if len(catalog.table.get_all([keys.endpoint_key(organisation_id, id_) for id_ in ids])) < len(ids):
            raise Rejected(Problem.NOT_FOUND, "One of `ids` is no endpoint of the organisation.")
    return {id_: UsageScope(organisation_id, id_) for id_ in ids}


def _environments(catalog: Catalog, call: Call, asked: Asked) -> dict[str, UsageScope]:
    """Return the environments whose usage is shown apart, by their ids: those asked for, or all of an endpoint."""
    if asked.environment_id or asked.revision_id:
        message = "Usage by environment is that of all revisions: leave out `environment` and `revision`."
        raise _invalid("/by", "not_allowed", message)
    if asked.ids is None:
        if asked.endpoint_id is None:
            raise _invalid("/endpoint", "required", "Usage by environment is that of an endpoint, or of `ids`.")
        roster = catalog.table.get(keys.roster_key(asked.endpoint_id))
        of_each = dict.fromkeys(roster.data["environments"] if roster else (), asked.endpoint_id)
    else:
        of_each = {}
        for id_ in _bounded(asked.ids.split(",")):
            of_each[id_] = find_environment(catalog.table, call, id_).data["endpoint_id"]
            if asked.endpoint_id not in {None, of_each[id_]}:
                raise Rejected(Problem.NOT_FOUND, "The endpoint has no such environment.")
    organisation_id = call.principal.organisation_id
    return {id_: UsageScope(organisation_id, endpoint_id, id_) for id_, endpoint_id in of_each.items()}


_CHILDREN = {"endpoint": _endpoints, "environment": _environments}


def _bounded(ids: list[str]) -> list[str]:
    if len(ids) > MAX_USAGE_GROUPS:
        message = f"One answer holds the usage of at most {MAX_USAGE_GROUPS}: name them, joined by commas."
        raise _invalid("/ids", "too_many", message)
    return ids


def _by_name(reader: UsageReader, scope: UsageScope, wanted: _Range) -> Resource:
    """Return counts by name, over the whole hours that a range touches; what has no name is what is left of all."""
    if scope.environment_id is None:
        raise _invalid("/environment", "required", "Usage by name is that of one environment: say which.")
    if scope.revision_id is not None:
        raise _invalid("/revision", "not_allowed", "Usage by name is that of all revisions of an environment.")
    if wanted.end - wanted.start > MAX_USAGE_NAMES_DAYS * DAY_SECONDS:
        raise _invalid("/from", "too_long", f"Usage by name is summed up over at most {MAX_USAGE_NAMES_DAYS} days.")
    start, end = Slice.HOUR.start_of(wanted.start), Slice.HOUR.after(Slice.HOUR.start_of(wanted.end - 1))
    counts = reader.names(scope, start, end).most_frequent()
    unnamed: Counter[str] = Counter()
    for point in reader.series(scope, Slice.HOUR, start, end):
        unnamed.update({outcome: point.counts[outcome] for outcome in NAMED_OUTCOMES})
    for outcomes in (*counts.names.values(), counts.other):
        unnamed.subtract(outcomes)
    rows = [{"name": name, **_named(outcomes)} for name, outcomes in counts.names.items()]
    if any(count > 0 for count in unnamed.values()):
        rows.append({"name": None, **_named(unnamed)})
    return {"names": rows, "other": _named(counts.other)}


def _by_protocol(protocols: Mapping[str, Mapping[str, int]], series: Sequence[UsagePoint]) -> Resource:
    """Return counts by protocol, the most frequent first; what came in none is what is left of all."""
    native: Counter[str] = Counter()
    for point in series:
        native.update({outcome: point.counts[outcome] for outcome in NAMED_OUTCOMES})
    for outcomes in protocols.values():
        native.subtract(outcomes)
    ordered = sorted(protocols.items(), key=lambda entry: (-sum(entry[1].values()), entry[0]))
    rows = [{"protocol": protocol, **_named(outcomes)} for protocol, outcomes in ordered]
    if any(count > 0 for count in native.values()):
        rows.append({"protocol": None, **_named(native)})
    return {"protocols": rows}


def _named(outcomes: Mapping[str, int]) -> dict[str, int]:
    # Names are written down beside the sums, not with them: for a moment there may be more of them.
    counts = {outcome: max(0, outcomes.get(outcome, 0)) for outcome in NAMED_OUTCOMES}
    return counts | {"rejected": counts["rejected"] + counts["quarantined"]}


def show_codes(catalog: Catalog, reader: UsageReader, call: Call, asked: Asked) -> Resource:
    """Return the codes of refused events by count, the most frequent first.

    Raises:
        Rejected: not_found, or invalid_request for what can't be asked.
    """
    scope = _scope(catalog, call, asked)
    now = _now(catalog)
    wanted = _range(asked, now, DAY_SECONDS)
    slice_ = _fitting_code_slice(wanted, now)
    _check_kept(slice_, wanted, now)
    start, end = slice_.start_of(wanted.start), slice_.after(slice_.start_of(wanted.end - 1))
    codes = reader.codes(scope, slice_, start, end)
    ordered = sorted(codes.items(), key=lambda entry: (-entry[1], entry[0]))
    return {
        "from": _text(start),
        "to": _text(end),
        "codes": [{"code": code, "count": count} for code, count in ordered],
    }


def _scope(catalog: Catalog, call: Call, asked: Asked) -> UsageScope:
    endpoint_id = asked.endpoint_id
    if endpoint_id is not None:
        find_endpoint(catalog.table, call, endpoint_id)
    for child_id, find, kind in (
        (asked.environment_id, find_environment, "environment"),
        (asked.revision_id, find_revision, "revision"),
    ):
        if child_id is None:
            continue
        parent_id = find(catalog.table, call, child_id).data["endpoint_id"]
        if endpoint_id not in {None, parent_id}:
            raise Rejected(Problem.NOT_FOUND, f"The endpoint has no such {kind}.")
        endpoint_id = parent_id
    return UsageScope(call.principal.organisation_id, endpoint_id, asked.environment_id, asked.revision_id)


def _range(asked: Asked, now: int, default_seconds: int) -> _Range:
    end = now + 1  # what is counted in this second is asked for, too
    if asked.end is not None:
        end = min(end, -(-milliseconds_from(asked.end, "/to") // 1_000))
    start = end - default_seconds if asked.start is None else milliseconds_from(asked.start, "/from") // 1_000
    if start >= end:
        raise _invalid("/from", "order", "Must be before `to`, and not in the future.")
    return _Range(start, end)


def _fitting_slice(wanted: _Range, now: int) -> Slice:
    seconds = wanted.end - wanted.start
    if seconds <= _HOURS_UP_TO_SECONDS and _is_kept(Slice.HOUR, wanted, now):
        return Slice.HOUR
    return Slice.DAY if seconds <= _DAYS_UP_TO_SECONDS else Slice.MONTH


def _fitting_code_slice(wanted: _Range, now: int) -> Slice:
    seconds = wanted.end - wanted.start
    if seconds <= _CODES_BY_MINUTE_UP_TO_SECONDS and _is_kept(Slice.MINUTE, wanted, now):
        return Slice.MINUTE
    if seconds <= _CODES_BY_HOUR_UP_TO_SECONDS and _is_kept(Slice.HOUR, wanted, now):
        return Slice.HOUR
    return Slice.DAY


def _is_kept(slice_: Slice, wanted: _Range, now: int) -> bool:
    return wanted.start >= now - slice_.kept_seconds


def _check_kept(slice_: Slice, wanted: _Range, now: int) -> None:
    if _is_kept(slice_, wanted, now):
        return
    days = slice_.kept_seconds // DAY_SECONDS
    coarser = next((longer for longer in Slice if _is_kept(longer, wanted, now)), None)
    if coarser is None:
        raise _invalid("/from", "not_kept", f"Usage is kept for {Slice.MONTH.kept_seconds // DAY_SECONDS} days.")
    raise _invalid("/slice", "not_kept", f"Usage by {slice_} is kept for {days} days: ask for slice={coarser}.")


def _starts(slice_: Slice, wanted: _Range) -> list[int]:
    """Return the starts of the slices that a range touches."""
    starts: list[int] = []
    start = slice_.start_of(wanted.start)
    while start < wanted.end:
        if len(starts) == MAX_USAGE_POINTS:
            raise _too_many(slice_, wanted)
        starts.append(start)
        start = slice_.after(start)
    return starts


def _too_many(slice_: Slice, wanted: _Range) -> Rejected:
    remedy = "ask for a shorter range"
    coarser = slice_.coarser
    while coarser is not None and (wanted.end - wanted.start) / (coarser.after(0)) > MAX_USAGE_POINTS - 2:
        coarser = coarser.coarser
    if coarser is not None:
        remedy += f", or for slice={coarser}"
    return _invalid("/slice", "too_many_points", f"This makes more than {MAX_USAGE_POINTS:,} slices: {remedy}.")


def _metrics(text: str | None) -> list[str]:
    if text is None:
        return list(METRICS)
    metrics = list(dict.fromkeys(text.split(",")))
    if not set(metrics) <= set(METRICS):
        raise _invalid("/metrics", "one_of", f"Must be some of {', '.join(METRICS)}, joined by commas.")
    return metrics


def _invalid(pointer: str, code: str, message: str) -> Rejected:
    return FaultyRequest([{"pointer": pointer, "code": code, "message": message}])


def _now(catalog: Catalog) -> int:
    return catalog.clock() // 1_000_000_000


def _text(seconds: int) -> str:
    return time_text(seconds * 1_000_000_000)
