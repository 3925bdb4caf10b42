import { expect, it } from "vitest";

import { counted, exactBytes, exactCount, humanBytes, humanCount, noun, percent } from "@/text/units";

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

it("rounds nothing to none or to all", () => {
  expect([0.00002, -0.00002, 0.0004, 1, 0.9999, -0.9999, 0.996, -0.9975, -1].map(percent)).toEqual([
    "< 0.1 %",
    "-< 0.1 %",
    "< 0.1 %",
    "100 %",
    "> 99.9 %",
    "-> 99.9 %",
    "99.6 %",
    "-99.8 %",
    "-100 %",
  ]);
});

it("claims no digits that a browser does not know", () => {
  expect(exactCount(2 ** 53 - 1)).toBe("9,007,199,254,740,991");
  expect(exactCount(2 ** 53 + 2)).toBe("about 9,007,199,254,740,994");
  expect(exactBytes(2 ** 60)).toContain("about ");
});

it("names one of a thing and several apart", () => {
  expect([0, 1, 2].map((count) => noun(count, "request"))).toEqual(["requests", "request", "requests"]);
  expect(noun(2, "entry", "entries")).toBe("entries");
});
