"""Revisions as the API takes and shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from schemas.data_types import DataType, TimestampFormat
from schemas.limits import MAX_EVENTS_PER_REQUEST, MAX_WHEN_FIELDS, MAX_WHEN_POINTERS
from schemas.models.declared import Declared, Id, Name, Page, Resource, Shown, left_out, not_longer, optional_field
from schemas.models.endpoint import TemplateName

AdditionalKeys = Literal["drop", "reject", "keep"]
"""What happens to keys that no field names: `keep` stores them under `_extra`."""

EventName = Annotated[
    list[str],
    Field(
        max_length=MAX_WHEN_POINTERS,
        description="JSON Pointers into the event: the first that holds a text that is not empty names the event.",
        examples=[["/event", "/type"]],
    ),
]

# Described as fields, but taken as they come: `check_fields` reports every fault at its own pointer.
Fields = Annotated[list[Any], WithJsonSchema({"type": "array", "items": {"$ref": "#/components/schemas/SchemaField"}})]


_PLAN: Any = {
    "additionalProperties": {
        "anyOf": [
            {"type": "object", "description": "A JSON Schema."},
            {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": MAX_EVENTS_PER_REQUEST},
        ]
    },
    "examples": [
        {
            "Order Completed": {
                "type": "object",
                "properties": {"orderId": {"type": "string"}},
                "required": ["orderId"],
            },
            "Order Cancelled": [{"orderId": "o-1", "reason": "late"}, {"orderId": "o-2"}],
        }
    ],
}


class RevisionCreate(Declared):
    """A blank revision, a clone of one of the same endpoint, or one from a template, a JSON Schema or samples."""

    name: Name = optional_field("Unique within the endpoint whatever its case; `Revision <n>` if left out.")
    clone_of: Id = optional_field("Id of the revision whose tree is taken over.")
    template: TemplateName = optional_field("Name of the template whose tree is taken over.")
    plan: Annotated[dict[str, Any], Field(min_length=1, max_length=MAX_WHEN_FIELDS, json_schema_extra=_PLAN)] = (
        optional_field(
            "With the template of a protocol whose events have names: by an event's name a JSON Schema of what it "
            "alone has, such as its properties, or an array of samples of that. Each becomes a field with `when`."
        )
    )
    json_schema: dict[str, Any] = optional_field("JSON Schema, drafts 4 to 2020-12, that fields are made of.")
    samples: Annotated[
        list[dict[str, Any]],
        Field(min_length=1, max_length=MAX_EVENTS_PER_REQUEST),
        not_longer(MAX_EVENTS_PER_REQUEST),
    ] = optional_field("Events as they would be sent, that fields are inferred from.")
    fit: Literal["all", "most"] = optional_field(
        "With samples. `all`, the default: the revision accepts every sample. `most`: a key has the type of at least "
        "nine in ten of its values, and samples with the others are rejected."
    )
    kinds_by: Annotated[list[str], Field(max_length=MAX_WHEN_POINTERS, examples=[["/type", "/event"]])] = (
        optional_field(
            "With samples. JSON Pointers at which an event says of which kind it is, the one that says most last: "
            "keys that only some kinds have become fields with `when`."
        )
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> "RevisionCreate":
        if len(self.model_fields_set - {"name", "fit", "kinds_by", "plan"}) > 1:
            raise PydanticCustomError("conflict", "Give one of clone_of, template, json_schema and samples.")
        if self.plan is not None and self.template is None:
            raise PydanticCustomError("conflict", "Give plan only with a template.")
        if self.fit is not None and self.samples is None:
            raise PydanticCustomError("conflict", "Give fit only with samples.")
        if self.kinds_by is not None and self.samples is None:
            raise PydanticCustomError("conflict", "Give kinds_by only with samples.")
        return self


class RevisionChange(Declared):
    name: Name = optional_field("The one thing that may change once the revision is finalised.")
    additional_keys: AdditionalKeys = optional_field(
        "What happens to keys that no field names: `drop` leaves them out, `reject` refuses the event, `keep` stores "
        "them under `_extra`."
    )
    event_name: EventName = optional_field("Pointers that name the event, for usage and filters; none: `[]`.")


class FieldsReplace(Declared):
    fields: Fields = Field(description="The whole tree; it replaces the one before.")
    event_name: EventName = optional_field("Pointers that name the event; left out, they stay as they are.")


class Revision(Resource):
    endpoint_id: str
    name: str
    state: Literal["draft", "finalised"] = Field(description="Only a finalised revision can be deployed.")
    additional_keys: AdditionalKeys = Field(description="What happens to keys that no field names.")
    event_name: EventName
    parent_id: str | None = Field(description="The revision that this one was cloned from.")
    field_count: int = Field(description="Fields on all levels.")
    finalised_at: str | None = Field(description="Null of a draft.", json_schema_extra={"format": "date-time"})


class RevisionWithFields(Revision):
    fields: Fields


class Unmapped(Shown):
    """Something of a JSON Schema that the fields do not say."""

    pointer: str = Field(description="Of the subschema, within the JSON Schema as it was sent.")
    keyword: str
    reason: str


class Import(Shown):
    """What of a JSON Schema was not taken over."""

    complete: bool = Field(description="Whether every key of the documents that the JSON Schema accepts is stored.")
    exact: bool = Field(
        description="Whether the fields accept just what the JSON Schema accepts, null apart, which is a missing key."
    )
    lost: list[Unmapped] = Field(description="The first 500 of what makes it not complete.")
    lost_count: int
    unmapped: list[Unmapped] = Field(description="The first 500 of what the fields do not say.")
    unmapped_count: int


class EventFault(Shown):
    """One fault of an event."""

    pointer: str = Field(description="JSON Pointer into the event.")
    code: str = Field(description="One of a closed set.")
    message: str = Field(description="One sentence, which never repeats what was sent.")


class Guess(Shown):
    """What was inferred for one field, and from what."""

    path: str = Field(
        description="The keys from the root, as they are stored, joined by dots.", examples=["items.price"]
    )
    from_: str = Field(
        default_factory=left_out, alias="from", description="Where the value stands, if not under the key."
    )
    when: dict[str, list[Any]] = optional_field("The kinds of events that the field is inferred for.")
    type: DataType
    format: TimestampFormat = optional_field("Of a TIMESTAMP that is not in Unix seconds.")
    presence: Literal["required", "optional"] = Field(description="Required if no object at its place is without it.")
    confidence: Literal["low", "medium", "high"] = Field(
        description="By the number of values, from 10 and from 100 on; always low if the type does not fit all of them."
    )
    why: str
    objects: int = Field(description="How many objects stand where its parent is: all samples, for one at the root.")
    values: int = Field(description="In how many of them it has a value that is not null.")
    nulls: int
    missing: int
    kinds: dict[str, int] = Field(
        description="How many of its values are `string`, `integer` (written without fraction and exponent), `number` "
        "(all others), `boolean`, `object`, `array`, `null`.",
        examples=[{"integer": 7, "number": 12}],
    )
    element_kinds: dict[str, int] = optional_field("The same of the elements of its arrays.")


class LeftOut(Shown):
    """A key that has no field: what stands there is kept in `_extra`, as `additional_keys` says."""

    path: str = Field(description="The keys from the root, as they are sent, joined by dots.")
    pointer: str = Field(description="Where it is first met, within the body.", examples=["/samples/0/Price"])
    seen: int = Field(description="How often it occurs.")
    reason: str


class RefusedSample(Shown):
    """A sample that the revision would refuse, by the very code of ingest."""

    index: int
    errors: list[EventFault] = Field(description="The first 10.")
    more: bool = optional_field("True if there are more faults than are listed.")


class ProposedKinds(Shown):
    """Root keys whose values tell which other keys an event has: what `kinds_by` could be."""

    pointers: list[str]
    explains: float = Field(description="Which share of the uncertainty which keys an event has is gone with them.")


class Inference(Shown):
    """What was inferred from samples, how sure that is, and what the fields do not hold."""

    samples: int
    accepted: int = Field(description="How many of the samples the revision accepts.")
    guesses: list[Guess] = Field(description="One for each field, in their order.")
    left_out: list[LeftOut] = Field(description="The first 500.")
    left_out_count: int
    refused: list[RefusedSample] = Field(description="The first 100.")
    refused_count: int
    proposed_kinds_by: ProposedKinds = optional_field("Only if there are such keys, and `kinds_by` is not given.")


class PlannedEvent(Shown):
    """What became of one event of a plan: of its JSON Schema, or of its samples."""

    event: str = Field(description="Its name, as the plan has it.")
    key: str = Field(description="Of its field.")
    import_: Import = Field(default_factory=left_out, alias="import", description="Only of a JSON Schema.")
    inference: Inference = optional_field("Only of samples.")


class CreatedRevision(RevisionWithFields):
    plan: list[PlannedEvent] = optional_field("Only if it was made from a plan: its events, in order.")
    import_: Import = Field(
        default_factory=left_out, alias="import", description="Only if it was made from a JSON Schema."
    )
    inference: Inference = optional_field("Only if it was made from samples.")


class RevisionPage(Page):
    items: list[Revision]


class DryRunRow(Shown):
    """What would become of one event."""

    index: int = Field(description="The event's place in the request.")
    outcome: Literal["accepted", "rejected"]
    errors: list[EventFault]
    more: bool = optional_field("True if faults, `stored` or pointers are left out.")
    dropped: list[str] = optional_field(
        "JSON Pointers into the event: what no field names and the revision drops; left out if nothing is."
    )
    defaulted: list[str] = optional_field("JSON Pointers into `stored`: where a default stands.")
    filled: list[str] = optional_field("JSON Pointers into `stored`: what a macro gave.")
    protected: list[str] = optional_field(
        "JSON Pointers into `stored`: where what `protect` makes of a value stands, or nothing."
    )
    stored: dict[str, Any] | None = Field(
        description="What a destination would receive; null, with `more`, once an answer holds no more."
    )


class DryRun(Shown):
    results: list[DryRunRow]
