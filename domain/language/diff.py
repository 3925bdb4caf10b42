"""What changes for senders and readers from one revision to another.

Two promises make a change safe: every event that was accepted is still accepted, and the columns stay as they are,
that is their type and whether they are always filled. What breaks either is breaking; what touches neither events nor
stored values is cosmetic. The limit on an event's size is left out: a longer default can carry an event past it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.language.bigquery_schema import has_column
from domain.language.budget import UNLIMITED, Budget
from domain.language.diff_rules import rules_that_may_refuse, says_the_same
from domain.language.field_places import all_places, told_apart
from domain.language.presences import may_be_missing
from schemas.data_types import ELEMENT_TYPE, MAY_STAY_AWAY, PARENT_TYPES, DataType, Presence, RuleName, TimestampFormat
from schemas.limits import MAX_EVENT_BYTES, MAX_STRING_BYTES
from schemas.places import keys_of, path_of

SchemaField = Mapping[str, Any]


class ChangeClass(StrEnum):
    """How far a change reaches, from nothing at all to the worst."""

    NONE = "none"
    COSMETIC = "cosmetic"
    SAFE = "safe"
    BREAKING = "breaking"

    @property
    def rank(self) -> int:
        return list(ChangeClass).index(self)


@dataclass(frozen=True, slots=True)
class Tree:
    """What a revision says of events."""

    additional_keys: str
    fields: Sequence[SchemaField]
    edition: int = 1
    event_name: Sequence[str] = ()

    @property
    def max_string_bytes(self) -> int:
        """Of any string in an event: what a whole event may have, since the second edition."""
        return MAX_STRING_BYTES if self.edition == 1 else MAX_EVENT_BYTES


@dataclass(slots=True)
class _Row:
    """A change of one path, while it is being found out."""

    path: str
    change: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    reasons: list[tuple[ChangeClass, str]] = field(default_factory=list)

    def differ(self, name: str, before: Any, after: Any) -> None:
        """Note a property's two values, where absent (None) is left out."""
        self.before, self.after = self.before or {}, self.after or {}
        if before is not None:
            self.before[name] = before
        if after is not None:
            self.after[name] = after

    def judge(self, change_class: ChangeClass, why: str) -> None:
        self.reasons.append((change_class, why))

    def shown(self) -> dict[str, Any]:
        self.reasons.sort(key=lambda reason: -reason[0].rank)
        return {
            "path": self.path,
            "change": self.change,
            "class": self.reasons[0][0].value,
            "before": self.before,
            "after": self.after,
            "why": " ".join(why for _, why in self.reasons),
        }


def diff_trees(before: Tree, after: Tree, budget: Budget = UNLIMITED) -> dict[str, Any]:
    """Return `{"class", "changes"}` from `before` to `after`; one row for each path that differs.

    A path is the keys from the root, joined by dots; the path of the revision itself is empty. Rows come in the order
    of `after`, and after each level's rows those that were removed from it. A field that was added or removed takes
    its children along in its own row. In a row, `before` and `after` are the whole field, or null where it is not;
    of a changed one only the properties that differ, with `order` for the keys of its children that stayed.

    Raises:
        Rejected: too_complex, with the place in the first tree.
    """
    root = _Row("", "changed")
    _compare_additional_keys(root, before.additional_keys, after.additional_keys)
    _compare_editions(root, before, after)
    _compare_order(root, before.fields, after.fields)
    rows = [root] if root.reasons else []
    rows += _Comparison(before, after, budget).level("", before.fields, after.fields)
    shown = [row.shown() for row in rows]
    classes = [ChangeClass(row["class"]) for row in shown]
    return {"class": max(classes, key=lambda found: found.rank, default=ChangeClass.NONE).value, "changes": shown}


def _compare_additional_keys(row: _Row, before: str, after: str) -> None:
    if before == after:
        return
    row.differ("additional_keys", before, after)
    if after == "reject":
        row.judge(ChangeClass.BREAKING, "Events with keys that no field names would now be refused.")
    if before == "keep":
        row.judge(ChangeClass.BREAKING, "The column `_extra` goes: keys that no field names are not kept any more.")
    elif after == "keep":
        row.judge(ChangeClass.SAFE, "Keys that no field names are kept under `_extra`.")
    elif after == "drop":
        row.judge(ChangeClass.SAFE, "Keys that no field names are dropped, where their events were refused.")


def _compare_editions(row: _Row, before: Tree, after: Tree) -> None:
    if before.edition < after.edition:
        row.differ("edition", before.edition, after.edition)
        row.judge(ChangeClass.SAFE, "Strings may have more than 32,000 bytes.")
    elif before.edition > after.edition:
        row.differ("edition", before.edition, after.edition)
        row.judge(ChangeClass.BREAKING, "Strings of more than 32,000 bytes would be refused.")
    if list(before.event_name) != list(after.event_name):
        row.differ("event_name", list(before.event_name), list(after.event_name))
        row.judge(ChangeClass.COSMETIC, "Events are named by another place.")


def _compare_order(row: _Row, before: Sequence[SchemaField], after: Sequence[SchemaField]) -> None:
    was, is_now = [item["key"] for item in before], [item["key"] for item in after]
    stayed = set(was) & set(is_now)
    was, is_now = [key for key in was if key in stayed], [key for key in is_now if key in stayed]
    if was != is_now:
        row.differ("order", was, is_now)
        row.judge(ChangeClass.COSMETIC, "The keys come in another order.")


class _Comparison:
    """Compares fields under what the two revisions say of unknown keys."""

    def __init__(self, before: Tree, after: Tree, budget: Budget) -> None:
        self._budget = budget
        self._refused_before = before.additional_keys == "reject"
        self._refused_after = after.additional_keys == "reject"
        self._kept_after = after.additional_keys == "keep"
        self._max_string_bytes = before.max_string_bytes
        self._before = [(place, item) for place, _, item, _ in all_places(before.fields, "")]
        self._places = {id(item): place for place, _, item, _ in all_places(after.fields, "")}

    def _may_have_been_sent(self, item: SchemaField, former: SchemaField | None = None) -> bool:
        """Say whether an event that was accepted can have something at the place of a field of `after`.

        `former` is the same field before, which leaves its own place to the others where it is not in force.
        """
        if not self._refused_before:
            return True
        place = self._places[id(item)]
        for other, was in self._before:
            shared = min(len(other), len(place))
            if was is former or other[:shared] != place[:shared]:
                continue
            if len(other) >= len(place) or was["type"] not in PARENT_TYPES:
                return True
        return False

    def level(self, parent: str, before: Sequence[SchemaField], after: Sequence[SchemaField]) -> Iterator[_Row]:
        """Yield the rows of siblings and of all below them."""
        was = {item["key"]: item for item in before}
        is_now = {item["key"]: item for item in after}
        for key, item in is_now.items():
            path = f"{parent}.{key}" if parent else key
            self._budget.at(_pointer(path)).check()
            if key in was:
                yield from self._changed(path, was[key], item)
            else:
                yield self._added(path, item)
        for key, item in was.items():
            if key not in is_now:
                yield self._removed(f"{parent}.{key}" if parent else key, item)

    def _added(self, path: str, item: SchemaField) -> _Row:
        row = _Row(path, "added", after=dict(item))
        if not may_be_missing(item):
            row.judge(ChangeClass.BREAKING, _MISSING_REFUSED)
        takes_all = _takes_everything(item)
        if self._may_have_been_sent(item) and not takes_all:
            why = "Events that already send this key, which no field named, would be refused if it does not fit."
            if self._refused_before:
                why = (
                    "Events that already send this key, which another field reads, would be refused if it does not fit."
                )
            row.judge(ChangeClass.BREAKING, why)
        if not row.reasons:
            why = "No event had this key: it was refused. Events without it are still accepted."
            row.judge(ChangeClass.SAFE, "The field takes whatever is sent, and may be missing." if takes_all else why)
        return row

    def _removed(self, path: str, item: SchemaField) -> _Row:
        row = _Row(path, "removed", before=dict(item))
        if has_column(item):
            row.judge(ChangeClass.BREAKING, "The column goes.")
        elif self._kept_after:
            row.judge(ChangeClass.BREAKING, "What was redacted would be kept under `_extra`.")
        if self._refused_after:
            row.judge(ChangeClass.BREAKING, "Events that send this key would now be refused.")
        if not row.reasons:
            row.judge(ChangeClass.SAFE, "Nothing of the field was stored.")
        return row

    def _changed(self, path: str, before: SchemaField, after: SchemaField) -> Iterator[_Row]:
        row = _Row(path, "changed")
        if before["type"] != after["type"]:
            row.differ("type", before["type"], after["type"])
            row.judge(ChangeClass.BREAKING, "The column's type changes, and so does what events may send.")
        _compare_places(row, before, after)
        self._compare_when(row, before, after)
        _compare_presence(row, before, after)
        _compare_rules(row, before, after, self._budget.at(_pointer(path)), self._max_string_bytes)
        _compare_descriptions(row, before, after)
        children = before.get("fields", []), after.get("fields", [])
        both_are_parents = all(children)
        if both_are_parents:
            _compare_order(row, *children)
        elif any(children):
            row.differ("fields", children[0] or None, children[1] or None)
        if row.reasons:
            yield row
        if both_are_parents:
            yield from self.level(path, *children)

    def _compare_when(self, row: _Row, before: SchemaField, after: SchemaField) -> None:
        was, is_now = before.get("when"), after.get("when")
        if was == is_now:
            return
        row.differ("when", was, is_now)
        is_wider, is_narrower = not _implies(is_now or {}, was or {}), not _implies(was or {}, is_now or {})
        if not is_wider and not is_narrower:
            row.judge(ChangeClass.COSMETIC, "What the field is for is written in another order.")
            return
        if is_wider:
            is_safe = may_be_missing(after) and (
                _takes_everything(after) or not self._may_have_been_sent(after, before)
            )
            why = "Events for which the field was not in force would be refused if they don't fit it."
            row.judge(*(_WIDER if is_safe else (ChangeClass.BREAKING, why)))
        if is_narrower:
            why = "Events for which the field is not in force any more would be refused for its keys."
            row.judge(*((ChangeClass.BREAKING, why) if self._refused_after else _NARROWER))


_WIDER = (ChangeClass.SAFE, "The field is in force for more events, all of which fit it.")
_NARROWER = (ChangeClass.SAFE, "The field is in force for fewer events; its column may be empty as before.")


def _implies(one: Mapping[str, Sequence[Any]], other: Mapping[str, Sequence[Any]]) -> bool:
    """Say whether every event for which one `when` holds is one for which another does."""
    values = {keys_of(pointer): set(map(told_apart, listed)) for pointer, listed in one.items()}
    return all(
        keys_of(pointer) in values and values[keys_of(pointer)] <= set(map(told_apart, listed))
        for pointer, listed in other.items()
    )


def _takes_everything(item: SchemaField) -> bool:
    return item["type"] == DataType.JSON and item["presence"] == Presence.OPTIONAL and not item.get("rules")


def _compare_places(row: _Row, before: SchemaField, after: SchemaField) -> None:
    if path_of(before) != path_of(after):
        row.differ("from", before.get("from"), after.get("from"))
        row.judge(ChangeClass.BREAKING, "The value is read at another place of the event.")
    was, is_now = (item.get("format") or TimestampFormat.UNIX_SECONDS for item in (before, after))
    if was != is_now:
        row.differ("format", before.get("format"), after.get("format"))
        row.judge(ChangeClass.BREAKING, "Moments are sent in another form.")
    if before.get("protect") != after.get("protect"):
        row.differ("protect", before.get("protect"), after.get("protect"))
        row.judge(ChangeClass.BREAKING, "Something else is stored instead of the value.")


def _pointer(path: str) -> str:
    return f"/{path.replace('.', '/')}"


_MISSING_REFUSED = "Events without this key would be refused."


_EMPTIED = "The column was always filled, and may be empty from now on."
_FILLED = "The column could be empty, and is always filled from now on."


def _is_always_filled(item: SchemaField) -> bool:
    if "when" in item or item.get("protect") in MAY_STAY_AWAY or not has_column(item):
        return False
    return item["presence"] in {Presence.REQUIRED, Presence.DEFAULT}


def _compare_presence(row: _Row, before: SchemaField, after: SchemaField) -> None:
    if all(before.get(name) == after.get(name) for name in ("presence", "default", "macro")):
        if ("when" in before) != ("when" in after) and _is_always_filled(before) != _is_always_filled(after):
            row.judge(ChangeClass.BREAKING, _EMPTIED if _is_always_filled(before) else _FILLED)
        return
    for name in ("presence", "default", "macro"):
        if before.get(name) != after.get(name):
            row.differ(name, before.get(name), after.get(name))
    if may_be_missing(before) and not may_be_missing(after):
        row.judge(ChangeClass.BREAKING, _MISSING_REFUSED)
    if _is_always_filled(before) and not _is_always_filled(after):
        row.judge(ChangeClass.BREAKING, _EMPTIED)
    elif not _is_always_filled(before) and _is_always_filled(after):
        row.judge(ChangeClass.BREAKING, _FILLED)
    if not any(found is ChangeClass.BREAKING for found, _ in row.reasons):
        is_object = after["type"] == DataType.OBJECT and after["presence"] == Presence.DEFAULT
        row.judge(ChangeClass.SAFE, _OBJECT_FILLED if is_object else _SAFE_PRESENCE[Presence(after["presence"])])


_OBJECT_FILLED = "Where an event leaves the key out, the object is made of the defaults and macros of its children."
_SAFE_PRESENCE: Mapping[Presence, str] = {
    Presence.REQUIRED: "No event without this key was accepted before, since a child of it is required.",
    Presence.OPTIONAL: "Where an event leaves the key out, the server fills in nothing.",
    Presence.DEFAULT: "Where an event leaves the key out, the new default is stored.",
    Presence.MACRO: "Where an event leaves the key out, the new macro fills it.",
}


def _compare_rules(row: _Row, before: SchemaField, after: SchemaField, budget: Budget, max_string_bytes: int) -> None:
    was, is_now = before.get("rules", []), after.get("rules", [])
    if was == is_now:
        return
    row.differ("rules", was, is_now)
    if before["type"] != after["type"]:
        return
    if says_the_same(was, is_now):
        row.judge(ChangeClass.COSMETIC, "The rules or their values come in another order.")
        return
    data_type = DataType(after["type"])
    scalar = ELEMENT_TYPE.get(data_type, data_type)
    names = rules_that_may_refuse(scalar, was, is_now, budget, max_string_bytes=max_string_bytes)
    for name in names:
        row.judge(ChangeClass.BREAKING, _REFUSALS[name])
    if not names:
        row.judge(ChangeClass.SAFE, "The rules accept all that they accepted before.")


_REFUSALS: Mapping[RuleName, str] = {
    RuleName.REGEX: "Values that don't match a pattern which is new would be refused.",
    RuleName.MIN_LENGTH: "Strings that are too short for the new min_length would be refused.",
    RuleName.MAX_LENGTH: "Strings that are too long for the new max_length would be refused.",
    RuleName.MIN_VALUE: "Numbers below the new min_value would be refused.",
    RuleName.MAX_VALUE: "Numbers above the new max_value would be refused.",
    RuleName.ONE_OF: "Values that the new list does not hold would be refused.",
    RuleName.MIN_ITEMS: "Arrays with fewer elements than the new min_items would be refused.",
    RuleName.MAX_ITEMS: "Arrays with more elements than the new max_items would be refused.",
    RuleName.MAX_BYTES: "Strings with more bytes than the new max_bytes would be refused.",
    RuleName.FORMAT: "Strings that are not of the new format would be refused.",
    RuleName.KINDS: "JSON values of kinds that are not listed any more would be refused.",
    RuleName.VALUE_KINDS: "Objects with values of kinds that are not listed any more would be refused.",
    RuleName.ELEMENT_KINDS: "Arrays with elements of kinds that are not listed any more would be refused.",
    RuleName.MIN_PROPERTIES: "Objects with fewer members than the new min_properties would be refused.",
    RuleName.MAX_PROPERTIES: "Objects with more members than the new max_properties would be refused.",
    RuleName.UNIQUE_ITEMS: "Arrays with equal elements would be refused.",
    RuleName.MULTIPLE_OF: "Numbers that are no multiples of the new multiple_of would be refused.",
}


def _compare_descriptions(row: _Row, before: SchemaField, after: SchemaField) -> None:
    was, is_now = before.get("description"), after.get("description")
    if was != is_now:
        row.differ("description", was, is_now)
        row.judge(ChangeClass.COSMETIC, "The description changes.")
