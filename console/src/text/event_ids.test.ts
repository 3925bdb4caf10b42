import { expect, test } from "vitest";

import { arrivedAt, isEventId } from "@/text/event_ids";

test("an id in order of time says when its event arrived", () => {
  expect(arrivedAt("evt_01a226f11a6f70009db13f2da5ac7c1b")).toBe(0x01a226f11a6f);
});

test("an id that derives from a key says nothing of time", () => {
  expect(isEventId("evt_01a226f11a6f80009db13f2da5ac7c1b")).toBe(true);
  expect(arrivedAt("evt_01a226f11a6f80009db13f2da5ac7c1b")).toBeNull();
});

test("anything else is no event's id", () => {
  for (const text of ["", "evt_", "env_01m8kf0t1tvm0mdpkpdhhyj3zq", "evt_01a226f11a6f70009db13f2da5ac7c1"]) {
    expect(isEventId(text)).toBe(false);
    expect(arrivedAt(text)).toBeNull();
  }
});
