"""Amplitude's events."""

from domain.language.templates.template import Template, TypedPlace, free, moment, text, whole

TEMPLATE = Template(
    [
        text("event_type", required=True),
        text("insert_id"),
        moment("event_time"),
        text("user_id"),
        text("device_id"),
        whole("session_id"),
        text("platform"),
        free("library", kinds=("object", "string")),  # amplitude-js sends an object
        text("language"),
        text("app_version"),
        text("os_name"),
        text("os_version"),
        text("device_model"),
        text("country"),
        free("event_properties"),
        free("user_properties"),
        free("groups"),
        free("group_properties"),
    ],
    title="Amplitude",
    about="Events of the Amplitude SDKs, and of its HTTP V2 and batch APIs.",
    page="protocols/amplitude.md",
    event_name=["/event_type"],
    typed=TypedPlace("/event_type", "event_properties"),
)
