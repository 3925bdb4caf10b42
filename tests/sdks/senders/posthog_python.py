import os

from common import order
from posthog import Posthog

with order() as (address, key, calls, failed):
    mode = os.environ["MODE"]
    client = Posthog(key, host=address, on_error=failed, capture_mode="v1" if mode == "v1" else "v0")
    capture = client.capture_ai if mode == "ai" else client.capture
    for call in calls:
        name = call.pop("call")
        if name == "capture":
            capture(call.pop("event"), **call)
        else:
            getattr(client, name)(**call)
    client.shutdown()
