"""Which templates there are, for the help: the server decides."""

TEMPLATES = (
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
)
TEMPLATE_WORDS = f"What it starts from: {', '.join(TEMPLATES)}."
