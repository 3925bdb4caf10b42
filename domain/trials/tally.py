"""What a trial has found so far: bounded, whatever is sent, and kept between two of its steps as JSON."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import orjson

from domain.json_kinds import kind_of
from domain.quarantine.groups import ANY, folded_pointer, group_pointer
from domain.trials.masking import columns_of
from domain.trials.stored_events import FILLED_VALUES
from domain.trials.trying import Tried
from domain.validation.faults import Refusal
from domain.validation.written import document_of
from schemas.codes import Fault
from schemas.limits import (
    MAX_TRIAL_GROUPS,
    MAX_TRIAL_RESULT_BYTES,
    MAX_TRIAL_UNKNOWN_KEYS,
)
from schemas.places import Path, path_of

ACCEPTED, INVALID = "accepted", "invalid"
_SHARE_DIGITS = 4
_FOR_FOLDED = 40  # groups, of which each stands for many
_COUNTS = ("accepted", "invalid", "newly_invalid", "newly_accepted", "left_out", "groups_left_out")

_Group = tuple[str, str, str | None, str]
"""Code, pointer, name of the event, and what the running revision says of it."""


class Tally:
    """The counts of one trial; made of what was kept of it, changed, and kept again."""

    def __init__(self, fields: Sequence[Mapping[str, Any]], kept: Mapping[str, Any] | None = None) -> None:
        """Take the root fields of the revision that is tried, and what `document` returned before."""
        kept = kept or {}
        self._columns = _Columns(fields)
        self.counts: dict[str, int] = {name: kept.get(name, 0) for name in _COUNTS}
        self._groups: dict[_Group, tuple[int, str]] = {
            (code, pointer, name, was): (count, first)
            for code, pointer, name, was, count, first in kept.get("groups", ())
        }
        self._unknown: dict[str, tuple[int, list[str]]] = {
            pointer: (count, kinds) for pointer, count, kinds in kept.get("unknown", ())
        }
        self._unseen: set[str] = set(kept.get("unseen", ()))
        self._columns.load(kept.get("columns", ()))

    @property
    def looked_at(self) -> int:
        return self.counts["accepted"] + self.counts["invalid"]

    def leave_out(self) -> None:
        """Count an event that could not be tried."""
        self.counts["left_out"] += 1

    def add(self, event_id: str, tried: Tried, unseen: Collection[str]) -> None:
        """Count an event; `unseen` says what of it is not known."""
        self._unseen.update(unseen)
        refusal = tried.verdict if isinstance(tried.verdict, Refusal) else None
        self.counts["accepted" if refusal is None else "invalid"] += 1
        if refusal is None and not tried.was_accepted:
            self.counts["newly_accepted"] += 1
        elif refusal is not None and tried.was_accepted:
            self.counts["newly_invalid"] += 1
        if refusal is not None:
            was = ACCEPTED if tried.was_accepted else INVALID
            found = {(fault.code.value, _pointer(fault.code, fault.pointer)) for fault in refusal.faults}
            for code, pointer in sorted(found):
                self._group((code, pointer, tried.event_name, was), event_id)
        if tried.parsed is not None:
            self._unknown_keys(tried)
        document = None if isinstance(tried.verdict, Refusal) else document_of(tried.verdict)
        self._columns.add(tried, document, knows_macros=FILLED_VALUES not in unseen)

    def document(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {
            **self.counts,
            "groups": [[*group, *seen] for group, seen in self._groups.items()],
            "unknown": [[pointer, *seen] for pointer, seen in self._unknown.items()],
            "unseen": sorted(self._unseen),
            "columns": self._columns.kept(),
        }

    def result(self) -> dict[str, Any]:
        """Return what the answer shows, as much of it as there is room for."""
        room = _Room()
        invalid = {
            ACCEPTED: self.counts["newly_invalid"],
            INVALID: self.counts["invalid"] - self.counts["newly_invalid"],
        }
        ordered = sorted(self._groups.items(), key=lambda one: (one[0][3] != ACCEPTED, -one[1][0], str(one[0])))
        groups = [
            {
                "code": code,
                "pointer": pointer,
                "event_name": name,
                "count": count,
                "share": _share(count, invalid[was]),
                "first_event_id": first,
                "was": was,
            }
            for (code, pointer, name, was), (count, first) in ordered
        ]
        unknown = [
            {"pointer": pointer, "count": count, "share": _share(count, self.looked_at), "kinds": kinds}
            for pointer, (count, kinds) in sorted(self._unknown.items(), key=lambda one: (-one[1][0], one[0]))
        ]
        columns = self._columns.shown(self.counts["accepted"])
        shown_groups, shown_unknown, shown_columns = room.fit(groups), room.fit(unknown), room.fit(columns)
        return {
            "looked_at": self.looked_at,
            **{name: self.counts[name] for name in _COUNTS if name != "groups_left_out"},
            "unseen": sorted(self._unseen),
            "groups": shown_groups,
            "groups_left_out": self.counts["groups_left_out"] + len(groups) - len(shown_groups),
            "columns": shown_columns,
            "columns_left_out": len(columns) - len(shown_columns),
            "unknown_keys": shown_unknown,
        }

    def _group(self, group: _Group, event_id: str) -> None:
        if group not in self._groups and len(self._groups) >= MAX_TRIAL_GROUPS - _FOR_FOLDED:
            group = _folded(group)  # senders make up keys, and names of events
        if group not in self._groups and len(self._groups) >= MAX_TRIAL_GROUPS:
            self.counts["groups_left_out"] += 1
            return
        count, first = self._groups.get(group, (0, event_id))
        self._groups[group] = (count + 1, first)

    def _unknown_keys(self, tried: Tried) -> None:
        found, _ = tried.revision.compiled.unnamed.of(tried.parsed or {}, MAX_TRIAL_UNKNOWN_KEYS, any_index=True)
        seen: dict[str, set[str]] = {}
        for pointer, value in found:
            general = _pointer(Fault.UNKNOWN_KEY, pointer)
            if general not in self._unknown and len(self._unknown) >= MAX_TRIAL_UNKNOWN_KEYS:
                general = folded_pointer(general) if folded_pointer(general) in self._unknown else f"/{ANY}"
            seen.setdefault(general, set()).add(kind_of(value))
        for pointer, kinds in seen.items():
            count, known = self._unknown.get(pointer, (0, []))
            self._unknown[pointer] = (count + 1, sorted({*known, *kinds}))


def _folded(group: _Group) -> _Group:
    code, pointer, _, was = group
    return (code, folded_pointer(pointer) if code == Fault.UNKNOWN_KEY else pointer, None, was)


class _Node:
    """A place of the event that columns read, and the places below it."""

    __slots__ = ("below", "columns")

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.columns: list[int] = []

    def at(self, path: Path) -> "_Node":
        node = self
        for key in path:
            node = node.below.setdefault(key, _Node())
        return node


class _Columns:
    """How often each column is filled, and of which kinds its values are as they are sent."""

    def __init__(self, fields: Sequence[Mapping[str, Any]]) -> None:
        self._names = list(columns_of(fields))
        self._index = {name: number for number, name in enumerate(self._names)}
        self._filled = [0] * len(self._names)
        self._kinds: list[dict[str, int]] = [{} for _ in self._names]
        self._unknown = [False] * len(self._names)
        self._redacted = {name for name, field in columns_of(fields).items() if field.get("protect") == "redact"}
        self._macros = [self._index[name] for name, field in columns_of(fields).items() if field["presence"] == "macro"]
        self._root = _Node()
        self._add_places(fields, self._root, "")

    def load(self, kept: Iterable[Sequence[Any]]) -> None:
        for name, filled, kinds, is_unknown in kept:
            number = self._index[name]
            self._filled[number], self._kinds[number], self._unknown[number] = filled, dict(kinds), is_unknown

    def kept(self) -> list[list[Any]]:
        return [
            [name, self._filled[number], self._kinds[number], self._unknown[number]]
            for number, name in enumerate(self._names)
            if self._filled[number] or self._kinds[number] or self._unknown[number]
        ]

    def add(self, tried: Tried, document: Mapping[str, Any] | None, *, knows_macros: bool) -> None:
        for name in tried.revision.masked_columns:
            self._unknown[self._index[name]] = True
        if not knows_macros:
            for number in self._macros:
                self._unknown[number] = True
        if tried.parsed is not None:
            kinds: set[tuple[int, str]] = set()
            _look(self._root, tried.parsed, kinds)
            for number, kind in kinds:
                self._kinds[number][kind] = self._kinds[number].get(kind, 0) + 1
        if document is not None:
            filled: set[int] = set()
            self._fill(document, "", filled)
            for number in filled:
                self._filled[number] += 1

    def shown(self, accepted: int) -> list[dict[str, Any]]:
        return [
            {
                "column": name,
                "filled": None if self._unknown[number] or not accepted else _share(self._filled[number], accepted),
                "kinds": self._kinds[number],
            }
            for number, name in enumerate(self._names)
            if name not in self._redacted
        ]

    def _add_places(self, fields: Sequence[Mapping[str, Any]], node: _Node, above: str) -> None:
        for field in fields:
            place = node.at(path_of(field))
            name = above + field["key"]
            place.columns.append(self._index[name])
            if field.get("fields"):
                inside = place.at((ANY,)) if field["type"] == "ARRAY_OBJECT" else place
                self._add_places(field["fields"], inside, f"{name}.")

    def _fill(self, document: Mapping[str, Any], above: str, filled: set[int]) -> None:
        for key, value in document.items():
            name = above + key
            number = self._index.get(name)
            if number is None or value is None:
                continue
            filled.add(number)
            if type(value) is dict:
                self._fill(value, f"{name}.", filled)
            elif type(value) is list:
                for element in value:
                    if type(element) is dict:
                        self._fill(element, f"{name}.", filled)


def _look(node: _Node, value: Any, kinds: set[tuple[int, str]]) -> None:
    if type(value) is dict:
        for key in value.keys() & node.below.keys():
            below, member = node.below[key], value[key]
            if below.columns:
                kind = kind_of(member)
                kinds.update((number, kind) for number in below.columns)
            if below.below:
                _look(below, member, kinds)
    elif type(value) is list and ANY in node.below:
        for element in value:
            _look(node.below[ANY], element, kinds)


class _Room:
    """How much of an answer is left."""

    def __init__(self) -> None:
        self._left = MAX_TRIAL_RESULT_BYTES

    def fit(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the first rows that there is room for."""
        fitting = []
        for row in rows:
            self._left -= len(orjson.dumps(row)) + 1
            if self._left < 0:
                break
            fitting.append(row)
        return fitting


def _pointer(code: str, pointer: str) -> str:
    """Return the pointer of a group, with `?` for what is no character: a sender's key may hold any."""
    return group_pointer(code, pointer).encode(errors="replace").decode()


def _share(count: int, of: int) -> float:
    return round(count / of, _SHARE_DIGITS) if of else 0.0
