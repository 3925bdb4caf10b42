"""Revisions as the API takes and shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from schemas.models.declared import Declared, Id, Name, Page, Resource, Shown, optional_field
from schemas.models.endpoint import TemplateName

AdditionalKeys = Literal["drop", "reject"]

# Described as data maps, but taken as they come: `check_data_maps` reports every fault at its own pointer.
DataMaps = Annotated[list[Any], WithJsonSchema({"type": "array", "items": {"$ref": "#/components/schemas/DataMap"}})]


class RevisionCreate(Declared):
    """A blank revision, a clone of one of the same endpoint, or one from a template."""

    name: Name = optional_field("Unique within the endpoint whatever its case; `Revision <n>` if left out.")
    clone_of: Id = optional_field("Id of the revision whose tree is taken over.")
    template: TemplateName = optional_field("Name of the template whose tree is taken over.")

    @model_validator(mode="after")
    def _has_one_source(self) -> "RevisionCreate":
        if {"clone_of", "template"} <= self.model_fields_set:
            raise PydanticCustomError("conflict", "Give clone_of or template, not both.")
        return self


class RevisionChange(Declared):
    name: Name = optional_field("The one thing that may change once the revision is finalised.")
    additional_keys: AdditionalKeys = optional_field("What happens to keys that no data map names.")


class DataMapsReplace(Declared):
    data_maps: DataMaps = Field(description="The whole tree; it replaces the one before.")


class Revision(Resource):
    endpoint_id: str
    name: str
    state: Literal["draft", "finalised"]
    additional_keys: AdditionalKeys
    parent_id: str | None = Field(description="The revision that this one was cloned from.")
    data_map_count: int = Field(description="Data maps on all levels.")
    finalised_at: str | None = Field(json_schema_extra={"format": "date-time"})


class RevisionWithDataMaps(Revision):
    data_maps: DataMaps


class RevisionPage(Page):
    items: list[Revision]


class EventFault(Shown):
    pointer: str
    code: str
    message: str


class DryRunRow(Shown):
    """What would become of one event."""

    index: int
    outcome: Literal["accepted", "rejected"]
    errors: list[EventFault]
    more: bool = optional_field("True if there are more faults than are listed.")
    stored: dict[str, Any] | None = Field(description="What a destination would receive of an accepted event.")


class DryRun(Shown):
    results: list[DryRunRow]
