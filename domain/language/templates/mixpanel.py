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
    event_name=["/event", "/kind"],
    typed=TypedPlace("/event", "properties"),
)
