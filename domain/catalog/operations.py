"""What the operator of a deployment, the owner of its first organisation, may see and do of its queues.

Queues carry the events of every organisation. So a list tells of a message only whose it is and how large; its text is
shown when someone asks for that one message, which the audit log remembers.
"""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from domain.access.operator import check_operator
from domain.catalog.environment_names import named_environments
from domain.errors import Rejected
from domain.operations.ports import DeadLetter, DeadLetters
from domain.records.caller import Call
from domain.records.change import Catalog, Change, Resource, apply, stored_answer, time_text
from domain.records.noted import note_for_owner
from domain.records.pages import page_of
from schemas.codes import Problem

_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}", re.ASCII)
_ENVIRONMENT = re.compile(r"env_[0-9a-z]+", re.ASCII)
_SHOWN = ("environment_id", "event_id", "redrive_id", "trial_id", "stream", "action", "step")
"""Fields of messages that say whose they are, and nothing of an event."""


def list_queues(catalog: Catalog, dead_letters: DeadLetters, call: Call, limit: int, cursor: str | None) -> Resource:
    """Return every queue with how much waits and how much was given up."""
    check_operator(catalog, call)
    states = [state._asdict() for state in dead_letters.queues()]
    return page_of(states, limit=limit, cursor=cursor, by="name")


def list_dead_letters(catalog: Catalog, dead_letters: DeadLetters, call: Call, queue: str, limit: int) -> Resource:
    """Return some dead letters of a queue, without their texts."""
    _check_queue(catalog, dead_letters, call, queue)
    letters = dead_letters.letters(queue, limit)
    return {"items": _show_all(catalog, queue, letters), "next": None}


def get_dead_letter(catalog: Catalog, dead_letters: DeadLetters, call: Call, queue: str, letter_id: str) -> Resource:
    """Return one dead letter with its text, and note in the audit log that it was read, and in its owner's."""
    _check_queue(catalog, dead_letters, call, queue)
    letter = dead_letters.find(queue, letter_id)
    if letter is None:
        raise Rejected(Problem.NOT_FOUND, "There is no such dead letter; it may have been sent again.")
    shown = {**_show_all(catalog, queue, [letter])[0], "body": letter.body}
    for environment_id in _environments(shown["about"]):
        note_for_owner(catalog, call, "dead_letter.read", environment_id)

    def build(change: Change) -> Resource:
        change.record("dead_letter.read", "dead_letter", letter_id, after={"queue": queue})
        return shown

    return apply(catalog, call, build)


def send_again(
    catalog: Catalog, dead_letters: DeadLetters, call: Call, queue: str, letter_ids: list[str] | None, limit: int
) -> Resource:
    """Send dead letters again, those of these ids or any; return how many, and how many are left."""
    _check_queue(catalog, dead_letters, call, queue)
    stored = stored_answer(catalog.table, call)
    if stored is not None:
        return stored
    moved = dead_letters.send_again(queue, letter_ids, limit)
    left = next(state.dead_letters for state in dead_letters.queues() if state.name == queue)
    answer = {"queue": queue, "sent": moved, "left": left}

    def build(change: Change) -> Resource:
        change.record("dead_letters.send_again", "queue", queue, after={"ids": letter_ids, "sent": moved})
        return answer

    return apply(catalog, call, build)


def _check_queue(catalog: Catalog, dead_letters: DeadLetters, call: Call, queue: str) -> None:
    check_operator(catalog, call)
    if queue not in {state.name for state in dead_letters.queues()}:
        raise Rejected(Problem.NOT_FOUND, "There is no such queue.")


def _show_all(catalog: Catalog, queue: str, letters: Sequence[DeadLetter]) -> list[Resource]:
    abouts = [_about(letter.body) for letter in letters]
    owners = [_environments(about) for about in abouts]
    named = named_environments(catalog.table, chain.from_iterable(owners))
    return [
        {
            "id": letter.id,
            "queue": queue,
            "sent_at": time_text(letter.sent_ns),
            "bytes": len(letter.body.encode("utf-8", "surrogatepass")),
            "about": about,
            "environment": named.get(owner[0]) if owner else None,
        }
        for letter, about, owner in zip(letters, abouts, owners, strict=True)
    ]


def _environments(about: Mapping[str, str]) -> list[str]:
    """Return whose events a message carries: those of its environment, or of the one that its stream is named after."""
    found = _ENVIRONMENT.search(about.get("environment_id") or about.get("stream", ""))
    return [] if found is None else [found[0]]


def _about(body: str) -> dict[str, str]:
    try:
        message: Any = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(message, dict):
        return {}
    found = ((name, message.get(name)) for name in _SHOWN)
    # Nothing but what looks like one of our own names: a broken message may hold anything under these keys.
    return {name: value for name, value in found if isinstance(value, str) and _ID.fullmatch(value)}
