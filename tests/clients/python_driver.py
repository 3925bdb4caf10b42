"""Does with a client what a test asks for on its command line, and prints what became of it as one line of JSON."""

import json
import resource
import sys
import time

from ingest_endpoints import Client

asked = json.loads(sys.argv[1])
results = []


def told(result):
    codes = [error["code"] for error in result.errors]
    results.append([result.outcome, result.event_id, codes, result.event])


options = dict(asked.get("options", {}))
is_told = options.pop("on_result", True)
client = Client(asked["address"], **options, on_result=told if is_told else None)
events = asked["events"]
if isinstance(events, int):
    events = ({"event": "view", "n": n} for n in range(events))
if asked.get("way") == "send":
    for future in [client.submit(event) for event in events]:
        told(future.result())
else:
    for index, event in enumerate(events):
        client.track(event)
        if index % 1_000 == 999:
            while client.counters["waiting"] > 5_000:
                time.sleep(0.005)
is_settled = client.close(asked.get("withinMs", 60_000) / 1_000)
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
said = {"isSettled": is_settled, "counters": client.counters, "results": results[:1_000], "rssMb": rss}
print(json.dumps(said))
