import os
import time

from common import order
from snowplow_tracker import PageView, SelfDescribing, SelfDescribingJson, Snowplow, StructuredEvent
from snowplow_tracker.emitter_configuration import EmitterConfiguration

with order() as (address, key, calls, failed):
    sent = []
    emitter = EmitterConfiguration(on_success=sent.extend)
    tracker = Snowplow.create_tracker("sp", address, method=os.environ["METHOD"], app_id=key, emitter_config=emitter)
    for call in calls:
        match call.pop("call"):
            case "page_view":
                event = PageView(call["page_url"], call["page_title"])
            case "struct":
                event = StructuredEvent(
                    call["se_category"], call["se_action"], call["se_label"], value=call["se_value"]
                )
            case _:
                event = SelfDescribing(SelfDescribingJson(call["schema"], call["data"]))
        tracker.track(event)
    tracker.flush()
    until = time.monotonic() + 30  # the tracker sends again from a timer
    while len(sent) < len(calls) and time.monotonic() < until:
        time.sleep(0.05)
    if len(sent) < len(calls):
        failed("not all were sent")
    Snowplow.remove_tracker(tracker)
