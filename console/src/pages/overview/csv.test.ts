import { expect, it } from "vitest";

import { csvFrom } from "@/pages/overview/csv";

it("has one line a slice, with zeros for what was not counted", () => {
  const usage = {
    from: "2026-01-01T00:00:00.000Z",
    to: "2026-01-02T00:00:00.000Z",
    slice: "day" as const,
    series: [{ at: "2026-01-01T00:00:00.000Z", requests: 2, bytes: 300, accepted: 1, rejected: 1 }],
    totals: {},
  };
  expect(csvFrom(usage)).toBe(
    "at,requests,bytes,accepted,rejected,quarantined,limited,delivered\r\n2026-01-01T00:00:00.000Z,2,300,1,1,0,0,0\r\n",
  );
});
