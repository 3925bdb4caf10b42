"""What changes for senders and readers from one revision to another.

Two promises make a change safe: every event that was accepted is still accepted, and the columns stay as they are,
that is their type and whether they are always filled. What breaks either is breaking; what touches neither events nor
stored values is cosmetic. The limit on an event's size is left out: a longer default can carry an event past it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.language.budget import UNLIMITED, Budget
from domain.language.diff_rules import rules_that_may_refuse, says_the_same
from domain.language.presences import may_be_missing
from schemas.data_types import ELEMENT_TYPE, DataType, Presence, RuleName

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
    _compare_order(root, before.fields, after.fields)
    rows = [root] if root.reasons else []
    rows += _Comparison(before.additional_keys, after.additional_keys, budget).level("", before.fields, after.fields)
    shown = [row.shown() for row in rows]
    classes = [ChangeClass(row["class"]) for row in shown]
    return {"class": max(classes, key=lambda found: found.rank, default=ChangeClass.NONE).value, "changes": shown}


def _compare_additional_keys(row: _Row, before: str, after: str) -> None:
    if before == after:
        return
    row.differ("additional_keys", before, after)
    if after == "reject":
        row.judge(ChangeClass.BREAKING, "Events with keys that no field names would now be refused.")
    else:
        row.judge(ChangeClass.SAFE, "Keys that no field names are dropped, where their events were refused.")


def _compare_order(row: _Row, before: Sequence[SchemaField], after: Sequence[SchemaField]) -> None:
    was, is_now = [item["key"] for item in before], [item["key"] for item in after]
    stayed = set(was) & set(is_now)
    was, is_now = [key for key in was if key in stayed], [key for key in is_now if key in stayed]
    if was != is_now:
        row.differ("order", was, is_now)
        row.judge(ChangeClass.COSMETIC, "The keys come in another order.")


class _Comparison:
    """Compares fields under what the two revisions say of unknown keys."""

    def __init__(self, keys_before: str, keys_after: str, budget: Budget) -> None:
        self._budget = budget
        self._dropped_before = keys_before == "drop"
        self._refused_after = keys_after == "reject"

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
        if self._dropped_before:
            why = "Events that already send this key, which was dropped until now, would be refused if it does not fit."
            row.judge(ChangeClass.BREAKING, why)
        if not row.reasons:
            row.judge(ChangeClass.SAFE, "No event had this key: it was refused. Events without it are still accepted.")
        return row

    def _removed(self, path: str, item: SchemaField) -> _Row:
        row = _Row(path, "removed", before=dict(item))
        row.judge(ChangeClass.BREAKING, "The column goes.")
        if self._refused_after:
            row.judge(ChangeClass.BREAKING, "Events that send this key would now be refused.")
        return row

    def _changed(self, path: str, before: SchemaField, after: SchemaField) -> Iterator[_Row]:
        row = _Row(path, "changed")
        if before["type"] != after["type"]:
            row.differ("type", before["type"], after["type"])
            row.judge(ChangeClass.BREAKING, "The column's type changes, and so does what events may send.")
        _compare_presence(row, before, after)
        _compare_rules(row, before, after, self._budget.at(_pointer(path)))
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


def _pointer(path: str) -> str:
    return f"/{path.replace('.', '/')}"


_MISSING_REFUSED = "Events without this key would be refused."


def _is_always_filled(item: SchemaField) -> bool:
    return item["presence"] in {Presence.REQUIRED, Presence.DEFAULT}


def _compare_presence(row: _Row, before: SchemaField, after: SchemaField) -> None:
    if all(before.get(name) == after.get(name) for name in ("presence", "default", "macro")):
        return
    for name in ("presence", "default", "macro"):
        if before.get(name) != after.get(name):
            row.differ(name, before.get(name), after.get(name))
    if may_be_missing(before) and not may_be_missing(after):
        row.judge(ChangeClass.BREAKING, _MISSING_REFUSED)
    if _is_always_filled(before) and not _is_always_filled(after):
        row.judge(ChangeClass.BREAKING, "The column was always filled, and may be empty from now on.")
    elif not _is_always_filled(before) and _is_always_filled(after):
        row.judge(ChangeClass.BREAKING, "The column could be empty, and is always filled from now on.")
    if not any(found is ChangeClass.BREAKING for found, _ in row.reasons):
        is_object = after["type"] == DataType.OBJECT and after["presence"] == Presence.DEFAULT
        row.judge(ChangeClass.SAFE, _OBJECT_FILLED if is_object else _SAFE_PRESENCE[Presence(after["presence"])])


_OBJECT_FILLED = "Where an event leaves the key out, the object is made of what its children get by themselves."
_SAFE_PRESENCE: Mapping[Presence, str] = {
    Presence.REQUIRED: "No event without this key was accepted before, since a child of it is required.",
    Presence.OPTIONAL: "Where an event leaves the key out, the server fills in nothing.",
    Presence.DEFAULT: "Where an event leaves the key out, the new default is stored.",
    Presence.MACRO: "Where an event leaves the key out, the new macro fills it.",
}


def _compare_rules(row: _Row, before: SchemaField, after: SchemaField, budget: Budget) -> None:
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
    names = rules_that_may_refuse(ELEMENT_TYPE.get(data_type, data_type), was, is_now, budget)
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
}


def _compare_descriptions(row: _Row, before: SchemaField, after: SchemaField) -> None:
    was, is_now = before.get("description"), after.get("description")
    if was != is_now:
        row.differ("description", was, is_now)
        row.judge(ChangeClass.COSMETIC, "The description changes.")
