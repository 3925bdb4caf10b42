// Does with a client what a test asks for on its command line, and prints what became of it as one line of JSON.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { createClient } from "../dist/index.js";

const EARLY = 10_000; // from here on, what lives must not become more
const asked = JSON.parse(process.argv[2]);
const { address, events, isMeasured, more = {}, options = {}, way = "track", withinMs = 60_000 } = asked;
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
if (isMeasured) setFlagsFromString("--expose-gc");
const collect = isMeasured ? runInNewContext("gc") : () => undefined;
const liveMb = () => {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
};
function* made(count) {
  for (let n = 0; n < count; n++) yield { event: "view", n, ...more };
}
const list = typeof events === "number" ? made(events) : events;
let [index, earlyMb, lateMb] = [0, 0, 0];
if (way === "send") {
  for (const result of await Promise.all(Array.from(list, (event) => client.send(event)))) told(result);
} else {
  for (const event of list) {
    try {
      client.track(event);
    } catch (error) {
      results.push([error.name, null, [], event]);
    }
    if (index % 1_000 === 999) while (client.counters.waiting > 5_000) await new Promise((done) => setTimeout(done, 5));
    if (index++ === EARLY) earlyMb = liveMb();
  }
  lateMb = liveMb();
}
const isSettled = await client.close(withinMs);
const [rssMb, grownMb] = [process.memoryUsage().rss / 1e6, lateMb - earlyMb];
console.log(JSON.stringify({ isSettled, counters: client.counters, results: results.slice(0, 1_000), rssMb, grownMb }));
process.exit(0);
