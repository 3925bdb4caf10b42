"""What a trial says, in words: the sentence first, then the groups that it comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

_WRONG = {
    "required": "is missing or null",
    "unknown_key": "has no field, and the revision rejects unknown fields",
    "type_string": "is not text",
    "type_int": "is not a whole number",
    "type_float": "is not a number",
    "type_boolean": "is neither true nor false",
    "type_datetime": "is not a date and time without a time zone",
    "type_timestamp": "is not a moment in its field's format",
    "type_date": "is not a day as YYYY-MM-DD",
    "type_object": "is not an object",
    "type_array": "is not an array",
    "one_of": "is none of the values that its field allows",
    "regex": "does not match its field's pattern",
    "format": "does not have its field's format",
    "not_json": "is not JSON",
    "event_too_large": "is too large",
}
"""What is wrong in the commonest cases; a fault of any other code is told by the code."""

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
    wrong = _WRONG.get(code, f"has the fault {code}")
    return f", {100 * count / newly:.0f} % because {pointer or 'the event'} {wrong}"
