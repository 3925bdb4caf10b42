"""Google Analytics 4."""

from tests.sdks.cases.shape import Holds, Sdk, optional

_GA4_SCHEMA = [
    {"key": "name", "type": "STRING", "presence": "required"},
    *(optional(key, "STRING") for key in ("client_id", "measurement_id")),
    optional("event_time", "TIMESTAMP", format="rfc3339"),
    optional("params", "JSON"),
    optional("value", "INT", "/params/value"),
]
_GA4_CALLS = [
    {"name": "purchase", "params": {"currency": "EUR", "value": 7, "transaction_id": "mark-0"}},
    {"name": "shared", "params": {"method": "mark-1"}},
]
_GA4 = Sdk(
    "ga4mp_python.py",
    "ga4",
    _GA4_SCHEMA,
    _GA4_CALLS,
    lambda call: {"name": call["name"], "params": Holds(call["params"]), "measurement_id": "G-SHOP"},
    {"name": "purchase", "params": {"currency": "EUR", "value": "much", "transaction_id": "mark-bad"}},
    repeats=False,
)


SDKS = [_GA4]
