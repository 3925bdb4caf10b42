"""Usage, once or as it comes."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import typer

from ingestctl.problems import Misused
from ingestctl.session import JsonFlag, Session, opened

METRICS = (
    "requests",
    "bytes",
    "accepted",
    "rejected",
    "quarantined",
    "redriven",
    "limited",
    "delivered",
    "repeats",
    "set_aside",
    "in_flight",
)
OVERLAP = 5
"""Slices that following asks for again: counts come in late."""

_OUTCOMES = ("accepted", "rejected", "quarantined")
_APART = {"event_name": ("Name", "names", "name"), "protocol": ("Protocol", "protocols", "protocol")}
"""By what events are shown apart: the title, where the rows stand, and what each is called by."""

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

Sleep = Callable[[float], None]


def usage(
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="ENVIRONMENT", help="Only this environment.")
    ] = None,
    revision: Annotated[str | None, typer.Option("--revision", metavar="REVISION", help="Only this revision.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="RFC 3339, a day, or how long ago: 90m, 24h, 7d. Default: 24h.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="The same. Default: now.")] = None,
    slice_: Annotated[Literal["minute", "hour", "day", "month"] | None, typer.Option("--slice")] = None,
    by: Annotated[
        Literal["event_name", "protocol"] | None,
        typer.Option("--by", help="Show events by their names, which needs --environment, or by their protocols."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Print counts as they come in, until Ctrl+C.")] = False,
    every: Annotated[
        float, typer.Option("--every", min=1, metavar="SECONDS", help="With --follow: how often to look.")
    ] = 5,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", "-e", metavar="ENDPOINT", help="Only this endpoint.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show requests, bytes and events over time. With --follow, the default is by minute."""
    with opened(as_json) as session:
        if follow and to is not None:
            raise Misused("Give --follow or --to, not both.")
        if follow and by is not None:
            raise Misused("Give --follow or --by, not both.")
        now = datetime.now(UTC)
        query = {
            "endpoint": None if endpoint is None else session.find.endpoint(endpoint)["id"],
            "environment": None if environment is None else session.find.environment(environment, endpoint)["id"],
            "revision": None if revision is None else session.find.revision(revision, endpoint)["id"],
            "from": moment(start or ("10m" if follow else "24h"), now),
            "to": None if to is None else moment(to, now),
            "slice": slice_ or ("minute" if follow else None),
            "by": by,
        }
        given = {name: value for name, value in query.items() if value is not None}
        if follow:
            follow_usage(session, given, every)
            return
        answer = session.api.get_offered("/v1/usage", "/v1/usage", given)
        if as_json:
            session.output.json(answer)
            return
        if by is not None:
            _print_apart(session, answer, by)
            return
        totals = {"at": "total", **answer["totals"]}
        session.output.table(("At", *METRICS), [_cells(row) for row in (*answer["series"], totals)])


def follow_usage(session: Session, query: dict[str, str], every: float, *, sleep: Sleep = time.sleep) -> None:
    """Print each slice, and again whenever its counts have changed, until interrupted."""
    shown: dict[str, dict[str, Any]] = {}
    if not session.output.as_json:
        session.output.line(" ".join((f"{'at':24}", *(f"{metric:>11}" for metric in METRICS))))
    try:
        while True:
            for row in session.api.get_offered("/v1/usage", "/v1/usage", query)["series"]:
                if shown.get(row["at"]) != row:
                    _print_row(session, row)
                shown[row["at"]] = row
            shown = dict(sorted(shown.items())[-OVERLAP:])
            if shown:
                query = {**query, "from": min(shown)}
            sleep(every)
    except KeyboardInterrupt:
        return


def moment(text: str, now: datetime) -> str:
    """Return a point in time as the server takes it: a day means its start in UTC, `24h` that long before `now`.

    Raises:
        Misused: it is too long ago to be a date.
    """
    ago = re.fullmatch(r"([0-9]{1,6})([mhd])", text)
    if ago:
        try:
            then = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            raise Misused(f"{text} is too long ago.") from None
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{text}T00:00:00Z" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text


def _print_apart(session: Session, answer: dict[str, Any], by: str) -> None:
    title, listed, key = _APART[by]
    rows = [(row[key] or "(none)", *(row[metric] for metric in _OUTCOMES)) for row in answer[listed]]
    if "other" in answer:
        rows.append(("(further names)", *(answer["other"][metric] for metric in _OUTCOMES)))
    session.output.table((title, *_OUTCOMES), rows)


def _print_row(session: Session, row: dict[str, Any]) -> None:
    if session.output.as_json:
        session.output.json_line(row)
    else:
        session.output.line(" ".join((f"{row['at']:24}", *(f"{row.get(metric, ''):>11}" for metric in METRICS))))


def _cells(row: dict[str, Any]) -> list[object]:
    return [row["at"], *(row.get(metric) for metric in METRICS)]
