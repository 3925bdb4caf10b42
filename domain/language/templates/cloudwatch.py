"""Log events of a CloudWatch Logs subscription, as Firehose delivers them."""

from domain.language.templates.template import Template, moment, text

TEMPLATE = Template(
    [
        text("id", required=True),
        text("message", required=True),
        moment("timestamp", required=True),
        text("owner"),
        text("log_group"),
        text("log_stream"),
    ],
    title="Amazon CloudWatch Logs",
    about="Log lines of Amazon CloudWatch Logs that Amazon Data Firehose delivers.",
    page="protocols/firehose.md",
    event_name=["/log_group"],
)
