import { expect, test } from "vitest";

import type { Model } from "@/api/types";
import { findEvent } from "@/pages/environments/quarantine/find_event";

type Page = Model<"QuarantinedEventPage">;

const IN_TIME = "evt_01a226f11a6f70009db13f2da5ac7c1b";
const DERIVED = "evt_01a226f11a6f80009db13f2da5ac7c1b";

function page(ids: string[], next: string | null): Page {
  return { items: ids.map((event_id) => ({ event_id })), next } as Page;
}

test("it is looked for around the time that its id says, page by page", async () => {
  const asked: object[] = [];
  const pages = [page(["evt_other"], "2"), page([IN_TIME], "3")];
  const { event } = await findEvent(IN_TIME, (query) => {
    asked.push(query);
    return Promise.resolve(pages[asked.length - 1] ?? page([], null));
  });
  expect(event?.event_id).toBe(IN_TIME);
  expect(asked).toHaveLength(2);
  expect(asked[0]).toMatchObject({ from: "2026-11-29T10:44:24.879Z", to: "2026-11-29T11:04:24.879Z" });
  expect(asked[1]).toMatchObject({ cursor: "2" });
});

test("one whose id says no time is looked for among all", async () => {
  const { event, isAll } = await findEvent(DERIVED, (query) => {
    expect(query).not.toHaveProperty("from");
    return Promise.resolve(page([], null));
  });
  expect([event, isAll]).toEqual([null, true]);
});

test("the looking ends, and says that it has not seen all", async () => {
  let calls = 0;
  const found = await findEvent(DERIVED, () => {
    calls += 1;
    return Promise.resolve(page(["evt_other"], "more"));
  });
  expect(found).toEqual({ event: null, isAll: false });
  expect(calls).toBe(20);
});
