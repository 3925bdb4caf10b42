"""Which quarantined events are meant: by reason, by revision, by name and by hour of arrival."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.delivery.messages import QuarantinedEvent
from domain.quarantine.groups import ANY, folded_pointer, group_pointer
from domain.quarantine.ports import GroupKey
from schemas.codes import Fault


@dataclass(frozen=True, slots=True)
class QuarantineFilter:
    """Hours of arrival in `[start, end)` (Unix seconds of an hour's start), narrowed by what is not None.

    A pointer means the group it is in: `/items/3/price` is `/items/*/price`. A `*` at the end of an unknown key's
    pointer means every such key there.
    """

    start: int
    end: int
    code: str | None = None
    pointer: str | None = None
    revision_id: str | None = None
    event_name: str | None = None

    def of_any_name(self) -> "QuarantineFilter":
        """Return the filter without the name of events, which not every event is counted by."""
        return replace(self, event_name=None)

    def has_hour(self, hour: int) -> bool:
        return self.start <= hour < self.end

    def has_group(self, key: GroupKey) -> bool:
        """Say whether events of a group may be meant; of the groups of all events, only where no reason is asked."""
        if self.revision_id not in {None, key.revision_id} or key.event_name != (self.event_name or ""):
            return False
        if key.is_total:
            return self.code is None and self.pointer is None
        if self.pointer is not None and key.code == Fault.UNKNOWN_KEY and key.pointer.endswith(f"/{ANY}"):
            # Keys that had no group of their own are in this one, the one that is asked for perhaps among them.
            return (
                self.code in {None, key.code} and folded_pointer(group_pointer(key.code, self.pointer)) == key.pointer
            )
        return self._has_fault(key.code, key.pointer)

    def has_event(self, event: QuarantinedEvent) -> bool:
        """Say whether an event of one of the hours is meant."""
        if self.revision_id not in {None, event.revision_id} or self.event_name not in {None, event.event_name}:
            return False
        if self.code is None and self.pointer is None:
            return True
        return any(self._has_fault(error["code"], error["pointer"]) for error in event.errors)

    def document(self) -> dict[str, Any]:
        """Return the filter as JSON."""
        return {
            "start": self.start,
            "end": self.end,
            "code": self.code,
            "pointer": self.pointer,
            "revision_id": self.revision_id,
            "event_name": self.event_name,
        }

    def _has_fault(self, code: str, pointer: str) -> bool:
        if self.code not in {None, code}:
            return False
        if self.pointer is None:
            return True
        asked, own = group_pointer(code, self.pointer), group_pointer(code, pointer)
        return asked == own or (code == Fault.UNKNOWN_KEY and asked == folded_pointer(own))


def filter_from_document(document: Mapping[str, Any]) -> QuarantineFilter:
    """Return the filter of `QuarantineFilter.document`."""
    return QuarantineFilter(**document)
