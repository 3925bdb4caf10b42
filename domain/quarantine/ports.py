"""What the quarantine keeps beside its objects: how many events of which kind, by hour, and how far redrives are.

A **group** is what events have in common that were refused for the same reason: the revision, a fault's code, and its
pointer, in which `*` stands for every element of an array. An event with three faults is in three groups, and in the
group of its revision that has neither code nor pointer, which counts events.
"""

from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

REPAIRED = "events"
"""In `Progress.changed`: events that at least one repair has changed."""


class GroupKey(NamedTuple):
    """`code` and `pointer` are empty for the group of all events of a revision.

    `event_name` is empty for events of any name: an event that has one is in a group of its name as well.
    """

    revision_id: str
    code: str
    pointer: str
    event_name: str = ""

    @property
    def is_total(self) -> bool:
        return not self.code


class GroupCount(NamedTuple):
    """Events of one group in one object, and when the first and the last of them arrived (RFC 3339)."""

    key: GroupKey
    events: int
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """What one object holds. `hour` is the start of the hour of arrival, in Unix seconds."""

    object_key: str
    environment_id: str
    hour: int
    groups: Sequence[GroupCount]


class Group(NamedTuple):
    """One group in one hour; `events - redriven` of its events are still in quarantine.

    `first_object` and `last_object` are keys of objects that hold some of them.
    """

    hour: int
    key: GroupKey
    events: int
    redriven: int
    first_seen: str
    last_seen: str
    first_object: str
    last_object: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What a redrive has done so far, of the objects that it is through with.

    `matched` events are what its filter names; `valid` ones fit the revision, of which `sent` went to the streams;
    `invalid` ones stay, with `codes` counting their faults under the revision. `truncated` ones, of which not all
    was kept, stay without being validated. `changed` counts the events that repairs have changed, whether they fit
    then or not: under `REPAIRED`, and under the number of each repair, from 0, as text.
    """

    objects: int = 0
    matched: int = 0
    valid: int = 0
    sent: int = 0
    invalid: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)
    truncated: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Progress") -> "Progress":
        codes, changed = Counter(self.codes), Counter(self.changed)
        codes.update(other.codes)
        changed.update(other.changed)
        return Progress(
            self.objects + other.objects,
            self.matched + other.matched,
            self.valid + other.valid,
            self.sent + other.sent,
            self.invalid + other.invalid,
            dict(codes),
            self.truncated + other.truncated,
            dict(changed),
        )


@dataclass(frozen=True, slots=True)
class SettledObject:
    """What a redrive did with one object: the lines that it sent, by their numbers from 0, each with its groups."""

    redrive_id: str
    object_key: str
    environment_id: str
    hour: int
    sent: Mapping[int, Collection[GroupKey]]
    progress: Progress

    def groups_without(self, lines: Container[int]) -> Mapping[GroupKey, int]:
        """Return how many sent events are in each group, without those lines, which were sent before."""
        return Counter(key for number, groups in self.sent.items() if number not in lines for key in groups)


class QuarantineIndex(Protocol):
    """Counts what objects hold. Raises `Undelivered` when it can't.

    The keys of an hour that no field has (`unknown_key`) are made up by senders: only so many become
    groups of their own, and `domain.quarantine.groups.folded` says in which one the others are counted. So are names of
    events: a new group of a name is left out of an hour that has `MAX_NAMED_GROUPS_PER_HOUR` of them.
    """

    def add(self, entry: ObjectEntry) -> None:
        """Count an object, once: a second call with the same key changes nothing."""
        ...

    def groups(self, environment_id: str, start: int, end: int) -> list[Group]:
        """Return the groups of the hours whose start is in `[start, end)`, in order of hour and key."""
        ...

    def redriven_lines(self, object_key: str) -> frozenset[int] | None:
        """Return the numbers of an object's lines that were sent already; None for one that was never counted."""
        ...

    def is_settled(self, redrive_id: str, object_key: str) -> bool: ...

    def settle(self, settled: SettledObject) -> bool:
        """Note, all at once, that a redrive is through with an object; False if it was noted before.

        A line that was sent is taken out of its groups once, however many redrives sent it.
        """
        ...

    def progress(self, redrive_id: str) -> Progress: ...


class RedriveStarter(Protocol):
    """Sets the work on a redrive going. Raises `Undelivered` when it can't."""

    def start(self, redrive_id: str, /) -> None:
        """Begin; a second call for the same redrive does no harm."""
        ...

    def is_at_work(self, redrive_id: str, /) -> bool:
        """Say whether anything is still done for a redrive that was started; of a fresh one it may not be known yet."""
        ...
