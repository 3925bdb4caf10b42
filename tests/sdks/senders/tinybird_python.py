import os

from common import order

with order() as (address, key, calls, failed):
    try:
        if os.environ["CLIENT"] == "tb":
            from tb.datasource import Datasource

            with Datasource("orders", key, api_url=address) as orders:
                for row in calls:
                    orders << row
        else:
            from verdin.api.events import EventsApi

            EventsApi(key, address).send("orders", calls, wait=True, compress=True)
    except Exception as error:  # noqa: BLE001 - whatever an SDK raises is its failure
        failed(error)
