"""Live events: printing them while they arrive, and failing a test that expects others."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from ingestctl.client import path_of
from ingestctl.commands.environments import Called
from ingestctl.expecting import WAIT_SECONDS, Came, Event, Expected, Page, Read, condition_from, seconds_from, wait_for
from ingestctl.problems import Misused, Refused
from ingestctl.session import EndpointOption, JsonFlag, Session, opened

app = typer.Typer(no_args_is_help=True, help="Live events.")

PAGE_EVENTS = 200
SHOWN = 20
PAUSE_SECONDS = 1.0
_FILTERS = ("outcome", "code", "event_name")

OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="KEY=VALUE", help="Only events with this outcome, code or event_name; repeat it."),
]
TapOption = Annotated[
    str | None, typer.Option("--tap", metavar="TAP", help="Read a tap that runs already instead of starting one.")
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="KEY=VALUE",
        help="Only events that hold this value at a key, or at a pointer such as /items/0/id; repeat it.",
    ),
]


@app.command("tail")
def tail(
    environment: Called,
    only: OnlyOption = None,
    sample: Annotated[str, typer.Option("--sample", help="Events per second, 1 to 100, or all.")] = "10",
    seconds: Annotated[int, typer.Option("--seconds", min=1, max=3_600, help="How many seconds the tap runs.")] = 600,
    follow: Annotated[
        bool,
        typer.Option("--follow/--no-follow", help="Print events until the tap ends, or only those that are there."),
    ] = True,
    tap_id: TapOption = None,
    endpoint: EndpointOption = None,
) -> None:
    """Print events while they arrive, one JSON object per line."""
    with opened(as_json=True) as session:
        found = session.find.environment(environment, endpoint)
        if tap_id is not None:
            made = session.api.get(path_of("taps", tap_id))
        else:
            asked = {"seconds": seconds, "sample": _sample(sample), **({"only": _filter(only)} if only else {})}
            made = session.api.post(path_of("environments", found["id"], "taps"), asked)
        for page in _pages(session, made["id"], follow=follow):
            for event in page["items"]:
                session.output.json_line(event)


def expect(
    environment: Called,
    accepted: Annotated[int | None, typer.Option("--accepted", min=0, help="How many events are accepted.")] = None,
    invalid: Annotated[
        int | None, typer.Option("--invalid", min=0, help="How many events are quarantined or rejected.")
    ] = None,
    where: WhereOption = None,
    within: Annotated[str, typer.Option("--within", help="How long to wait: 10s, 1m.")] = "10s",
    tap_id: TapOption = None,
    endpoint: EndpointOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Wait until a tap has kept these events. If it has not in time, fail and show what came instead.

    Counts what the tap has kept so far, too. Without --tap, it is one that keeps every event, as with TAPS=all.
    """
    with opened(as_json) as session:
        if accepted is None and invalid is None:
            raise Misused("Say what you expect: --accepted N, --invalid N, or both.")
        conditions = [condition_from(text) for text in where or ()]
        expected, seconds = Expected(accepted, invalid), seconds_from(within)
        found = session.find.environment(environment, endpoint)
        read = _reader(session, tap_id or _running_tap(session, found))
        came = wait_for(read, conditions, expected, seconds)
        _tell(session, expected, came)
        if not came.meets(expected):
            raise typer.Exit(1)


def _tell(session: Session, expected: Expected, came: Came) -> None:
    counts = {"accepted": (came.accepted, expected.accepted), "invalid": (came.invalid, expected.invalid)}
    is_met = came.meets(expected)
    if session.output.as_json:
        numbers = {kind: {"came": number, "expected": wanted} for kind, (number, wanted) in counts.items()}
        what_came = {"events": came.matching[:SHOWN], "others": came.others[:SHOWN]}
        session.output.json({"is_met": is_met, **numbers, **({} if is_met else what_came)})
        return
    for kind, (number, wanted) in counts.items():
        if wanted is not None:
            session.output.line(f"{' ' if number == wanted else '!'} {kind}: {number}, expected {wanted}")
    if is_met:
        return
    for mark, events in (("+", came.matching), ("?", came.others)):
        for event in events[:SHOWN]:
            session.output.line(f"{mark} {_line_of(event)}")
        if len(events) > SHOWN:
            session.output.line(f"{mark} and {len(events) - SHOWN} more")
    if came.others:
        session.output.line("Events marked ? do not match --where.")


def _line_of(event: Event) -> str:
    faults = [f"{error['pointer'] or '/'} {error['code']}" for error in event["errors"]]
    return " ".join([event["outcome"], event["raw"] or "(no text)", *([f"({', '.join(faults)})"] if faults else [])])


def _running_tap(session: Session, environment: Mapping[str, Any]) -> str:
    """Return the id of the oldest tap that keeps every event.

    Raises:
        Refused: no_tap: none runs.
    """
    taps = session.api.get(path_of("environments", environment["id"], "taps"))["items"]
    whole = [row for row in taps if row["sample"] == "all" and not any(row["only"].values())]
    if not whole:
        raise Refused(
            "no_tap", "No tap of this environment keeps every event. Start the local run with TAPS=all, or give --tap."
        )
    return str(whole[0]["id"])


def _pages(session: Session, tap_id: str, *, follow: bool) -> Iterator[Page]:
    read = _reader(session, tap_id)
    while True:
        page = read(WAIT_SECONDS if follow else 0)
        yield page
        if not page["items"] and (not follow or page["state"] == "ended"):
            return


def _reader(session: Session, tap_id: str) -> Read:
    query = {"limit": str(PAGE_EVENTS)}

    def read(wait_seconds: int) -> Page:
        asked_at = time.monotonic()
        page = session.api.get(path_of("taps", tap_id, "events"), {**query, "wait": str(wait_seconds)})
        query["after"] = page["cursor"]
        is_early = time.monotonic() - asked_at < wait_seconds / 2
        if is_early and not page["items"] and page["state"] == "running":
            time.sleep(PAUSE_SECONDS)  # as many requests wait there as may
        return page

    return read


def _filter(only: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in only:
        key, equals, value = text.partition("=")
        if key not in _FILTERS or not equals:
            raise Misused(f"--only takes KEY=VALUE with one of the keys {', '.join(_FILTERS)}.")
        found[key] = value
    return found


def _sample(text: str) -> int | str:
    if text == "all":
        return text
    if not text.isascii() or not text.isdigit():
        raise Misused("--sample takes a number of events per second, or all.")
    return int(text)
