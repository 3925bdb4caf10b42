"""Differences between revisions as the API shows them."""

from typing import Any, Literal

from pydantic import Field

from schemas.models.declared import Shown


class RevisionChangeRow(Shown):
    """What differs at one path."""

    path: str = Field(
        description="The keys from the root, joined by dots; empty for the revision itself.", examples=["items.price"]
    )
    change: Literal["added", "removed", "changed"]
    change_class: Literal["breaking", "safe", "cosmetic"] = Field(alias="class")
    before: dict[str, Any] | None = Field(
        description="The field that was removed; of a changed one the fields that differ; else null."
    )
    after: dict[str, Any] | None = Field(
        description="The field that was added; of a changed one the fields that differ; else null."
    )
    why: str = Field(description="Plain sentences, the worst first.")


class RevisionDiff(Shown):
    """Every path that differs, and the worst class of them."""

    diff_class: Literal["breaking", "safe", "cosmetic", "none"] = Field(alias="class")
    changes: list[RevisionChangeRow]
