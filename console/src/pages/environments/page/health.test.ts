import { expect, test } from "vitest";

import type { Model } from "@/api/types";
import { deliveryState, healthOf } from "@/pages/environments/page/health";

function usage(series: Partial<Model<"UsageRow">>[], totals: Model<"UsageCounts"> = {}): Model<"Usage"> {
  const rows = series.map((row) => ({ at: "", ...row }));
  return { from: "", to: "", slice: "hour", series: rows, totals };
}

const NINE = "2026-11-25T09:00:00.000Z";
const TEN = "2026-11-25T10:00:00.000Z";
const TEN_PAST = "2026-11-25T10:10:00.000Z";
const TWENTY_PAST = "2026-11-25T10:20:00.000Z";

test("an environment without events has no share of refused ones", () => {
  const health = healthOf(usage([{ at: NINE }]), usage([]));
  expect(health).toMatchObject({ events: 0, refusedShare: null, lastEventAt: null, deliveredTo: null });
});

test("the share is of all events, those over a limit too", () => {
  const totals = { accepted: 6, rejected: 2, limited: 2 };
  expect(healthOf(usage([], totals), usage([]))).toMatchObject({
    events: 10,
    refused: 2,
    refusedShare: 0.2,
    limited: 2,
  });
});

test("the last event is told by the minute where minutes are there", () => {
  const hours = usage([
    { at: NINE, accepted: 1 },
    { at: TEN, rejected: 1 },
  ]);
  expect(healthOf(hours, usage([])).lastEventAt).toBe(TEN);
  const minutes = usage([{ at: TEN_PAST, rejected: 1 }, { at: TWENTY_PAST }]);
  expect(healthOf(hours, minutes).lastEventAt).toBe(TEN_PAST);
  expect(healthOf(hours, usage([{ at: TWENTY_PAST }])).lastEventAt).toBe(TEN);
});

test("what waits longest is of the oldest hour, or of a minute of that hour", () => {
  const minutes = usage([{ at: TEN_PAST }, { at: TWENTY_PAST, in_flight: 1 }]);
  expect(healthOf(usage([{ at: TEN, in_flight: 1 }], { in_flight: 1 }), minutes)).toMatchObject({
    inFlight: 1,
    waitingSince: TWENTY_PAST,
  });
  expect(
    healthOf(
      usage([
        { at: NINE, in_flight: 2 },
        { at: TEN, in_flight: 1 },
      ]),
      minutes,
    ).waitingSince,
  ).toBe(NINE);
  expect(healthOf(usage([{ at: NINE }]), usage([])).waitingSince).toBeNull();
});

test("delivery that is counted before acceptance leaves nothing on its way", () => {
  expect(healthOf(usage([], { in_flight: -3 }), usage([])).inFlight).toBe(0);
});

test("a destination's last error is told while it lasts, and for a day after", () => {
  const error = { reason: "The target answered 503.", since: NINE, at: TEN, recovered_at: null };
  const recovered = { ...error, recovered_at: TEN_PAST };
  const day = 24 * 3_600_000;
  expect(deliveryState(null, Date.parse(TEN))).toBe("fine");
  expect(deliveryState(error, Date.parse(TEN) + 9 * day)).toBe("failing");
  expect(deliveryState(recovered, Date.parse(TWENTY_PAST))).toBe("recovered");
  expect(deliveryState(recovered, Date.parse(TWENTY_PAST) + day)).toBe("fine");
});
