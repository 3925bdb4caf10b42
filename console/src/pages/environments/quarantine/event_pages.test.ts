import { expect, it } from "vitest";

import type { Model } from "@/api/types";
import { firstThatHolds, withoutRepeats } from "@/pages/environments/quarantine/event_pages";

const EVENT: Model<"QuarantinedEvent"> = {
  event_id: "evt_1",
  received_at: "2026-11-25T09:00:00.000Z",
  revision_id: "rev_1",
  index: 0,
  errors: [],
  more: false,
  content_type: null,
  protocol: null,
  user_agent: null,
  source_ip: null,
  raw: "{}",
  raw_base64: null,
  raw_bytes: 2,
  kept_bytes: 2,
  truncated: false,
  protected: [],
  event_name: null,
  redacted: false,
  object: "quarantine/a.gz",
};

it("goes on behind empty pages until something comes", async () => {
  const pages = new Map<string | null, Model<"QuarantinedEventPage">>([
    [null, { items: [], next: "a" }],
    ["a", { items: [], next: "b" }],
    ["b", { items: [EVENT], next: "c" }],
    ["c", { items: [], next: null }],
  ]);
  const load = (cursor: string | null) => Promise.resolve(pages.get(cursor) ?? { items: [], next: null });
  expect(await firstThatHolds(null, load)).toBe(pages.get("b"));
  expect(await firstThatHolds("c", load)).toBe(pages.get("c"));
});

it("shows an event once, and each of two in one request", () => {
  const second = { ...EVENT, index: 1 };
  expect(withoutRepeats([EVENT, { ...EVENT }, second])).toEqual([EVENT, second]);
});
