import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { waitFor } from "../dist/testing/expecting.js";

const cases = JSON.parse(await readFile(new URL("../../expecting_cases.json", import.meta.url), "utf8"));

for (const { name, events, where, expected, meets, report } of cases) {
  await test(name, async () => {
    let [now, left] = [0, events];
    const read = (waitSeconds) => {
      const found = left;
      left = [];
      if (found.length === 0) now += waitSeconds;
      return Promise.resolve(found);
    };
    const came = await waitFor(read, where, expected, 10, () => now);
    assert.equal(came.meets(expected), meets);
    assert.deepEqual(came.report(expected).split("\n"), report);
  });
}

await test("it ends as soon as everything has come, and waits for all of the time where nothing is expected", async () => {
  for (const [expected, end] of [
    [{ accepted: 1 }, 2],
    [{ invalid: 0 }, 10],
  ]) {
    let now = 0;
    let coming = [{ at: 2, event: { outcome: "accepted", raw: "{}", stored: {}, errors: [] } }];
    const read = (waitSeconds) => {
      if (waitSeconds > 0) now = Math.min(now + waitSeconds, coming[0]?.at ?? Infinity);
      const found = coming.filter((one) => one.at <= now).map((one) => one.event);
      coming = coming.filter((one) => one.at > now);
      return Promise.resolve(found);
    };
    assert.equal((await waitFor(read, {}, expected, 10, () => now)).meets(expected), true);
    assert.equal(now, end);
  }
});
