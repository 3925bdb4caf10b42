"""The state of one alert: whether it fires, and which of its targets was told.

    a message:  due → sending → sent | due again (it certainly was not taken) | failed (too often) | unknown

A message is claimed (`sending`) in a conditional write before it is sent. So of several that evaluate at once, one
sends. A claim whose end nobody has written, as by a function that was killed, may have been sent: it becomes `unknown`
and is not sent again. What is binding is "at most once until it has recovered".

A state is a plain dict, as it is stored:

    {"state", "since", "episode", "text", "last_sent", "messages": {target_id: {"what", "status", "tries", "at",
    "error", "told"}}}

Times are Unix seconds. `episode` counts how often it has fired; `told` says that the target may know that it fires.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.alerts.kinds import Verdict
from domain.alerts.ports import Outcome
from schemas.limits import ALERT_CLAIM_SECONDS, MAX_ALERT_SENDS

State = dict[str, Any]
OK, FIRING, RECOVERED = "ok", "firing", "recovered"
_FIRST_PAUSE_SECONDS = 60
_HOURS_FROM_MINUTES = 120


def new_state(now: int) -> State:
    """Return the state of an alert that is looked at for the first time."""
    return {"state": OK, "since": now, "episode": 0, "text": "", "last_sent": None, "messages": {}}


def advanced(state: State, verdict: Verdict, targets: Sequence[str], now: int) -> State:
    """Return the state after a look: a change of it makes messages due, and claims that were left behind end."""
    after = {**state, "messages": _without_old_claims(state["messages"], targets, now)}
    fires = state["state"] == FIRING
    if verdict.is_on and not fires:
        messages = {target_id: _message(FIRING, now) for target_id in targets}
        return {
            **after,
            "state": FIRING,
            "since": now,
            "episode": state["episode"] + 1,
            "text": verdict.text,
            "messages": messages,
        }
    if fires and not verdict.is_on:
        # Whom nobody told that it fires, nobody has to tell that it no longer does.
        messages = {
            target_id: _message(RECOVERED, now)
            for target_id, message in after["messages"].items()
            if message["told"] or message["status"] == "sending"
        }
        text = f"{verdict.text} It fired for {_lasted(now - state['since'])}."
        return {**after, "state": OK, "since": now, "text": text, "messages": messages}
    # While it fires, what it fired for is told to targets that could not be reached so far.
    return {**after, "text": state["text"] if fires else verdict.text}


def due(state: State, now: int) -> list[str]:
    """Return the targets that are to be told something now."""
    return [
        target_id
        for target_id, message in state["messages"].items()
        if message["status"] == "due" and message["at"] <= now
    ]


def claimed(state: State, target_id: str, now: int) -> State:
    """Return the state in which this message is about to be sent; to be written before it is."""
    message = state["messages"][target_id]
    return _with(state, target_id, {**message, "status": "sending", "tries": message["tries"] + 1, "at": now})


def settled(state: State, target_id: str, outcome: Outcome, now: int) -> State:
    """Return the state once it is known what became of a message that was claimed."""
    message = {**state["messages"][target_id], "error": outcome.error, "at": now}
    if outcome.status != "failed":
        message |= {"status": outcome.status, "told": True}
    elif message["tries"] < MAX_ALERT_SENDS:
        message |= {"status": "due", "at": now + _FIRST_PAUSE_SECONDS * 2 ** (message["tries"] - 1)}
    else:
        message["status"] = "failed"
    after = _with(state, target_id, message)
    return {**after, "last_sent": now} if outcome.status == "sent" else after


def _lasted(seconds: int) -> str:
    minutes = max(1, round(seconds / 60))
    if minutes < _HOURS_FROM_MINUTES:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"{round(minutes / 60)} hours"


def _message(what: str, now: int) -> dict[str, Any]:
    return {
        "what": what,
        "status": "due",
        "tries": 0,
        "at": now,
        "error": None,
        "told": what == RECOVERED,
    }


def _with(state: State, target_id: str, message: Mapping[str, Any]) -> State:
    return {**state, "messages": {**state["messages"], target_id: message}}


def _without_old_claims(messages: Mapping[str, Any], targets: Sequence[str], now: int) -> dict[str, Any]:
    kept = {}
    for target_id, message in messages.items():
        if target_id not in targets:
            continue
        is_left = message["status"] == "sending" and now - message["at"] > ALERT_CLAIM_SECONDS
        kept[target_id] = {**message, **_LEFT} if is_left else message
    return kept


_LEFT = {
    "status": "unknown",
    "told": True,
    "error": "The sender ended in the middle, so that it is not known whether the message arrived; it is not repeated.",
}
