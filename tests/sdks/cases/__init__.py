"""Which SDKs send what, and what has to arrive; one module per protocol."""

from tests.sdks.cases import amplitude, cloudevents, ga4, mixpanel, posthog, segment, shippers, snowplow, tinybird
from tests.sdks.cases.shape import Sdk

__all__ = ["BROWSER_SDKS", "KEY", "SDKS", "Sdk"]

KEY = "shop:secret"
"""Of a form that every SDK takes; Jitsu's refuses one without a secret."""

SDKS: list[Sdk] = [
    sdk
    for protocol in (segment, posthog, snowplow, amplitude, mixpanel, ga4, tinybird, cloudevents, shippers)
    for sdk in protocol.SDKS
]
BROWSER_SDKS: list[Sdk] = [
    sdk for protocol in (segment, posthog, snowplow, amplitude, mixpanel) for sdk in protocol.BROWSER_SDKS
]
