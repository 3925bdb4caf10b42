"""CloudEvents 1.0."""

from domain.language.templates.template import Template, TypedPlace, free, moment, text

TEMPLATE = Template(
    [
        text("id", required=True),
        text("source", required=True),
        text("type", required=True),
        text("specversion", required=True),
        text("subject"),
        moment("time"),
        text("datacontenttype"),
        text("dataschema"),
        free("data", kinds=()),
        text("data_base64"),
        text("traceparent"),
    ],
    title="CloudEvents",
    about="Events of any sender that speaks CloudEvents 1.0 over HTTP.",
    page="protocols/cloudevents.md",
    event_name=["/type"],
    typed=TypedPlace("/type", "data"),
)
