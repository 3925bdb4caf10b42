"""What completes the documents of a revision; of what that takes, only what the revision has is loaded."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domain.completion.plan import Complete


def completion_steps(fields: Sequence[Mapping[str, Any]]) -> "tuple[Complete, ...]":
    """Return what completes a document, in order: its macros are filled in, then its values protected."""
    steps: list[Complete | None] = []
    if _have(fields, "macro"):
        from domain.completion.macro_plan import make_macro_plan  # noqa: PLC0415 - most revisions have none

        steps.append(make_macro_plan(fields))
    if _have(fields, "protect"):
        from domain.completion.protect_plan import make_protect_plan  # noqa: PLC0415 - most revisions have none

        steps.append(make_protect_plan(fields))
    return tuple(step for step in steps if step is not None)


def _have(fields: Sequence[Mapping[str, Any]], name: str) -> bool:
    return any(field.get(name) or (field.get("fields") and _have(field["fields"], name)) for field in fields)
