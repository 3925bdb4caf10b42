"""Environments and deployments as the API takes and shows them."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from schemas.limits import (
    DEFAULT_CANARY_SECONDS,
    DEFAULT_MAX_EXTRA_REFUSED,
    DELIVERY_ERROR_KEPT_DAYS,
    MAX_ALLOWED_ORIGINS,
    MAX_BUFFER_SECONDS,
    MAX_CANARY_SECONDS,
    MAX_CANARY_SHARE,
    MAX_NOTE_CHARS,
    MAX_STREAMS,
    MAX_WRITE_KEY_CHARS,
    MAX_WRITE_KEYS,
    MIN_CANARY_EVENTS,
    MIN_CANARY_SECONDS,
)
from schemas.models.declared import (
    Declared,
    Id,
    Name,
    Page,
    Person,
    Resource,
    Shown,
    VisibleText,
    not_longer,
    optional_field,
)
from schemas.models.destination import Destination, DestinationChange, ShownDestination
from schemas.models.webhook import ShownWebhook, Webhooks

# A browser sends scheme, host and port in lower case, and leaves out a default port: anything else never matches.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


# Visible ASCII, which every header and form can carry; no colon, since some senders put a secret of theirs behind one.
WRITE_KEY_PATTERN = r"^[!-9;-~]+$"
WRITE_KEY_WORDS = "Must be of visible ASCII characters, without spaces and colons."


def _check_origin(value: str) -> str:
    default_port = (value.startswith("https://") and value.endswith(":443")) or (
        value.startswith("http://") and value.endswith(":80")
    )
    if default_port or not _ORIGIN.fullmatch(value):
        raise PydanticCustomError(
            "origin",
            "Must be an origin as browsers send it: scheme, host and port in lower case, without a default port "
            "or a path. An empty list allows every origin.",
        )
    return value


def _check_distinct(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("duplicate", "Must not name anything twice.")
    return values


Origin = Annotated[str, StringConstraints(max_length=300), AfterValidator(_check_origin)]
AllowedOrigins = Annotated[
    list[Origin],
    Field(max_length=MAX_ALLOWED_ORIGINS),
    not_longer(MAX_ALLOWED_ORIGINS),
    AfterValidator(_check_distinct),
]
WriteKey = Annotated[str, StringConstraints(min_length=1, max_length=MAX_WRITE_KEY_CHARS, pattern=WRITE_KEY_PATTERN)]
WriteKeys = Annotated[
    list[WriteKey], Field(max_length=MAX_WRITE_KEYS), not_longer(MAX_WRITE_KEYS), AfterValidator(_check_distinct)
]
OnInvalid = Literal["quarantine", "reject"]
Streams = Annotated[int, Field(ge=1, le=MAX_STREAMS)]
RateLimit = Annotated[int, Field(ge=1, le=1_000_000)]
BufferSeconds = Annotated[int, Field(ge=0, le=MAX_BUFFER_SECONDS)]

_BUFFER_SECONDS = (
    "For how long a stream gathers events before it writes an object, unless the object is large before: the shorter, "
    "the sooner they arrive, in more and smaller objects. null: as long as the deployment does, 60 on AWS; "
    "in BigQuery's mode `load` as many times as long as there are streams; 900 for a lake of files of Parquet."
)
_QUARANTINE_PROTECTED = (
    "Whether quarantine, too, keeps what is stored instead of the values of protected fields. What is no text there, "
    "and a text that can't be read, is then not kept."
)
Taps = Literal["on", "protected", "off"]
_TAPS = (
    "Whether editors may tap the environment and read live events. `on`: as they were sent; with "
    "`quarantine_protected`, as with `protected`. `protected`: with what is stored instead of the values of protected "
    "fields. `off`: not at all; running taps end."
)

_WRITE_KEYS = (
    "Keys of which every request has to carry one; empty: none is needed. They are public, since pages and apps carry "
    "them, and keep nothing secret: they let you turn senders away by taking a key out."
)


_SHARE = "Percentage of the requests that go to the canary."
_MAX_EXTRA_REFUSED = (
    "The canary is aborted automatically when its refused share exceeds the current revision's by more than this many "
    f"percentage points. It is compared once it has {MIN_CANARY_EVENTS} events."
)


class EnvironmentCreate(Declared):
    name: Name
    revision_id: Id = Field(description="A finalised revision of the same endpoint.")
    destination: Destination
    on_invalid: OnInvalid = Field(default="quarantine", description="What happens to an event that is not valid.")
    allowed_origins: AllowedOrigins = Field(
        default_factory=list, description="Origins whose pages may send events; empty: all."
    )
    write_keys: WriteKeys = Field(default_factory=list, description=_WRITE_KEYS)
    webhooks: Webhooks = Field(default_factory=list, description="Webhooks of others that it accepts.")
    rate_limit: RateLimit | None = Field(
        default=None, description="Events per second, averaged over 10 seconds; null: no limit."
    )
    streams: Streams = Field(default=1, description="Delivery streams over which requests are spread.")
    buffer_seconds: BufferSeconds | None = Field(default=None, description=_BUFFER_SECONDS)
    store_addresses: bool = Field(
        default=False, description="Whether quarantine and live events keep client addresses."
    )
    quarantine_protected: bool = Field(default=False, description=_QUARANTINE_PROTECTED)
    taps: Taps = Field(default="on", description=_TAPS)


class EnvironmentChange(Declared):
    name: Name = optional_field("Unique within the endpoint whatever its case.")
    destination: DestinationChange = optional_field(
        "The destination's settings; its type never changes. What is left out stays, credentials too."
    )
    on_invalid: OnInvalid = optional_field("What happens to an event that is not valid.")
    allowed_origins: AllowedOrigins = optional_field("Origins whose pages may send events; empty: all.")
    write_keys: WriteKeys = optional_field(_WRITE_KEYS)
    webhooks: Webhooks = optional_field(
        "All webhooks that it accepts from now on. One that is there keeps its secrets where none are given; one that "
        "is left out is removed with its secrets."
    )
    rate_limit: RateLimit | None = optional_field("Events per second, averaged over 10 seconds; null: no limit.")
    streams: Streams = optional_field("Delivery streams over which requests are spread.")
    buffer_seconds: BufferSeconds | None = optional_field(_BUFFER_SECONDS)
    store_addresses: bool = optional_field("Whether quarantine and live events keep client addresses.")
    quarantine_protected: bool = optional_field(_QUARANTINE_PROTECTED)
    taps: Taps = optional_field(_TAPS)


class EnvironmentCanary(Shown):
    """A revision that takes a share of the requests beside the one that the environment runs."""

    deployment_id: str
    revision_id: str
    share: int = Field(description=_SHARE)
    until: str = Field(description="When it ends automatically.", json_schema_extra={"format": "date-time"})


class DeliveryError(Shown):
    """Why the destination did not take events last."""

    reason: str = Field(description="In a sentence, by what the destination said; it holds no value of an event.")
    since: str = Field(description="When deliveries began to fail.", json_schema_extra={"format": "date-time"})
    at: str = Field(
        description="When one last failed; the same reason again is noted once a minute at most.",
        json_schema_extra={"format": "date-time"},
    )
    recovered_at: str | None = Field(
        description="When the destination took events again; null while it does not.",
        json_schema_extra={"format": "date-time"},
    )


class Environment(Resource):
    endpoint_id: str
    name: str
    revision_id: str = Field(description="The revision that events are validated by.")
    deployed_at: str = Field(description="When that revision was deployed.", json_schema_extra={"format": "date-time"})
    destination: ShownDestination
    on_invalid: OnInvalid = Field(description="What happens to an event that is not valid.")
    allowed_origins: list[str] = Field(description="Origins whose pages may send events; empty: all.")
    write_keys: list[str] = Field(description=_WRITE_KEYS)
    webhooks: list[ShownWebhook] = Field(description="Webhooks of others that it accepts.")
    rate_limit: int | None = Field(description="Events per second, averaged over 10 seconds; null: no limit.")
    streams: int = Field(description="Delivery streams over which requests are spread.")
    buffer_seconds: int | None = Field(description=_BUFFER_SECONDS)
    store_addresses: bool = Field(description="Whether quarantine and live events keep client addresses.")
    quarantine_protected: bool = Field(description=_QUARANTINE_PROTECTED)
    taps: Taps = Field(description=_TAPS)
    status: Literal["provisioning", "active", "failed"]
    status_reason: str | None = Field(description="Why provisioning failed; any PATCH tries it again.")
    address: str = Field(description="Where events are sent.")
    custom_domain: str | None = Field(description="A domain of its own at which events are taken, too.")
    canary: EnvironmentCanary | None = Field(description="The canary that is running; null if there is none.")
    delivery_error: DeliveryError | None = Field(
        description=f"The last error of the destination, for {DELIVERY_ERROR_KEPT_DAYS} days; null if it had none."
    )


class EnvironmentPage(Page):
    items: list[Environment]


class CanaryCreate(Declared):
    share: Annotated[int, Field(ge=1, le=MAX_CANARY_SHARE)] = Field(description=_SHARE)
    seconds: Annotated[int, Field(ge=MIN_CANARY_SECONDS, le=MAX_CANARY_SECONDS)] = Field(
        default=DEFAULT_CANARY_SECONDS,
        description="How long the canary runs. If you have not promoted it by then, it is aborted.",
    )
    max_extra_refused: Annotated[float, Field(ge=0, le=100)] = Field(
        default=DEFAULT_MAX_EXTRA_REFUSED, description=_MAX_EXTRA_REFUSED
    )


class DeploymentCreate(Declared):
    revision_id: Id = Field(description="A finalised revision of the environment's endpoint.")
    note: Annotated[str, StringConstraints(max_length=MAX_NOTE_CHARS), VisibleText] = Field(default="")
    canary: CanaryCreate | None = Field(
        default=None, description="Deploy the revision to a share of the requests first; null: to all of them."
    )


class RefusedShare(Shown):
    events: int = Field(description="Events that arrived under the revision while the canary ran.")
    refused: int = Field(description="How many of them were not valid: quarantined or rejected.")
    refused_share: float = Field(description="The same as a percentage of the events; 0 if there are none.")


class CanaryComparison(Shown):
    canary: RefusedShare
    current: RefusedShare = Field(description="Of the revision that the environment runs.")


class DeploymentCanary(Shown):
    share: int = Field(description=_SHARE)
    seconds: int = Field(description="How long the canary runs at most.")
    max_extra_refused: float = Field(description=_MAX_EXTRA_REFUSED)
    until: str = Field(description="When it ends automatically.", json_schema_extra={"format": "date-time"})
    state: Literal["running", "promoted", "aborted"]
    reason: str | None = Field(description="Why it was aborted automatically; null if it was not.")
    ended_at: str | None = Field(description="Null while it is running.", json_schema_extra={"format": "date-time"})
    ended_by: Person | None = Field(description="Who promoted or aborted it; null if nobody did.")
    compared: CanaryComparison | None = Field(
        description="What both revisions refused so far, or until the end. Null if that could not be read."
    )


class ColumnApart(Shown):
    """A field whose values have a column of another name: that of its own holds another type, or is too long."""

    field: str = Field(description="The keys to it, such as `address.city`.")
    column: str = Field(description="The names to the column, such as `address.city__int`.")


class Deployment(Resource):
    environment_id: str
    revision_id: str
    who: Person
    when: str = Field(description="When it was deployed.", json_schema_extra={"format": "date-time"})
    note: str = Field(description="What the person wrote with it; may be empty.")
    replaced: str | None = Field(
        description="The revision that ran before, and that runs beside a canary; null for the creation."
    )
    left_out_of_view: list[str] = Field(
        description="Revisions of which the view over all has no events, since it would grow longer than it may be."
    )
    left_out_by_kind: dict[str, list[str]] = Field(
        description="The same of the view of each kind of events, by the key of its field with `when`; of the newest "
        "100 revisions. A view that leaves out none is not named."
    )
    columns_apart: list[ColumnApart] = Field(
        description="Fields of the revision that have another type than the column of their name, or too long a name, "
        "where one table holds all revisions."
    )
    canary: DeploymentCanary | None = Field(description="Null if the revision took all requests at once.")


class DeploymentPage(Page):
    items: list[Deployment]
