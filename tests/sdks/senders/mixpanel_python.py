import os

from common import order
from mixpanel import BufferedConsumer, Consumer, Mixpanel

CONSUMERS = {"each": Consumer, "buffered": BufferedConsumer}

with order() as (address, key, calls, failed):
    consumer = CONSUMERS[os.environ["CONSUMER"]](
        events_url=f"{address}/track",
        people_url=f"{address}/engage",
        groups_url=f"{address}/groups",
        import_url=f"{address}/import",
    )
    client = Mixpanel(key, consumer=consumer)
    for call in calls:
        getattr(client, call.pop("call"))(**call)
    if isinstance(consumer, BufferedConsumer):
        consumer.flush()
