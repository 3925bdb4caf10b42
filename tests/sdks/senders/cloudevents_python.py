import os

import requests
from common import order


def written(call):
    """Return the headers and the body of an event, by the package's API of before or by its newer one."""
    if os.environ["API"] == "v1":
        from cloudevents.v1.conversion import to_binary, to_structured
        from cloudevents.v1.http import CloudEvent

        return {"structured": to_structured, "binary": to_binary}[call["call"]](
            CloudEvent(call["attributes"], call["data"])
        )
    from datetime import datetime

    from cloudevents.core.bindings.http import to_binary_event, to_structured_event
    from cloudevents.core.v1.event import CloudEvent

    attributes = {**call["attributes"], "specversion": "1.0"}
    attributes["time"] = datetime.fromisoformat(attributes["time"])
    event = CloudEvent(attributes=attributes, data=call["data"])
    return {"structured": to_structured_event, "binary": to_binary_event}[call["call"]](event)


with order() as (address, _, calls, failed):
    for call in calls:
        message = written(call)
        headers, body = message if isinstance(message, tuple) else (message.headers, message.body)
        answer = requests.post(address, headers=headers, data=body, timeout=10)
        if not answer.ok:
            failed(answer.status_code)
