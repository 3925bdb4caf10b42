from common import order
from ga4mp import GtagMP

with order() as (address, key, calls, _):
    client = GtagMP(api_secret=key, measurement_id="G-SHOP", client_id="1234567890.0987654321")
    client._base_domain = f"{address}/mp/collect"  # it has no option for it
    events = [client.create_new_event(call["name"]) for call in calls]
    for event, call in zip(events, calls, strict=True):
        for name, value in call["params"].items():
            event.set_event_param(name, value)
    client.send(events)  # raises for what is no success
