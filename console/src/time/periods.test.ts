import { describe, expect, it } from "vitest";

import {
  change,
  daysOf,
  isDay,
  isOver,
  PERIODS,
  rangeBefore,
  rangeOf,
  rangeQuery,
  sliceLabel,
  wholeDays,
} from "@/time/periods";

const NOW = Date.parse("2026-03-31T10:23:45.678Z");
const at = (text: string) => Date.parse(text);

describe("a period", () => {
  it("begins at a whole slice of UTC and ends now", () => {
    expect(rangeOf("today", NOW)).toEqual({ from: at("2026-03-31T00:00Z"), to: NOW, slice: "hour" });
    expect(rangeOf("7d", NOW).from).toBe(at("2026-03-25T00:00Z"));
    expect(rangeOf("30d", NOW).from).toBe(at("2026-03-02T00:00Z"));
    expect(rangeOf("realtime", NOW).from).toBe(at("2026-03-31T09:54Z"));
  });

  it("of months knows how long they are", () => {
    expect(rangeOf("last-month", NOW)).toEqual({
      from: at("2026-02-01T00:00Z"),
      to: at("2026-03-01T00:00Z"),
      slice: "day",
    });
    expect(rangeOf("12m", NOW).from).toBe(at("2025-04-01T00:00Z"));
  });

  it("is never more slices than the API answers", () => {
    const seconds = { minute: 60, hour: 3600, day: 86_400, month: 2_419_200 };
    for (const period of PERIODS) {
      for (const range of [rangeOf(period, NOW), rangeBefore(period, NOW)]) {
        expect((range.to - range.from) / 1000 / seconds[range.slice]).toBeLessThan(1500);
      }
    }
  });

  it("that is custom holds both its days, and none to come", () => {
    expect(rangeOf("custom", NOW, { from: "2026-03-10", to: "2026-03-10" })).toEqual({
      from: at("2026-03-10T00:00Z"),
      to: at("2026-03-11T00:00Z"),
      slice: "hour",
    });
    expect(rangeOf("custom", NOW, { from: "2026-01-01", to: "2027-01-01" })).toMatchObject({ to: NOW, slice: "day" });
    expect(rangeOf("custom", NOW, { from: "2024-01-01", to: "2026-01-01" }).slice).toBe("month");
  });

  it("that is custom and makes no sense is the last 30 days", () => {
    for (const days of [{}, { from: "2026-03-10" }, { from: "2026-03-10", to: "2026-03-09" }, { from: "x", to: "y" }]) {
      expect(rangeOf("custom", NOW, days)).toEqual(rangeOf("30d", NOW));
    }
  });
});

describe("the period before", () => {
  it("ends where the period begins, or is as far along", () => {
    expect(rangeBefore("today", NOW).to).toBe(NOW - 86_400_000);
    expect(rangeBefore("last-month", NOW)).toMatchObject({
      from: at("2026-01-01T00:00Z"),
      to: at("2026-02-01T00:00Z"),
    });
    expect(rangeBefore("custom", NOW, { from: "2026-03-10", to: "2026-03-11" })).toMatchObject({
      from: at("2026-03-08T00:00Z"),
      to: at("2026-03-10T00:00Z"),
    });
  });

  it("of a long month does not run over the end of a short one", () => {
    expect(rangeBefore("this-month", NOW)).toMatchObject({
      from: at("2026-02-01T00:00Z"),
      to: at("2026-03-01T00:00Z"),
    });
  });

  it("that had nothing can't be compared with", () => {
    expect(change(5, 0)).toBeNull();
    expect(change(15, 10)).toBe(0.5);
  });
});

it("asks the API in RFC 3339", () => {
  expect(rangeQuery(rangeOf("last-month", NOW))).toEqual({
    from: "2026-02-01T00:00:00.000Z",
    to: "2026-03-01T00:00:00.000Z",
    slice: "day",
  });
});

it("tells a slice that is over from one that goes on", () => {
  const start = at("2026-02-28T00:00Z");
  expect(isOver(start, "minute", start + 60_000)).toBe(true);
  expect(isOver(start, "hour", start + 60_000)).toBe(false);
  expect(isOver(start, "day", at("2026-03-01T00:00Z"))).toBe(true);
  expect(isOver(at("2026-02-01T00:00Z"), "month", at("2026-02-28T23:59Z"))).toBe(false);
  expect(isOver(at("2026-02-01T00:00Z"), "month", at("2026-03-01T00:00Z"))).toBe(true);
});

it("names slices in UTC", () => {
  expect(sliceLabel(at("2026-03-31T23:59Z"), "minute")).toBe("23:59");
  expect(sliceLabel(at("2026-03-31T23:00Z"), "day")).toBe("31 Mar 2026");
});

describe("days", () => {
  it("are those of the calendar", () => {
    expect(isDay("2026-02-28")).toBe(true);
    expect(isDay("2026-02-31")).toBe(false);
    expect(isDay("2026-2-3")).toBe(false);
  });

  it("are asked for whole, both ends included", () => {
    const day = { from: "2026-11-24", to: "2026-11-25" };
    const asked = { from: "2026-11-24T00:00:00Z", to: "2026-11-26T00:00:00.000Z" };
    expect(wholeDays(day)).toEqual(asked);
    expect(wholeDays({})).toEqual({});
    expect(daysOf({ from: Date.parse(asked.from), to: Date.parse(asked.to) })).toEqual(day);
  });
});
