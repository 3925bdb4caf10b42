import os

from amplitude import Amplitude, BaseEvent, EventOptions, Identify
from common import order

with order() as (address, key, calls, failed):
    client = Amplitude(key)
    client.configuration.use_batch = "batch" in os.environ["ROUTE"]
    client.configuration.server_url = address + os.environ["ROUTE"]
    client.configuration.flush_interval_millis = 200
    client.configuration.callback = lambda event, code, message: code == 200 or failed(event, code, message)
    for call in calls:
        if call.pop("call") == "track":
            client.track(BaseEvent(**call))
        else:
            identify = Identify()
            for name, value in call["user_properties"].items():
                identify.set(name, value)
            client.identify(identify, EventOptions(user_id=call["user_id"]))
    for done in client.flush():
        if done is not None:
            done.result()
    client.shutdown()
