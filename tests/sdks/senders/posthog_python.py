import os

from common import order
from posthog import Posthog

with order() as (address, key, calls, failed):
    client = Posthog(key, host=address, on_error=failed, capture_mode=os.environ["MODE"])
    for call in calls:
        name = call.pop("call")
        if name == "capture":
            client.capture(call.pop("event"), **call)
        else:
            getattr(client, name)(**call)
    client.shutdown()
