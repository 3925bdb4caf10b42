import { expect, test } from "vitest";

import { pauseAfter } from "@/components/first_event";

test("an event is looked for often at first, then less, and not for ever", () => {
  expect(pauseAfter(0)).toBe(2_000);
  expect(pauseAfter(5 * 60_000)).toBe(10_000);
  expect(pauseAfter(30 * 60_000)).toBe(false);
  let looks = 0;
  for (let at = 0, pause = pauseAfter(0); pause !== false; looks += 1, pause = pauseAfter(at)) at += pause;
  expect(looks).toBeLessThan(250);
});
