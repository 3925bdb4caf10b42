"""The quarantine's counts in memory, in the plainest way."""

from collections import defaultdict

from domain.quarantine.groups import folded, may_be_folded
from domain.quarantine.ports import Group, GroupKey, ObjectEntry, Progress, SettledObject
from schemas.codes import Fault
from schemas.limits import MAX_NAMED_GROUPS_PER_HOUR, MAX_UNKNOWN_KEYS_PER_HOUR


class MemoryQuarantine:
    """Implements `QuarantineIndex`."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int, GroupKey], Group] = {}
        self.lines: dict[str, set[int]] = {}
        self.settled: set[tuple[str, str]] = set()
        self.sums: dict[str, Progress] = defaultdict(Progress)

    def add(self, entry: ObjectEntry) -> None:
        if entry.object_key in self.lines:
            return
        self.lines[entry.object_key] = set()
        for key, events, first, last in entry.groups:
            if self._is_left_out(entry, key):
                continue
            place = (entry.environment_id, entry.hour, self._counted(entry.environment_id, entry.hour, key))
            name = entry.object_key
            before = self.rows.get(place) or Group(entry.hour, place[2], 0, 0, first, last, name, name)
            self.rows[place] = before._replace(
                events=before.events + events,
                first_seen=min(before.first_seen, first),
                last_seen=max(before.last_seen, last),
                last_object=name,
            )

    def groups(self, environment_id: str, start: int, end: int) -> list[Group]:
        return [
            row
            for (owner, hour, _), row in sorted(self.rows.items())
            if owner == environment_id and start <= hour < end
        ]

    def redriven_lines(self, object_key: str) -> frozenset[int] | None:
        return frozenset(self.lines[object_key]) if object_key in self.lines else None

    def is_settled(self, redrive_id: str, object_key: str) -> bool:
        return (redrive_id, object_key) in self.settled

    def settle(self, settled: SettledObject) -> bool:
        if self.is_settled(settled.redrive_id, settled.object_key):
            return False
        self.settled.add((settled.redrive_id, settled.object_key))
        before = self.lines.setdefault(settled.object_key, set())
        for key, events in settled.groups_without(before).items():
            for counted in (key, folded(key) if may_be_folded(key) else key):
                place = (settled.environment_id, settled.hour, counted)
                if place in self.rows:
                    row = self.rows[place]
                    self.rows[place] = row._replace(redriven=row.redriven + events)
                    break
        before.update(settled.sent)
        self.sums[settled.redrive_id] += settled.progress
        return True

    def progress(self, redrive_id: str) -> Progress:
        return self.sums[redrive_id]

    def _is_left_out(self, entry: ObjectEntry, key: GroupKey) -> bool:
        at = (entry.environment_id, entry.hour)
        named = [group for owner, hour, group in self.rows if (owner, hour) == at and group.event_name]
        return bool(key.event_name) and key not in named and len(named) >= MAX_NAMED_GROUPS_PER_HOUR

    def _counted(self, environment_id: str, hour: int, key: GroupKey) -> GroupKey:
        if not may_be_folded(key) or (environment_id, hour, key) in self.rows:
            return key
        known = [
            group
            for owner, at, group in self.rows
            if (owner, at) == (environment_id, hour)
            and group.code == Fault.UNKNOWN_KEY
            and not group.pointer.endswith("/*")
        ]
        return folded(key) if len(known) >= MAX_UNKNOWN_KEYS_PER_HOUR else key
