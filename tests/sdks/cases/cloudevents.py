"""CloudEvents 1.0."""

from tests.sdks.cases.shape import Sdk, optional

_EVENT = {"source": "/shop", "type": "com.acme.order", "subject": "order-1", "time": "2026-11-28T13:49:02.564000Z"}
_CLOUDEVENTS_SCHEMA = [
    *({"key": key, "type": "STRING", "presence": "required"} for key in ("id", "source", "type", "specversion")),
    *(optional(key, "STRING") for key in ("subject", "datacontenttype")),
    optional("time", "TIMESTAMP", format="rfc3339"),
    optional("data", "JSON"),
    optional("amount", "INT", "/data/amount"),
]
_CLOUDEVENTS_CALLS = [
    {"call": form, "attributes": {**_EVENT, "id": f"id-{number}"}, "data": {"mark": f"mark-{number}", "amount": number}}
    for number, form in enumerate(["structured", "binary"])
]


def _cloudevents(sender: str, **mode: str) -> Sdk:
    invalid = {
        **_CLOUDEVENTS_CALLS[0],
        "attributes": {**_EVENT, "id": "bad"},
        "data": {"mark": "mark-bad", "amount": "much"},
    }
    return Sdk(
        sender,
        "cloudevents",
        _CLOUDEVENTS_SCHEMA,
        _CLOUDEVENTS_CALLS,
        lambda call: {**call["attributes"], "data": call["data"], "specversion": "1.0"},
        invalid,
        repeats=False,
        sends_key=False,
        mode=mode,
    )


SDKS = [
    _cloudevents("cloudevents_python.py", API="v1"),
    _cloudevents("cloudevents_python.py", API="core"),
    _cloudevents("cloudevents_node.mjs"),
]
