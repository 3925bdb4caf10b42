import { expect, it } from "vitest";

import { counted, exactBytes, humanBytes, humanCount, percent } from "@/text/units";

it("shows counts as people say them, exact while they are small", () => {
  expect([0, 999, 9_999, 12_345, 1_250_000].map(humanCount)).toEqual(["0", "999", "9,999", "12.3K", "1.3M"]);
});

it("shows bytes in units of a thousand", () => {
  expect([0, 999, 1_000, 999_499, 999_500, 12_340_000, 5e15].map(humanBytes)).toEqual([
    "0 bytes",
    "999 bytes",
    "1 KB",
    "999 KB",
    "1 MB",
    "12.3 MB",
    "5 PB",
  ]);
  expect(exactBytes(1234)).toBe("1,234 bytes");
});

it("counts in the right number", () => {
  expect([counted(1, "event"), counted(0, "event"), counted(2, "entry", "entries")]).toEqual([
    "1 event",
    "0 events",
    "2 entries",
  ]);
});

it("shows small shares finely", () => {
  expect([0, 0.004, 0.5, 1.2].map(percent)).toEqual(["0 %", "0.4 %", "50 %", "120 %"]);
});
