"""Usage as the API shows it."""

from typing import Literal

from pydantic import Field

from schemas.models.declared import Shown, optional_field

SliceName = Literal["minute", "hour", "day", "month"]

_WHOLE_SLICES = "Whole slices: rounded down for `from`, up for `to`."


class UsageCounts(Shown):
    """The metrics that were asked for; every number is a 64-bit integer."""

    requests: int = optional_field("Requests that reached a revision.")
    bytes: int = optional_field("Bytes of accepted events, as they are stored.")
    accepted: int = optional_field("Events that were valid and made durable.")
    rejected: int = optional_field("Events that were not valid, kept or not.")
    quarantined: int = optional_field("Those of the rejected events that are kept in quarantine.")
    redriven: int = optional_field("Events that were sent from quarantine; they are among the accepted ones, too.")
    limited: int = optional_field("Events over the plan or the rate limit, which were not taken.")
    delivered: int = optional_field("Events in delivered objects or rows, by the time of their arrival.")
    repeats: int = optional_field(
        "Accepted events that the destination dropped as copies: sent again under one `Idempotency-Key`."
    )
    set_aside: int = optional_field("Events that the destination refused, kept with its reason.")
    in_flight: int = optional_field(
        "`accepted - delivered - repeats - set_aside`: on their way. Below zero for some seconds where delivery is "
        "counted first, and for good where counts of accepted events were lost."
    )


class UsageRow(UsageCounts):
    """One slice."""

    at: str = Field(description="The slice's start, UTC.", json_schema_extra={"format": "date-time"})


class NamedCounts(Shown):
    """Events of one name, of several, or of one protocol."""

    accepted: int = Field(description="Events that were valid and made durable.")
    rejected: int = Field(description="Events that were not valid, kept or not.")
    quarantined: int = Field(description="Those of the rejected events that are kept in quarantine.")


class NameCounts(NamedCounts):
    """Events of one name."""

    name: str | None = Field(description="Null for events without a name, or whose text could not be read.")


class ProtocolCounts(NamedCounts):
    """Events of one protocol."""

    protocol: str | None = Field(description="What they came in, such as `segment`; null for native events.")


class UsageGroup(Shown):
    """The same sums of one endpoint or environment."""

    id: str
    series: list[UsageRow]
    totals: UsageCounts


class Usage(Shown):
    """Sums by slice, without gaps."""

    start: str = Field(alias="from", description=_WHOLE_SLICES, json_schema_extra={"format": "date-time"})
    to: str = Field(description=_WHOLE_SLICES, json_schema_extra={"format": "date-time"})
    slice: SliceName
    series: list[UsageRow]
    totals: UsageCounts
    groups: list[UsageGroup] = optional_field(
        "With `by=endpoint` or `by=environment`: the sums of each. What deleted ones took is in none."
    )
    names: list[NameCounts] = optional_field(
        "With `by=event_name`: whole hours' events by name, the most frequent first, those without a name last."
    )
    protocols: list[ProtocolCounts] = optional_field(
        "With `by=protocol`: the events of each protocol, the most frequent first, native ones last."
    )
    other: NamedCounts = optional_field("With `by=event_name`: the events of all names that are not in `names`.")


class CodeCount(Shown):
    """How often events were refused with a code."""

    code: str
    count: int


class UsageCodes(Shown):
    """Codes of refused events, the most frequent first; every fault of an event counts."""

    start: str = Field(alias="from", description=_WHOLE_SLICES, json_schema_extra={"format": "date-time"})
    to: str = Field(description=_WHOLE_SLICES, json_schema_extra={"format": "date-time"})
    codes: list[CodeCount]
