"""What a trial says, in words: the sentence first, then the groups that it comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

_WRONG = {
    "type_string": "no text",
    "type_int": "no whole number",
    "type_float": "no number",
    "type_boolean": "neither true nor false",
    "type_datetime": "no DATETIME",
    "type_timestamp": "no TIMESTAMP of the field's format",
    "type_date": "no day",
    "type_object": "no object",
    "type_array": "no array",
    "required": "missing",
    "unknown_key": "a key that no field names",
}

Trial = Mapping[str, Any]


def sentence_of(trial: Trial) -> str:
    """Return what a trial has found, in one sentence."""
    looked_at = trial["looked_at"]
    if not looked_at:
        return "There was no event to look at."
    newly, events = trial["newly_invalid"], f"{looked_at:,} event{'' if looked_at == 1 else 's'}"
    if not newly:
        said = f"None of {events} that {'is' if looked_at == 1 else 'are'} accepted now would be refused"
    else:
        are = "that are accepted now" if newly != 1 else "that is accepted now"
        said = f"{newly:,} of {events} {are} would be refused{_because(trial['groups'], newly)}"
    if trial["newly_accepted"]:
        said += f"; {trial['newly_accepted']:,} that are refused now would be accepted"
    return f"{said}."


def unseen_of(trial: Trial) -> list[str]:
    """Return what of the events can't be known, a sentence for each."""
    return [_UNSEEN[name] for name in trial["unseen"] if name in _UNSEEN]


_UNSEEN = {
    "dropped_keys": "Keys that were dropped are not in what was delivered: a field that names one finds it nowhere.",
    "filled_values": "Where a default or a macro may have given a value, nothing counts as sent.",
    "protected_values": "Protected values are not known: in their places any value counts as valid.",
}


def _because(groups: Sequence[Mapping[str, Any]], newly: int) -> str:
    counts: dict[tuple[str, str], int] = {}
    for group in groups:
        if group["was"] == "accepted":
            reason = (group["code"], group["pointer"])
            counts[reason] = counts.get(reason, 0) + group["count"]
    if not counts:
        return ""
    (code, pointer), count = max(counts.items(), key=lambda one: one[1])
    wrong = _WRONG.get(code, f"refused as {code}")
    return f", {100 * count / newly:.0f} % because {pointer or 'the event'} is {wrong}"
