"""Revisions as the API takes and shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from schemas.models.declared import Declared, Id, Name, Page, Resource, Shown, left_out, optional_field
from schemas.models.endpoint import TemplateName

AdditionalKeys = Literal["drop", "reject"]

# Described as data maps, but taken as they come: `check_data_maps` reports every fault at its own pointer.
DataMaps = Annotated[list[Any], WithJsonSchema({"type": "array", "items": {"$ref": "#/components/schemas/DataMap"}})]


class RevisionCreate(Declared):
    """A blank revision, a clone of one of the same endpoint, or one from a template or a JSON Schema."""

    name: Name = optional_field("Unique within the endpoint whatever its case; `Revision <n>` if left out.")
    clone_of: Id = optional_field("Id of the revision whose tree is taken over.")
    template: TemplateName = optional_field("Name of the template whose tree is taken over.")
    json_schema: dict[str, Any] = optional_field("JSON Schema, drafts 4 to 2020-12, that data maps are made of.")

    @model_validator(mode="after")
    def _has_one_source(self) -> "RevisionCreate":
        if len(self.model_fields_set - {"name"}) > 1:
            raise PydanticCustomError("conflict", "Give one of clone_of, template and json_schema.")
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


class Unmapped(Shown):
    """Something of a JSON Schema that the data maps do not say."""

    pointer: str = Field(description="Of the subschema, within the JSON Schema as it was sent.")
    keyword: str
    reason: str


class Import(Shown):
    """What of a JSON Schema was not taken over."""

    unmapped: list[Unmapped] = Field(description="The first 500.")
    unmapped_count: int


class CreatedRevision(RevisionWithDataMaps):
    import_: Import = Field(
        default_factory=left_out, alias="import", description="Only if it was made from a JSON Schema."
    )


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
