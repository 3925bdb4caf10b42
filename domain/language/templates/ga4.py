"""Google Analytics 4: events of the Measurement Protocol."""

from domain.language.templates.template import Template, TypedPlace, free, moment, text

TEMPLATE = Template(
    [
        text("name", required=True),
        text("client_id"),
        text("app_instance_id"),
        text("user_id"),
        moment("event_time"),
        text("measurement_id"),
        text("firebase_app_id"),
        free("params"),
        free("user_properties"),
        free("consent"),
    ],
    title="Google Analytics 4",
    about="Events that are sent by the Measurement Protocol of Google Analytics 4.",
    page="protocols/ga4.md",
    event_name=["/name"],
    typed=TypedPlace("/name", "params"),
)
