"""The trees that a revision can start from: one file for each protocol of other collectors, and two of our own."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.language.templates import (
    amplitude,
    cloudevents,
    cloudwatch,
    ga4,
    logpush,
    mixpanel,
    posthog,
    segment,
    snowplow,
    tracking,
    webhook,
)
from domain.language.templates.template import Template

EMPTY = Template([], additional_keys="drop")
TEMPLATES: Mapping[str, Template] = MappingProxyType(
    {
        "user_tracking": tracking.USER_TRACKING,
        "error_tracking": tracking.ERROR_TRACKING,
        "segment": segment.TEMPLATE,
        "posthog": posthog.TEMPLATE,
        "snowplow": snowplow.TEMPLATE,
        "amplitude": amplitude.TEMPLATE,
        "mixpanel": mixpanel.TEMPLATE,
        "ga4": ga4.TEMPLATE,
        "cloudevents": cloudevents.TEMPLATE,
        "webhook": webhook.TEMPLATE,
        "logpush": logpush.TEMPLATE,
        "cloudwatch": cloudwatch.TEMPLATE,
    }
)
