from common import order
from segment import analytics

with order() as (address, key, calls, failed):
    analytics.write_key = key
    analytics.host = address
    analytics.on_error = failed
    for call in calls:
        getattr(analytics, call.pop("call"))(**call)
    analytics.flush()
    analytics.join()
