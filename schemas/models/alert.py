"""Alerts and their targets as the API takes and shows them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.config import JsonDict

from schemas.limits import (
    MAX_ALERT_DAYS,
    MAX_ALERT_EVENTS,
    MAX_ALERT_MINUTES,
    MAX_TARGETS_OF_ALERT,
    MAX_URL_CHARS,
)
from schemas.models.declared import Declared, Id, Name, Page, Resource, Shown, not_longer, optional_field
from schemas.models.member import Email

_TIME: JsonDict = {"format": "date-time"}
AlertKind = Literal["rejected_share", "silence", "new_code_or_key", "delivery_delay", "plan_use", "certificate_expiry"]
TargetKind = Literal["email", "slack", "webhook"]
_KIND = (
    "`rejected_share`: over `percent` of the events are rejected or quarantined, in each minute of the last `minutes` "
    "that had events. `silence`: no event for `minutes`, and some at the same hour of the day before. "
    "`new_code_or_key`: an error code or unknown key for the first time; recovers when there was none for `minutes`. "
    "`delivery_delay`: events accepted more than `minutes` ago are not delivered. `plan_use`: `percent` of the "
    "month's plan are used. `certificate_expiry`: the custom domain's certificate expires in fewer than `days` days."
)

Percent = Annotated[float, Field(gt=0, le=100)]
Minutes = Annotated[int, Field(ge=1, le=MAX_ALERT_MINUTES)]
MinEvents = Annotated[int, Field(ge=1, le=MAX_ALERT_EVENTS)]
Days = Annotated[int, Field(ge=1, le=MAX_ALERT_DAYS)]
TargetIds = Annotated[list[Id], Field(max_length=MAX_TARGETS_OF_ALERT), not_longer(MAX_TARGETS_OF_ALERT)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL_CHARS)]


class _Settings(Declared):
    percent: Percent = optional_field("Of `rejected_share` (default 5) and `plan_use` (default 80).")
    minutes: Minutes = optional_field(
        "Of `rejected_share` (default 10) and `silence` (default 30), at most 120; of `new_code_or_key` (default 60) "
        "and `delivery_delay` (default 30)."
    )
    min_events: MinEvents = optional_field("Of `rejected_share`: fewer events than that don't count (default 10).")
    days: Days = optional_field("Of `certificate_expiry` (default 14).")
    targets: TargetIds = optional_field("The ids of who is told; without any, the alert is only shown.")


class AlertCreate(_Settings):
    kind: AlertKind = Field(description=_KIND)
    name: Name | None = optional_field("Null or left out: what the kind is called.")


class AlertChange(_Settings):
    name: Name | None = optional_field("Null: what the kind is called.")


class _Health(Shown):
    last_success_at: str | None = Field(
        description="When a message last reached the target; null: never.", json_schema_extra=_TIME
    )
    last_error: str | None = Field(description="Why the last message did not reach it; null where it did.")
    last_error_at: str | None = Field(description="When a message last failed.", json_schema_extra=_TIME)


class Told(_Health):
    """What a target of an alert was told last."""

    target_id: str
    name: str
    message: Literal["firing", "recovered"] | None = Field(description="Null: nothing yet.")
    status: Literal["due", "sending", "sent", "failed", "unknown"] | None = Field(
        description="`due`: is sent next, or again. `failed`: was given up. `unknown`: it may have arrived, and is not "
        "repeated."
    )
    tries: int


class Alert(Resource):
    environment_id: str
    name: str | None
    kind: AlertKind = Field(description=_KIND)
    percent: float | None
    minutes: int | None
    min_events: int | None
    days: int | None
    targets: list[str]
    state: Literal["pending", "ok", "firing"] = Field(description="`pending`: has not been looked at yet.")
    since: str | None = Field(description="Since when it is in this state.", json_schema_extra=_TIME)
    text: str | None = Field(description="What was the case at `evaluated_at`; while it fires, what it fired for.")
    last_sent: str | None = Field(description="When a target was last told something.", json_schema_extra=_TIME)
    evaluated_at: str | None = Field(
        description="When it was last looked at: each minute, noted within five.", json_schema_extra=_TIME
    )
    told: list[Told] = Field(description="Of each target, in their order.")


class AlertList(Page):
    items: list[Alert]


class FiringAlert(Shown):
    """An alert that fires, for lists of environments."""

    id: str
    environment_id: str
    name: str
    kind: AlertKind
    since: str = Field(json_schema_extra=_TIME)
    text: str


class FiringAlertList(Page):
    items: list[FiringAlert]


class Tested(Shown):
    """What became of a test."""

    target_id: str
    name: str
    sent: bool
    error: str | None = Field(description="Why it did not arrive, or may not have; null where it did.")


class AlertTested(Shown):
    results: list[Tested] = Field(description="Of each target, in their order.")


class AlertTargetCreate(Declared):
    name: Name
    kind: TargetKind = Field(
        description="`email`: mail to an address, which has to confirm it first. `slack`: a message as Slack's "
        "incoming webhooks take it. `webhook`: JSON, signed as Standard Webhooks have it."
    )
    email: Email = optional_field("Of `email`.")
    url: Url = optional_field("Of `slack` and `webhook`: where to post, with `https`.")


class AlertTargetChange(Declared):
    name: Name = optional_field("What people call it.")
    url: Url = optional_field("Of `slack` and `webhook`: where to post, with `https`.")


class AlertTargetRotate(Declared):
    keep_previous: bool = optional_field(
        "Whether the secret before it signs as well for 24 hours, so that receivers can change in between; yes, if "
        "left out."
    )


class AlertTarget(Resource, _Health):
    """Where alerts of an organisation are sent."""

    name: str
    kind: TargetKind
    email: str | None
    url: str | None = Field(description="Of `slack`, the host alone: the rest of the address is kept as a secret.")
    secret_changed_at: str | None = Field(
        description="When the secret, or Slack's address, was last set; null for `email`.", json_schema_extra=_TIME
    )
    subscription: Literal["confirmed", "pending", "log", "unknown"] | None = Field(
        description="Of `email`: whether the address has confirmed that it wants mail. `log`: on one machine, mail is "
        "written to the log instead. `unknown`: the mail service does not say. Null for other kinds."
    )


class AlertTargetMade(AlertTarget):
    """A target with its secret."""

    secret: str | None = Field(
        description="Of `webhook`: what signatures are checked with, in this answer only; null where an "
        "Idempotency-Key repeats the answer."
    )


class AlertTargetList(Page):
    items: list[AlertTarget]
