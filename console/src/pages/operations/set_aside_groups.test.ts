import { expect, test } from "vitest";

import { groupsOf, newerForAll, withReason } from "@/pages/operations/set_aside_groups";

function object(id: string, environment_id: string, hour: string, reasons: Record<string, number>) {
  const rows = Object.entries(reasons).map(([reason, events]) => ({ reason, events }));
  return {
    id,
    environment_id,
    environment: null,
    hour,
    events: rows.reduce((sum, row) => sum + row.events, 0),
    bytes: 1,
    reasons: rows,
    newer_tables: [] as { revision_id: string; table: string }[],
  };
}

const OBJECTS = [
  object("one", "env_a", "2026-11-25T05:00:00Z", { "no such field": 3, "bad value": 1 }),
  object("two", "env_a", "2026-11-25T04:00:00Z", { "no such field": 2 }),
  object("three", "env_b", "2026-11-25T06:00:00Z", { "no such field": 9 }),
];

test("events are counted by environment and reason, the most first", () => {
  expect(groupsOf(OBJECTS).map((group) => [group.environment_id, group.reason, group.events, group.objects])).toEqual([
    ["env_b", "no such field", 9, 1],
    ["env_a", "no such field", 5, 2],
    ["env_a", "bad value", 1, 1],
  ]);
  expect(groupsOf([])).toEqual([]);
});

test("a group says from when to when its events came", () => {
  const [, group] = groupsOf(OBJECTS);
  expect([group?.first, group?.last]).toEqual(["2026-11-25T04:00:00Z", "2026-11-25T05:00:00Z"]);
});

test("an object is found by each of its reasons", () => {
  expect(withReason(OBJECTS, "bad value").map(({ id }) => id)).toEqual(["one"]);
  expect(withReason(OBJECTS, undefined)).toHaveLength(3);
});

test("what is offered for several objects came later than the events of each", () => {
  const second = { revision_id: "rev_2", table: "shop_b" };
  const third = { revision_id: "rev_3", table: "shop_c" };
  const objects = OBJECTS.slice(0, 2).map((each, place) => ({
    ...each,
    newer_tables: place === 0 ? [second, third] : [third],
  }));
  expect(newerForAll(objects)).toEqual([third]);
  expect(newerForAll([])).toEqual([]);
});
