"""Builds the tree of fields from what was counted, and notes what it is made of and what has no field."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from unicodedata import category

from domain.json_kinds import is_text
from domain.language.field_keys import stored_keys
from domain.language.inference.counts import MAX_PLACES, Objects, Path, Place, pointer_of, shortened
from domain.language.inference.guesses import Fit, Guess, guess, keys_differ, looks_like_id
from domain.language.inference.kinds import Kinds, Value
from schemas import places
from schemas.data_types import PARENT_TYPES
from schemas.limits import MAX_FIELDS, MAX_FROM_CHARS, MAX_WHEN_FIELDS

MANY_VALUES = 100
SOME_VALUES = 10
"""From how many values on a guess is of high, or of medium, confidence."""

RawField = dict[str, Any]
When = dict[str, list[Value]]


class _At(NamedTuple):
    """A place, by the keys that are sent and by those that are stored, joined by dots."""

    sent: str = ""
    stored: str = ""

    def below(self, sent: str, stored: str) -> "_At":
        sent = shortened(sent)
        return _At(f"{self.sent}.{sent}", f"{self.stored}.{stored}") if self.stored else _At(sent, stored)


class _Spot(NamedTuple):
    """Where a field may stand: the values of one key, of how many objects, and those for which it is in force."""

    sent: str
    key: str
    at: _At
    depth: int
    place: Place
    objects: int
    when: When | None = None


class Tree:
    """One tree; a key becomes a field, or is noted with the reason."""

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self.guesses: list[dict[str, Any]] = []
        self.left_out: list[dict[str, Any]] = []
        self._count = self._when_count = 0

    def of(self, events: Objects, kinds: Kinds) -> list[RawField]:
        """Return the root fields: first the keys that kinds share, then what each kind has of its own at one key."""
        apart = [sent for sent in events.keys if kinds.are_apart_at(sent)]
        shared = [sent for sent in events.keys if sent not in set(apart)]
        of_kinds = [(kind, sent, place) for sent in apart for kind, place in kinds.with_key(sent)]
        names = _names_of((kind.name, sent) for kind, sent, _ in of_kinds)
        keys = stored_keys([*shared, *names], depth=1)
        spots = [
            self._shared_spot(sent, key, events, kinds) for sent, key in zip(shared, keys[: len(shared)], strict=True)
        ]
        spots += [
            _Spot(sent, key, _At(shortened(sent), key), 1, place, kind.events.count, kind.when)
            for (kind, sent, place), key in zip(of_kinds, keys[len(shared) :], strict=True)
        ]
        for sent in apart:
            if kinds.of_none:
                count = f"{kinds.of_none:,} {'sample is' if kinds.of_none == 1 else 'samples are'}"
                reason = f"{count} of none of the kinds; in such events no field names it."
                self._leave_out(_At(shortened(sent)), events.keys[sent], reason)
        return self._fields(spots, events, _At())

    def _shared_spot(self, sent: str, key: str, events: Objects, kinds: Kinds) -> _Spot:
        place = events.keys[sent]
        when, objects = kinds.when_of(sent, place) or (None, events.count)
        return _Spot(sent, key, _At().below(sent, key), 1, place, objects, when)

    def _below(self, objects: Objects, parent: _At, depth: int) -> list[RawField]:
        keys = zip(objects.keys, stored_keys(list(objects.keys), depth), strict=True)
        spots = [
            _Spot(sent, key, parent.below(sent, key), depth, objects.keys[sent], objects.count) for sent, key in keys
        ]
        return self._fields(spots, objects, parent)

    def _fields(self, spots: list[_Spot], objects: Objects, parent: _At) -> list[RawField]:
        # At the root, where no field can hold them all, keys that are data have none.
        differ = not parent.stored and keys_differ(objects) is not None
        fields = []
        for spot in spots:
            if differ and looks_like_id(spot.sent):
                self._leave_out(spot.at, spot.place, "it looks like an id, which other events won't have.")
            elif reason := self._unfit(spot):
                self._leave_out(spot.at, spot.place, reason)
            elif field := self._field(spot):
                fields.append(field)
        if objects.uncounted:
            reason = f"the samples have more than {MAX_PLACES:,} different keys; this and further ones are passed over."
            self._note(parent.below("*", "*").sent, objects.uncounted_first, objects.uncounted, reason)
        return fields

    def _unfit(self, spot: _Spot) -> str | None:
        if reason := _unreadable(spot.sent):
            return reason
        if self._count >= MAX_FIELDS:
            return f"a revision has at most {MAX_FIELDS:,} fields."
        if spot.when and self._when_count >= MAX_WHEN_FIELDS:
            return f"a revision has at most {MAX_WHEN_FIELDS} fields with `when`."
        return None

    def _field(self, spot: _Spot) -> RawField | None:
        spelled = spot.key if spot.key == spot.sent else stored_keys([spot.sent], spot.depth)[0]
        guessed = guess(spelled, spot.place, self._fit, spot.depth)
        if isinstance(guessed, str):
            self._leave_out(spot.at, spot.place, guessed)
            return None
        count_before, guesses_before = self._count, len(self.guesses)
        self._count += 1
        field: RawField = {"key": spot.key}
        if spot.sent != spot.key:
            field["from"] = places.pointer_of([spot.sent]) if spot.sent.startswith("/") else spot.sent
        field["type"] = guessed.type.value
        if guessed.format is not None:
            field["format"] = guessed.format.value
        field["presence"] = "required" if spot.place.values == spot.objects else "optional"
        if guessed.rules:
            field["rules"] = guessed.rules
        if spot.when is not None:
            field["when"] = spot.when
        if guessed.type in PARENT_TYPES:
            field["fields"] = self._children_of(spot)
            if not field["fields"]:
                self._count = count_before
                return None
        self._when_count += spot.when is not None
        self.guesses.insert(guesses_before, _guess_row(spot, field, guessed))
        return field

    def _children_of(self, spot: _Spot) -> list[RawField]:
        place = spot.place
        objects = place.children or (place.elements and place.elements.children)
        fields = self._below(objects, spot.at, spot.depth + 1) if objects else []
        if not fields:
            reason = "none of its keys can have a field." if objects and objects.keys else "its objects are empty."
            self._leave_out(spot.at, place, reason)
        return fields

    def _leave_out(self, at: _At, place: Place, reason: str) -> None:
        self._note(at.sent, place.first, place.kinds.total(), reason)

    def _note(self, path: str, first: Path, seen: int, reason: str) -> None:
        row = {"path": path, "pointer": pointer_of(first), "seen": seen, "reason": f"The key has no field: {reason}"}
        self.left_out.append(row)


def _names_of(kinds: Iterable[tuple[str, str]]) -> list[str]:
    """Return what fields of kinds are called: like the kind, and where it has another field like both."""
    named: set[str] = set()
    names = []
    for kind, sent in kinds:
        names.append(f"{kind} {sent}" if kind in named else kind)
        named.add(kind)
    return names


def _unreadable(key: str) -> str | None:
    """Return why no field can read this key of an event, or None if one can."""
    if not 1 <= len(key) <= MAX_FROM_CHARS:
        return f"a field reads keys of 1 to {MAX_FROM_CHARS} characters."
    if not is_text(key) or any(category(char) == "Cc" for char in key):
        return "a field reads no key with control characters or half of a surrogate pair."
    return None


def _guess_row(spot: _Spot, field: Mapping[str, Any], guessed: Guess) -> dict[str, Any]:
    place = spot.place
    nulls = place.kinds["null"]
    row = {
        "path": spot.at.stored,
        **{name: field[name] for name in ("from", "when") if name in field},
        "type": field["type"],
        **{name: field[name] for name in ("format",) if name in field},
        "presence": field["presence"],
        "confidence": _confidence(place.values, is_unanimous=guessed.is_unanimous),
        "why": guessed.why + (" It is inferred from events of these kinds only." if spot.when else ""),
        "objects": spot.objects,
        "values": place.values,
        "nulls": nulls,
        "missing": spot.objects - place.values - nulls,
        "kinds": {kind: count for kind, count in place.kinds.items() if count},
    }
    if place.elements:
        row["element_kinds"] = {kind: count for kind, count in place.elements.kinds.items() if count}
    return row


def _confidence(values: int, *, is_unanimous: bool) -> str:
    if values < SOME_VALUES or not is_unanimous:
        return "low"
    return "medium" if values < MANY_VALUES else "high"
