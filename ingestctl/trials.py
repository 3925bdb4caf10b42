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
    looked_at, newly = trial["looked_at"], trial["newly_invalid"]
    if not looked_at:
        return "There was no event to look at."
    now_accepted = looked_at - trial["invalid"] + newly - trial["newly_accepted"]
    if not now_accepted:
        said = f"None of {_events(looked_at)} is accepted now"
    elif newly:
        said = f"{newly:,} of {_events(now_accepted)} that {_are(now_accepted)} accepted now would be rejected"
        said += _because(trial["groups"], newly)
    else:
        said = f"None of {_events(now_accepted)} that {_are(now_accepted)} accepted now would be rejected"
    if trial["newly_accepted"] or not now_accepted:
        said += f"; {trial['newly_accepted']:,} of those that are rejected now would be accepted"
    return f"{said}."


def _events(count: int) -> str:
    return f"{count:,} event{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


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
    wrong = _WRONG.get(code, f"rejected as {code}")
    return f", {100 * count / newly:.0f} % because {pointer or 'the event'} is {wrong}"
