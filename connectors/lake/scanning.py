"""The first look at an object: which of its events may stand in the table already, or twice in the object.

As `domain.delivery.repeats` says, of the lines of an event that was sent again all but the first show what they are. So
the writer of a marked line notes its id before it looks at the table, and the writer of one without a mark reads the
notes after it has opened the table: whichever commits later has seen what the other added.
"""

from dataclasses import dataclass, field

from domain.delivery.landed import LandedObject, stamps_of
from domain.delivery.marks import MARK, unmarked
from domain.delivery.repeats import Suspects
from domain.ids import is_derived

HOUR_CHARS = len("2026-11-29T10")


@dataclass(slots=True)
class Scan:
    """What an object holds, without its events."""

    hours: set[tuple[str, str]] = field(default_factory=set)
    """Revisions, each with an hour (`YYYY-MM-DDTHH`) in which events of it arrived."""
    suspects: Suspects = field(default_factory=Suspects)
    """Of its own lines. Of the ids in here, the object's first line alone stands."""
    sent_again: dict[str, set[str]] = field(default_factory=dict)
    """By minute, ids whose first line has no mark, and may be in another object: who writes that has to know."""
    minutes: set[str] = field(default_factory=set)
    """Of lines without a mark: others may have been sent again."""

    @property
    def revision_ids(self) -> set[str]:
        return {revision_id for revision_id, _ in self.hours}

    def with_noted(self, noted: dict[str, set[str]]) -> Suspects:
        """Return the suspects together with those that the writers of other objects have noted."""
        found = self.suspects.copy()
        for minute, event_ids in noted.items():
            for event_id in event_ids:
                found.add(event_id, minute)
        return found


def scanned(landed: LandedObject) -> Scan:
    scan = Scan()
    for raw in landed.lines():
        line = unmarked(raw)
        stamps = stamps_of(line)
        if stamps is None:
            continue
        scan.hours.add((stamps.revision_id, stamps.minute[:HOUR_CHARS]))
        mark = raw[: len(raw) - len(line)]
        if mark == MARK:
            scan.sent_again.setdefault(stamps.minute, set()).add(stamps.event_id)
        elif not mark:
            scan.minutes.add(stamps.minute)
        derived = is_derived(stamps.event_id)
        if mark or derived:
            scan.suspects.add(stamps.event_id, stamps.minute, is_derived=derived)
    return scan
