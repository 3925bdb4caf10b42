"""The kinds of alerts: what each looks at, when it fires, and when it has recovered.

A kind answers with a verdict: True, it is to fire or to go on firing; False, all is well. An alert that fires recovers
by a test of its own where the one that made it fire would go back and forth.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.alerts.facts import Facts

MAX_NAMED = 5
"""New codes and keys that a message names."""
_NAMED_CHARS = 100


class Verdict(NamedTuple):
    """Whether an alert is to fire, and what is the case, in a sentence of numbers and names."""

    is_on: bool
    text: str


class Fresh(NamedTuple):
    """What an environment has lately had for the first time."""

    names: tuple[str, ...]
    """Codes, and pointers of unknown keys, as a message names them."""
    at: int | None
    """When the last of them was seen first, Unix seconds; None: never since the alert is there."""


class Kind(NamedTuple):
    """A kind of alert."""

    words: str
    """What stands as the name of an alert that has none."""
    settings: Mapping[str, Any]
    """Its settings with their defaults."""
    evaluate: Callable[[Mapping[str, Any], Facts, Fresh, bool], Verdict]
    """From settings, figures, what is new and whether the alert fires now, its verdict."""


def _rejected_share(settings: Mapping[str, Any], facts: Facts, _fresh: Fresh, fires: bool) -> Verdict:
    """Fire when each minute that had events is over the share; recover when all of them together are not."""
    percent, minutes = settings["percent"], settings["minutes"]
    by_minute = facts.by_minute(minutes)
    events = sum(each.all for each in by_minute)
    rejected = sum(each.rejected for each in by_minute)
    when = _last(minutes)
    if not events:
        return Verdict(False, f"No event arrived in {when}.")
    over = [each.rejected * 100 > percent * each.all for each in by_minute]
    is_over, are_few = rejected * 100 > percent * events, events < settings["min_events"]
    is_on = is_over if fires else all(over) and not are_few
    text = f"{_percent(rejected, events)} of {events:,} {_events(events)} were rejected in {when}; "
    text += f"the limit is {percent:g} %."
    if is_over and not is_on:
        few = f"It fires from {settings['min_events']:,} {_events(settings['min_events'])} on."
        text += f" {few if are_few else 'It fires when each minute that had events is over.'}"
    return Verdict(is_on, text)


def _silence(settings: Mapping[str, Any], facts: Facts, _fresh: Fresh, fires: bool) -> Verdict:
    """Fire when nothing arrives and something did a day ago; recover only by something that arrives."""
    when = _last(settings["minutes"])
    if facts.arrived_within(settings["minutes"]):
        return Verdict(False, f"Events arrived in {when}.")
    if fires or facts.arrived_a_day_ago:
        return Verdict(True, f"No event arrived in {when}; some did at the same hour of the day before.")
    return Verdict(False, f"No event arrived in {when}, nor at the same hour of the day before.")


def _new_code_or_key(settings: Mapping[str, Any], facts: Facts, fresh: Fresh, _fires: bool) -> Verdict:
    """Fire when something is new; recover when nothing has been for a while."""
    if fresh.at is None or facts.now - fresh.at >= settings["minutes"] * 60:
        return Verdict(False, f"No code or unknown key was new in {_last(settings['minutes'])}.")
    named = ", ".join(fresh.names[:MAX_NAMED])
    more = f" and {len(fresh.names) - MAX_NAMED} more" if len(fresh.names) > MAX_NAMED else ""
    return Verdict(True, f"For the first time: {named}{more}.")


def _delivery_delay(settings: Mapping[str, Any], facts: Facts, _fresh: Fresh, _fires: bool) -> Verdict:
    late, minutes = facts.overdue(settings["minutes"]), settings["minutes"]
    if not late:
        return Verdict(False, f"All events accepted more than {_minutes(minutes)} ago are delivered.")
    verb = "was" if late == 1 else "were"
    have = "has" if late == 1 else "have"
    reason = "" if facts.delivery_error is None else f" The destination's last error: {facts.delivery_error}"
    return Verdict(
        True,
        f"{late:,} {_events(late)} {verb} accepted more than {_minutes(minutes)} ago and {have} not been delivered."
        f"{reason}",
    )


def _plan_use(settings: Mapping[str, Any], facts: Facts, _fresh: Fresh, _fires: bool) -> Verdict:
    share = facts.plan_share
    if share is None:
        return Verdict(False, "The plan has no limit.")
    return Verdict(
        share * 100 >= settings["percent"],
        f"{int(share * 100):,} % of this month's plan are used; the limit is {settings['percent']:g} %.",
    )


def _certificate_expiry(settings: Mapping[str, Any], facts: Facts, _fresh: Fresh, _fires: bool) -> Verdict:
    left = facts.certificate_days
    if left is None:
        return Verdict(False, "The environment has no certificate that expires.")
    when = "has expired" if left < 0 else "expires within a day" if left < 1 else f"expires in {left} days"
    return Verdict(left < settings["days"], f"The certificate of {facts.domain} {when}.")


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "rejected_share": Kind(
            "Rejected events", MappingProxyType({"percent": 5, "minutes": 10, "min_events": 10}), _rejected_share
        ),
        "silence": Kind("No events", MappingProxyType({"minutes": 30}), _silence),
        "new_code_or_key": Kind("New error code or unknown key", MappingProxyType({"minutes": 60}), _new_code_or_key),
        "delivery_delay": Kind("Late delivery", MappingProxyType({"minutes": 30}), _delivery_delay),
        "plan_use": Kind("Plan used", MappingProxyType({"percent": 80}), _plan_use),
        "certificate_expiry": Kind("Certificate expires", MappingProxyType({"days": 14}), _certificate_expiry),
    }
)


def code_name(code: str) -> str:
    """Return a code as a message names it."""
    return f"error code {code}"


def key_name(pointer: str) -> str:
    """Return the pointer of an unknown key as a message names it: senders make it up, so it is cut and made visible."""
    visible = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in pointer)
    return f"unknown key {visible[:_NAMED_CHARS]}{'…' if len(visible) > _NAMED_CHARS else ''}"


def _percent(part: int, whole: int) -> str:
    return f"{part * 1_000 // whole / 10:g} %"


def _events(count: int) -> str:
    return "event" if count == 1 else "events"


def _minutes(minutes: int) -> str:
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def _last(minutes: int) -> str:
    return "the last minute" if minutes == 1 else f"the last {minutes} minutes"
