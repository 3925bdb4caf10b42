// Does with a client what a test asks for on its command line, and prints what became of it as one line of JSON.

import { createClient } from "../dist/index.js";

const { address, events, options = {}, way = "track", withinMs = 60_000 } = JSON.parse(process.argv[2]);
const results = [];
const told = ({ outcome, eventId, errors, event }) =>
  results.push([outcome, eventId, errors.map(({ code }) => code), event]);
const { on_result: isTold = true, ...others } = options;
const names = {
  max_events: "maxEvents",
  max_bytes: "maxBytes",
  max_wait: "maxWaitMs",
  max_queued: "maxQueued",
  max_retry: "maxRetryMs",
  timeout: "timeoutMs",
};
const given = Object.fromEntries(
  Object.entries(others).map(([name, value]) => [
    names[name] ?? name,
    ["max_wait", "max_retry", "timeout"].includes(name) ? value * 1_000 : value,
  ]),
);
const client = createClient({ address, ...given, ...(isTold ? { onResult: told } : {}) });
const list = typeof events === "number" ? Array.from({ length: events }, (_, n) => ({ event: "view", n })) : events;
if (way === "send") {
  for (const result of await Promise.all(list.map((event) => client.send(event)))) told(result);
} else {
  for (const [index, event] of list.entries()) {
    try {
      client.track(event);
    } catch (error) {
      results.push([error.name, null, [], event]);
    }
    if (index % 1_000 === 999) while (client.counters.waiting > 5_000) await new Promise((done) => setTimeout(done, 5));
  }
}
const isSettled = await client.close(withinMs);
const rssMb = process.memoryUsage().rss / 1e6;
console.log(JSON.stringify({ isSettled, counters: client.counters, results: results.slice(0, 1_000), rssMb }));
process.exit(0);
