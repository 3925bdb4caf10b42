"""Endpoints as the API takes and shows them."""

from typing import Literal

from pydantic import Field

from schemas.models.declared import Declared, Name, Page, Resource, optional_field

TemplateName = Literal[
    "user_tracking",
    "error_tracking",
    "segment",
    "posthog",
    "snowplow",
    "amplitude",
    "mixpanel",
    "ga4",
    "cloudevents",
    "webhook",
    "logpush",
    "cloudwatch",
]


class EndpointCreate(Declared):
    name: Name
    template: TemplateName = optional_field("What the first revision holds; without it, it is empty.")


class EndpointChange(Declared):
    name: Name = optional_field("The new name, unique within the organisation whatever its case.")


class Endpoint(Resource):
    name: str
    environments: int = Field(description="How many it has.")


class EndpointPage(Page):
    items: list[Endpoint]
