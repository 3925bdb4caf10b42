"""From sample events to fields: what was inferred, from how many values, and what became of everything else.

Nothing is dropped silently: a key without a field is kept in `_extra`, and listed with its place and the reason, and
so is every sample that the inferred revision would reject. The latter is not reckoned but found out, by the code that
takes events in.
"""

import json
from collections.abc import Sequence
from math import isinf
from typing import Any, NamedTuple
from unicodedata import category

from domain.errors import Rejected
from domain.ids import new_event_ids
from domain.intake.events import EventTexts, read_events
from domain.intake.faults import Refusal
from domain.intake.payload import Payload
from domain.intake.revision import CompiledRevision
from domain.intake.stamping import ReceivedTime, stamp
from domain.language.budget import UNLIMITED, Budget
from domain.language.field_keys import stored_keys
from domain.language.fields import check_fields, fields_to_json
from domain.language.inference.counts import MAX_PLACES, Counts, Objects, Path, Place, is_text, pointer_of, shortened
from domain.language.inference.guesses import Fit, Guess, guess, keys_differ, looks_like_id
from schemas import places
from schemas.codes import Problem
from schemas.data_types import PARENT_TYPES
from schemas.items import RevisionDocument
from schemas.limits import MAX_FIELDS, MAX_FROM_CHARS

MAX_LISTED_KEYS = 500
MAX_LISTED_SAMPLES = 100
MAX_LISTED_FAULTS = 10

MANY_VALUES = 100
SOME_VALUES = 10
"""From how many values on a guess is of high, or of medium, confidence."""

RawField = dict[str, Any]

_BEYOND_DOUBLES = 10**400


class Inferred(NamedTuple):
    """A tree in its stored form, and what the answer says of it."""

    fields: list[RawField]
    report: dict[str, Any]
    additional_keys: str = "keep"


def infer_fields(samples: Sequence[dict[str, Any]], *, fit: Fit = "all", budget: Budget = UNLIMITED) -> Inferred:
    """Return the fields that samples suggest.

    Args:
        samples: parsed JSON objects, at least one.
        fit: `all` for fields that accept every sample; `most` for types that nearly all values of a key have.
        budget: what the inference may compute.

    Raises:
        Rejected: invalid_request at `/samples` if they suggest none, with what stood in the way; too_complex.
    """
    counts = Counts()
    for index, sample in enumerate(samples):
        budget.at(f"/samples/{index}").check()
        counts.add(sample, ((None, "samples"), index))
    tree = _Tree(fit)
    fields = tree.children(counts.events, _At(), depth=1)
    if not fields:
        raise _nothing_inferred(tree.left_out)
    checked = fields_to_json(check_fields(fields, "/samples", budget=budget))
    refused = _refused(checked, samples, budget)
    report = {
        "samples": len(samples),
        "accepted": len(samples) - len(refused),
        "guesses": tree.guesses,
        "left_out": tree.left_out[:MAX_LISTED_KEYS],
        "left_out_count": len(tree.left_out),
        "refused": refused[:MAX_LISTED_SAMPLES],
        "refused_count": len(refused),
    }
    return Inferred(checked, report)


def _nothing_inferred(left_out: list[dict[str, Any]]) -> Rejected:
    message = "The samples suggest no fields: they need at least one key that a field can have."
    errors = [{"pointer": "/samples", "code": "nothing_inferred", "message": message}]
    errors += [
        {"pointer": row["pointer"], "code": "left_out", "message": row["reason"]} for row in left_out[:MAX_LISTED_KEYS]
    ]
    return Rejected(Problem.INVALID_REQUEST, message, errors=errors)


class _At(NamedTuple):
    """A place, by the keys that are sent and by those that are stored, joined by dots."""

    sent: str = ""
    stored: str = ""

    def below(self, sent: str, stored: str) -> "_At":
        sent = shortened(sent)
        return _At(f"{self.sent}.{sent}", f"{self.stored}.{stored}") if self.sent else _At(sent, stored)


class _Tree:
    """Builds the tree, and notes what it is made of and what not."""

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self.guesses: list[dict[str, Any]] = []
        self.left_out: list[dict[str, Any]] = []
        self._count = 0

    def children(self, objects: Objects, parent: _At, depth: int) -> list[RawField]:
        """Return the fields of the objects at a place."""
        fields = []
        # At the root, where no field holds them all, keys that are data have none.
        differ = depth == 1 and keys_differ(objects) is not None
        for sent, key in zip(objects.keys, stored_keys(list(objects.keys), depth), strict=True):
            place, here = objects.keys[sent], parent.below(sent, key)
            if differ and looks_like_id(sent):
                self._leave_out(here, place, "it looks like an id, and the samples have others in its place.")
            elif reason := _unreadable(sent):
                self._leave_out(here, place, reason)
            elif self._count >= MAX_FIELDS:
                self._leave_out(here, place, f"a revision has at most {MAX_FIELDS:,} fields.")
            elif field := self._field(sent, key, place, here, depth, within=objects.count):
                fields.append(field)
        if objects.uncounted:
            reason = f"the samples have more than {MAX_PLACES:,} different keys; this and further ones are passed over."
            self._note(parent.below("*", "*").sent, objects.uncounted_first, objects.uncounted, reason)
        return fields

    def _field(self, sent: str, key: str, place: Place, here: _At, depth: int, within: int) -> RawField | None:
        guessed = guess(key, place, self._fit, depth)
        if isinstance(guessed, str):
            self._leave_out(here, place, guessed)
            return None
        count_before, guesses_before = self._count, len(self.guesses)
        self._count += 1
        field: RawField = {"key": key}
        if sent != key:
            field["from"] = sent if not sent.startswith("/") else places.pointer_of([sent])
        field["type"] = guessed.type.value
        if guessed.format is not None:
            field["format"] = guessed.format.value
        field["presence"] = "required" if place.values == within else "optional"
        if guessed.rules:
            field["rules"] = guessed.rules
        if guessed.type in PARENT_TYPES:
            field["fields"] = self._children_of(place, here, depth)
            if not field["fields"]:
                self._count = count_before
                return None
        self.guesses.insert(guesses_before, _guess_row(here.stored, field, place, guessed, within))
        return field

    def _children_of(self, place: Place, here: _At, depth: int) -> list[RawField]:
        objects = place.children or (place.elements and place.elements.children)
        fields = self.children(objects, here, depth + 1) if objects else []
        if not fields:
            reason = "none of its keys can have a field." if objects and objects.keys else "its objects are empty."
            self._leave_out(here, place, reason)
        return fields

    def _leave_out(self, here: _At, place: Place, reason: str) -> None:
        self._note(here.sent, place.first, place.kinds.total(), reason)

    def _note(self, path: str, first: Path, seen: int, reason: str) -> None:
        row = {"path": path, "pointer": pointer_of(first), "seen": seen, "reason": f"The key is left out: {reason}"}
        self.left_out.append(row)


def _unreadable(key: str) -> str | None:
    """Return why no field can read this key of an event, or None if one can."""
    if not 1 <= len(key) <= MAX_FROM_CHARS:
        return f"a field reads keys of 1 to {MAX_FROM_CHARS} characters."
    if not is_text(key) or any(category(char) == "Cc" for char in key):
        return "a field reads no key with control characters or half of a surrogate pair."
    return None


def _guess_row(path: str, field: RawField, place: Place, guessed: Guess, within: int) -> dict[str, Any]:
    nulls = place.kinds["null"]
    row = {
        "path": path,
        **{name: field[name] for name in ("from", "format") if name in field},
        "type": field["type"],
        "presence": field["presence"],
        "confidence": _confidence(place.values, is_unanimous=guessed.is_unanimous),
        "why": guessed.why,
        "objects": within,
        "values": place.values,
        "nulls": nulls,
        "missing": within - place.values - nulls,
        "kinds": {kind: count for kind, count in place.kinds.items() if count},
    }
    if place.elements:
        row["element_kinds"] = {kind: count for kind, count in place.elements.kinds.items() if count}
    return row


def _confidence(values: int, *, is_unanimous: bool) -> str:
    if values < SOME_VALUES or not is_unanimous:
        return "low"
    return "medium" if values < MANY_VALUES else "high"


def _refused(fields: list[RawField], samples: Sequence[dict[str, Any]], budget: Budget) -> list[dict[str, Any]]:
    """Return the samples that ingest would refuse, each with its faults, by having it read them."""
    document = RevisionDocument(revision_id="rev_" + 26 * "0", edition=2, additional_keys="keep", fields=fields)
    revision = CompiledRevision(document)
    rows = []
    for index, sample in enumerate(samples):
        budget.at(f"/samples/{index}").check()
        payload = Payload("one", _text_of(sample).encode())
        verdicts = read_events(revision, payload)
        stamp(revision, EventTexts(payload), verdicts, new_event_ids(1, 0), ReceivedTime().text(0), None)
        (verdict,) = verdicts
        if isinstance(verdict, Refusal):
            errors = verdict.errors()
            row = {"index": index, "errors": errors[:MAX_LISTED_FAULTS]}
            rows.append(row | ({"more": True} if verdict.more or len(errors) > MAX_LISTED_FAULTS else {}))
    return rows


def _text_of(sample: dict[str, Any]) -> str:
    """Return a sample as JSON; a number that no double holds is written as one again."""
    try:
        return json.dumps(sample, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_without_infinity(sample), ensure_ascii=False)


def _without_infinity(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_infinity(member) for key, member in value.items()}
    if isinstance(value, list):
        return list(map(_without_infinity, value))
    if isinstance(value, float) and isinf(value):
        return _BEYOND_DOUBLES if value > 0 else -_BEYOND_DOUBLES
    return value
