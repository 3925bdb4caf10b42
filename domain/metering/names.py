"""Counts of events by their names and outcomes."""

from collections.abc import Mapping

from schemas.limits import MAX_EVENT_NAMES

NAMED_OUTCOMES = ("accepted", "quarantined", "rejected")
"""Outcomes of events whose text was read, so that they can have a name."""


class NameCounts:
    """Counts by name, then by outcome; `other` has those of names for which there was no room."""

    __slots__ = ("names", "other")

    def __init__(self) -> None:
        self.names: dict[str, dict[str, int]] = {}
        self.other: dict[str, int] = {}

    def add(self, name: str, outcome: str, count: int) -> None:
        """Count events of a name."""
        outcomes = self.names.setdefault(name, {})
        outcomes[outcome] = outcomes.get(outcome, 0) + count

    def add_other(self, outcome: str, count: int) -> None:
        """Count events of names for which there was no room."""
        self.other[outcome] = self.other.get(outcome, 0) + count

    def add_all(self, names: Mapping[str, Mapping[str, int]], other: Mapping[str, int], room: int) -> None:
        """Add counts; what makes more than `room` different names is counted as other."""
        for name, outcomes in names.items():
            has_room = name in self.names or len(self.names) < room
            for outcome, count in outcomes.items():
                if has_room:
                    self.add(name, outcome, count)
                else:
                    self.add_other(outcome, count)
        for outcome, count in other.items():
            self.add_other(outcome, count)

    def most_frequent(self) -> "NameCounts":
        """Return the counts of the names that occur most, as many as there may be; those of all others as other."""
        ordered = sorted(self.names.items(), key=lambda entry: (-sum(entry[1].values()), entry[0]))
        most = NameCounts()
        most.add_all(dict(ordered), self.other, MAX_EVENT_NAMES)
        return most
