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
    event_name=["/name"],
    typed=TypedPlace("/name", "params"),
)
