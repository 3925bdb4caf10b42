"""Mixpanel's events, and its updates of people and groups."""

from domain.language.templates.template import Template, TypedPlace, free, moment, text

TEMPLATE = Template(
    [
        text("kind", required=True),
        text("event"),
        text("distinct_id"),
        text("insert_id"),
        moment("time"),
        text("group_key"),
        text("group_id"),
        free("properties"),
        free("operations"),
    ],
    title="Mixpanel",
    about="Events of the Mixpanel SDKs, and their updates of people and groups.",
    page="protocols/mixpanel.md",
    event_name=["/event", "/kind"],
    typed=TypedPlace("/event", "properties"),
)
