import { expect, it } from "vitest";

import { relativeTime } from "@/time/relative";

const NOW = Date.parse("2026-03-31T10:00:00Z");

it("says how long ago something was, or how far off it is", () => {
  const said = [-3, -59, -60, -3_599, -7_200, -86_400 * 3, -86_400 * 70, 86_400 * 2].map((seconds) =>
    relativeTime(NOW + seconds * 1000, NOW),
  );
  expect(said).toEqual([
    "just now",
    "59 seconds ago",
    "1 minute ago",
    "59 minutes ago",
    "2 hours ago",
    "3 days ago",
    "2 months ago",
    "in 2 days",
  ]);
});
