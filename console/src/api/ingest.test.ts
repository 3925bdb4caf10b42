import { expect, test } from "vitest";

import { addressWithKey, outcomeFrom } from "@/api/ingest";
import type { Model } from "@/api/types";

test("events that were all accepted have their ids", () => {
  expect(outcomeFrom({ ok: true, accepted: 1, event_ids: ["evt_1"] })).toEqual({
    events: [{ eventId: "evt_1", outcome: "accepted", errors: [] }],
    problem: null,
  });
});

test("each event has its own outcome and faults", () => {
  const errors = [{ pointer: "/price", code: "type_float", message: "Must be a number." }];
  const { events, problem } = outcomeFrom({
    ok: false,
    code: "invalid_event",
    message: "No event is valid.",
    event_ids: [],
    results: [{ index: 0, outcome: "quarantined", event_id: "evt_2", errors }],
  });
  expect(problem).toBeNull();
  expect(events).toEqual([{ eventId: "evt_2", outcome: "quarantined", errors }]);
});

test("a request that was refused as a whole says why", () => {
  expect(outcomeFrom({ code: "bad_key", message: "A write key is missing." })).toEqual({
    events: [],
    problem: { code: "bad_key", message: "A write key is missing." },
  });
});

test("a write key stands in the address, whatever its characters", () => {
  const environment = (write_keys: string[]) =>
    ({ id: "1", address: "https://in.example/e/1", write_keys }) as Model<"Environment">;
  expect(addressWithKey(environment([]))).toBe("https://in.example/e/1");
  expect(addressWithKey(environment(["a&b", "c"]))).toBe("https://in.example/e/1?writeKey=a%26b");
  expect(addressWithKey(environment(["c"]), "https://api.example")).toBe("https://api.example/e/1?writeKey=c");
});
