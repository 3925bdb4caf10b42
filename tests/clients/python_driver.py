"""Does with a client what a test asks for on its command line, and prints what became of it as one line of JSON."""

import json
import resource
import sys
import time
import tracemalloc

from ingest_endpoints import Client

EARLY = 10_000  # from here on, what lives must not become more

asked = json.loads(sys.argv[1])
results = []


def told(result):
    codes = [error["code"] for error in result.errors]
    results.append([result.outcome, result.event_id, codes, result.event])


def live_mb():
    return tracemalloc.get_traced_memory()[0] / 1e6


options = dict(asked.get("options", {}))
is_told = options.pop("on_result", True)
client = Client(asked["address"], **options, on_result=told if is_told else None)
events = asked["events"]
if isinstance(events, int):
    events = ({"event": "view", "n": n, **asked.get("more", {})} for n in range(events))
early_mb = late_mb = 0.0
if asked.get("isMeasured"):
    tracemalloc.start()
if asked.get("way") == "send":
    for future in [client.submit(event) for event in events]:
        told(future.result())
else:
    for index, event in enumerate(events):
        client.track(event)
        if index % 1_000 == 999:
            while client.counters["waiting"] > 5_000:
                time.sleep(0.005)
        if index == EARLY:
            early_mb = live_mb()
    late_mb = live_mb()
is_settled = client.close(asked.get("withinMs", 60_000) / 1_000)
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
said = {
    "isSettled": is_settled,
    "counters": client.counters,
    "results": results[:1_000],
    "rssMb": rss,
    "grownMb": late_mb - early_mb,
}
print(json.dumps(said))
