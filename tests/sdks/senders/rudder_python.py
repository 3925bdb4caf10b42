import rudderstack.analytics as rudder_analytics
from common import order

with order() as (address, key, calls, failed):
    rudder_analytics.write_key = key
    rudder_analytics.dataPlaneUrl = address
    rudder_analytics.on_error = failed
    for call in calls:
        getattr(rudder_analytics, call.pop("call"))(**call)
    rudder_analytics.flush()
    rudder_analytics.join()
