import { expect, test } from "vitest";

import { projected } from "@/time/projection";

test("a month goes on as it began", () => {
  expect(projected(1_500, Date.UTC(2026, 10, 16))).toBe(3_000); // half of November
  expect(projected(100, Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toBe(100);
  expect(projected(0, Date.UTC(2026, 10, 16))).toBe(0);
});

test("the first day of a month tells nothing of the rest", () => {
  expect(projected(5, Date.UTC(2026, 0, 1, 23, 59))).toBeNull();
  expect(projected(5, Date.UTC(2026, 0, 2))).toBe(155);
});
