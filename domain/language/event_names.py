"""`event_name`: which pointers of a revision may name an event."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.errors import Rejected
from domain.language.field_places import text_faults
from domain.language.save_faults import SaveFault
from schemas.codes import Problem
from schemas.places import Path, keys_of, path_of
from schemas.save_codes import FieldFault


def check_event_name(event_name: Sequence[str], fields: Sequence[Mapping[str, Any]]) -> None:
    """Check the pointers of a revision whose fields are `fields`, which are sound.

    Raises:
        Rejected: invalid_request, with each fault at its pointer in `/event_name`.
    """
    errors = [
        {"pointer": fault.pointer, "code": fault.code.value, "message": fault.message}
        for fault in _faults(event_name, set(protected_paths(fields)))
    ]
    if errors:
        raise Rejected(Problem.INVALID_REQUEST, errors[0]["message"], errors=errors)


def protected_paths(fields: Sequence[Mapping[str, Any]], within: Path = ()) -> Iterator[Path]:
    """Yield where in the event the protected values stand that are under no array."""
    for field in fields:
        here = (*within, *path_of(field))
        if "protect" in field:
            yield here
        if field["type"] == "OBJECT":
            yield from protected_paths(field["fields"], here)


def _faults(event_name: Sequence[str], protected: set[Path]) -> Iterator[SaveFault]:
    for index, pointer in enumerate(event_name):
        here = f"/event_name/{index}"
        keys = keys_of(pointer)
        faults = list(text_faults(pointer, here, is_pointer=True))
        yield from faults
        if faults:
            continue
        # A text that stands where an object with protected fields belongs may hold any of them.
        if any(keys[: len(path)] == path or path[: len(keys)] == keys for path in protected):
            message = "The field there is protected: what names an event is shown in usage and filters."
            yield SaveFault(here, FieldFault.CONTRADICTION, message)
        elif pointer in event_name[:index]:
            yield SaveFault(here, FieldFault.DUPLICATE_VALUE, "The pointer stands here twice.")
