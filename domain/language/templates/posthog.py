"""PostHog's events."""

from domain.language.templates.template import Template, TypedPlace, free, moment, text

TEMPLATE = Template(
    [
        text("event", required=True),
        text("distinct_id", required=True),
        text("uuid"),
        moment("timestamp"),
        moment("sent_at"),
        free("properties"),
        text("lib", "/properties/$lib"),
        text("lib_version", "/properties/$lib_version"),
        text("session_id", "/properties/$session_id"),
        text("root_session_id", "session_id"),  # capture v1 has it there
        text("current_url", "/properties/$current_url"),
        text("device_type", "/properties/$device_type"),
        text("browser", "/properties/$browser"),
        text("os", "/properties/$os"),
    ],
    title="PostHog",
    about="Events of the PostHog SDKs, with page views and autocapture.",
    page="protocols/posthog.md",
    event_name=["/event"],
    typed=TypedPlace("/event", "properties"),
)
