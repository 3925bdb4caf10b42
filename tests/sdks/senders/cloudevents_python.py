import requests
from cloudevents.v1.conversion import to_binary, to_structured
from cloudevents.v1.http import CloudEvent
from common import order

FORMS = {"structured": to_structured, "binary": to_binary}

with order() as (address, _, calls, failed):
    for call in calls:
        form = FORMS[call.pop("call")]
        headers, body = form(CloudEvent(call["attributes"], call["data"]))
        answer = requests.post(address, headers=headers, data=body, timeout=10)
        if not answer.ok:
            failed(answer.status_code)
