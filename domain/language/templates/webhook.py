"""Webhooks, whatever their sender."""

from domain.language.templates.template import Template, TypedPlace, free, moment, text

TEMPLATE = Template(
    [
        text("hook", required=True),
        free("payload", required=True, kinds=()),  # some send arrays
        text("webhook_id"),
        text("type"),
        moment("sent_at"),
    ],
    title="Webhooks",
    about="Webhooks of GitHub, Stripe, Shopify, Slack and any other sender that signs them.",
    page="protocols/hooks.md",
    event_name=["/type", "/hook"],
    typed=TypedPlace("/type", "payload"),
)
