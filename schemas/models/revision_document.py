"""What a revision is shown as elsewhere."""

from typing import Any, Literal

from pydantic import Field, RootModel

from schemas.models.declared import Shown


class RevisionJsonSchema(RootModel[dict[str, Any]]):
    """A JSON Schema of the dialect 2020-12."""


class BigQueryColumn(Shown):
    """One column, as BigQuery's API has it."""

    name: str
    type: Literal["STRING", "INT64", "FLOAT64", "BOOL", "DATETIME", "TIMESTAMP", "DATE", "JSON", "RECORD"]
    mode: Literal["REQUIRED", "NULLABLE", "REPEATED"]
    description: str = Field(default="", description="Left out if the field has none.")
    fields: list["BigQueryColumn"] = Field(default=[], description="Of a RECORD only.")


class RevisionBigQuerySchema(Shown):
    """A table's schema, as BigQuery's API takes it."""

    fields: list[BigQueryColumn]


class RevisionTypes(Shown):
    """A file of code; the same for the same fields, so that a comparison tells when they have changed."""

    language: Literal["typescript", "python", "json-schema"]
    file_name: str = Field(description="What to call the file.", examples=["events.ts"])
    code: str = Field(description="The types of the events as they are sent: `Event`, and what it is made of.")


class RevisionExample(Shown):
    example: dict[str, Any] = Field(description="An event that the revision accepts.")
