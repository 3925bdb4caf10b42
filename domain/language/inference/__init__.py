"""From sample events to fields: what was inferred, from how many values, and what became of everything else.

Nothing is dropped silently: a key without a field is listed with its place and the reason, and so is every sample
that the inferred revision would reject. The latter is not reckoned but found out, by the code that takes events in.
"""

import json
from collections.abc import Sequence
from math import isinf
from typing import Any, NamedTuple

from domain.errors import Rejected
from domain.ids import new_event_ids
from domain.intake.events import EventTexts, read_events
from domain.intake.faults import Refusal
from domain.intake.payload import Payload
from domain.intake.revision import CompiledRevision
from domain.intake.stamping import ReceivedTime, stamp
from domain.language.budget import UNLIMITED, Budget
from domain.language.field_keys import unusable_key
from domain.language.fields import check_fields, fields_to_json
from domain.language.inference.counts import MAX_PLACES, Counts, Objects, Path, Place, pointer_of, shortened, uncounted
from domain.language.inference.guesses import Fit, Guess, guess
from schemas.codes import Problem
from schemas.data_types import PARENT_TYPES
from schemas.items import RevisionDocument
from schemas.limits import MAX_DEPTH, MAX_FIELDS

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
    tree.note_uncounted(counts.events)
    fields = tree.children(counts.events, "", depth=1)
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


class _Tree:
    """Builds the tree, and notes what it is made of and what not."""

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self.guesses: list[dict[str, Any]] = []
        self.left_out: list[dict[str, Any]] = []
        self._count = 0

    def children(self, objects: Objects, parent: str, depth: int) -> list[RawField]:
        """Return the fields of the objects at a place; `parent` is its keys, joined by dots."""
        fields = []
        for key, place in objects.keys.items():
            path = f"{parent}.{shortened(key)}" if parent else shortened(key)
            if reason := unusable_key(key, depth):
                self._leave_out(path, place.first, place.kinds.total(), reason)
            elif self._count >= MAX_FIELDS:
                reason = f"a revision has at most {MAX_FIELDS} fields."
                self._leave_out(path, place.first, place.kinds.total(), reason)
            elif field := self._field(key, place, path, depth, within=objects.count):
                fields.append(field)
        return fields

    def _field(self, key: str, place: Place, path: str, depth: int, within: int) -> RawField | None:
        guessed = guess(key, place, self._fit)
        if isinstance(guessed, str):
            self._leave_out(path, place.first, place.kinds.total(), guessed)
            return None
        count_before, guesses_before = self._count, len(self.guesses)
        self._count += 1
        presence = "required" if place.values == within else "optional"
        field: RawField = {"key": key, "type": guessed.type.value, "presence": presence}
        if guessed.rules:
            field["rules"] = guessed.rules
        if guessed.type in PARENT_TYPES:
            field["fields"] = self._children_of(place, path, depth)
            if not field["fields"]:
                self._count = count_before
                return None
        self.guesses.insert(guesses_before, _guess_row(path, field, place, guessed, within))
        return field

    def _children_of(self, place: Place, path: str, depth: int) -> list[RawField]:
        seen = place.kinds.total()
        if depth == MAX_DEPTH:
            self._leave_out(path, place.first, seen, f"its keys would stand deeper than {MAX_DEPTH} levels.")
            return []
        objects = place.children or (place.elements and place.elements.children)
        fields = self.children(objects, path, depth + 1) if objects else []
        if not fields:
            reason = "none of its keys can have a field." if objects and objects.keys else "its objects are empty."
            self._leave_out(path, place.first, seen, reason)
        return fields

    def note_uncounted(self, events: Objects) -> None:
        """Note the keys that were not even counted."""
        for path, objects in uncounted(events):
            reason = f"the samples have more than {MAX_PLACES:,} different keys; this and further ones are passed over."
            self._leave_out(f"{path}.*" if path else "*", objects.uncounted_first, objects.uncounted, reason)

    def _leave_out(self, path: str, first: Path, seen: int, reason: str) -> None:
        row = {"path": path, "pointer": pointer_of(first), "seen": seen, "reason": f"The key is left out: {reason}"}
        self.left_out.append(row)


def _guess_row(path: str, field: RawField, place: Place, guessed: Guess, within: int) -> dict[str, Any]:
    nulls = place.kinds["null"]
    row = {
        "path": path,
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
    document = RevisionDocument(revision_id="rev_" + 26 * "0", additional_keys="drop", fields=fields)
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
