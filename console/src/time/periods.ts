/** Periods of usage. All arithmetic is in UTC, as the API's slices are. */

import type { Model } from "@/api/types";

export type SliceName = Model<"Usage">["slice"];

export const PERIODS = ["realtime", "today", "7d", "30d", "this-month", "last-month", "12m", "custom"] as const;

export type PeriodName = (typeof PERIODS)[number];

export const PERIOD_LABELS: Record<PeriodName, string> = {
  realtime: "Realtime",
  today: "Today",
  "7d": "7 days",
  "30d": "30 days",
  "this-month": "This month",
  "last-month": "Last month",
  "12m": "12 months",
  custom: "Custom",
};

/** The days of a custom period, both included, as `2026-11-25`. */
export interface CustomDays {
  from?: string;
  to?: string;
}

/** `[from, to)` in milliseconds, and the slice that it is drawn by. */
export interface Range {
  from: number;
  to: number;
  slice: SliceName;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LONGEST_BY_HOUR = 14 * DAY;
const LONGEST_BY_DAY = 400 * DAY;

/** The range of a period that ends now; a custom one without two valid days in order is the last 30 days. */
export function rangeOf(period: PeriodName, now: number, days: CustomDays = {}): Range {
  const today = startOfDay(now);
  switch (period) {
    case "realtime":
      return { from: floor(now, MINUTE) - 29 * MINUTE, to: now, slice: "minute" };
    case "today":
      return { from: today, to: now, slice: "hour" };
    case "7d":
      return { from: today - 6 * DAY, to: now, slice: "hour" };
    case "30d":
      return { from: today - 29 * DAY, to: now, slice: "day" };
    case "this-month":
      return { from: startOfMonth(now, 0), to: now, slice: "day" };
    case "last-month":
      return { from: startOfMonth(now, -1), to: startOfMonth(now, 0), slice: "day" };
    case "12m":
      return { from: startOfMonth(now, -11), to: now, slice: "month" };
    case "custom":
      return customRange(days, now) ?? rangeOf("30d", now);
  }
}

/**
 * The range to compare a period with: as long, and directly before it; of a month, of the month before, as far as this
 * one has come. It is asked for in finer slices than it is drawn by, since the API rounds to whole ones.
 */
export function rangeBefore(period: PeriodName, now: number, days: CustomDays = {}): Range {
  const range = rangeOf(period, now, days);
  const length = range.to - range.from;
  switch (period) {
    case "realtime":
      return { from: range.from - 30 * MINUTE, to: range.from, slice: "minute" };
    case "today":
      return { from: range.from - DAY, to: range.to - DAY, slice: "minute" };
    case "7d":
      return { from: range.from - 7 * DAY, to: range.to - 7 * DAY, slice: "hour" };
    case "30d":
      return { from: range.from - 30 * DAY, to: range.to - 30 * DAY, slice: "hour" };
    case "this-month": {
      const from = startOfMonth(now, -1);
      return { from, to: Math.min(from + length, range.from), slice: "hour" };
    }
    case "last-month":
      return { from: startOfMonth(now, -2), to: range.from, slice: "day" };
    case "12m": {
      const from = startOfMonth(now, -23);
      return { from, to: Math.min(from + length, range.from), slice: "day" };
    }
    case "custom":
      return { from: range.from - length, to: range.from, slice: length <= LONGEST_BY_HOUR ? "hour" : "day" };
  }
}

/** `from`, `to` and `slice` as `/v1/usage` takes them. */
export function rangeQuery(range: Range): { from: string; to: string; slice: SliceName } {
  return { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString(), slice: range.slice };
}

/** How a slice is called in a table or tooltip, in UTC. */
export function sliceLabel(at: number, slice: SliceName): string {
  return LABELS[slice].format(at);
}

/** Whether a slice that starts at `at` has ended. */
export function isOver(at: number, slice: SliceName, now: number): boolean {
  const end = slice === "month" ? startOfMonth(at, 1) : at + { minute: MINUTE, hour: HOUR, day: DAY }[slice];
  return end <= now;
}

/** The change against what was before as a share; null where there was nothing to compare with. */
export function change(now: number, before: number): number | null {
  return before === 0 ? null : (now - before) / before;
}

export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(text);
  // Some browsers read 31 February as 3 March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** Whole days as the API takes them, in RFC 3339: from the start of the first to the end of the last. */
export function wholeDays({ from, to }: CustomDays): { from?: string; to?: string } {
  return {
    ...(from === undefined ? {} : { from: `${from}T00:00:00Z` }),
    ...(to === undefined ? {} : { to: new Date(Date.parse(to) + DAY).toISOString() }),
  };
}

/** The days that a range touches. */
export function daysOf({ from, to }: Pick<Range, "from" | "to">): Required<CustomDays> {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10);
  return { from: day(from), to: day(to - 1) };
}

function customRange({ from, to }: CustomDays, now: number): Range | null {
  if (from === undefined || to === undefined || !isDay(from) || !isDay(to)) return null;
  const start = Date.parse(from);
  const end = Math.min(Date.parse(to) + DAY, now);
  if (start >= end) return null;
  const length = end - start;
  return {
    from: start,
    to: end,
    slice: length <= LONGEST_BY_HOUR ? "hour" : length <= LONGEST_BY_DAY ? "day" : "month",
  };
}

function floor(time: number, step: number): number {
  return Math.floor(time / step) * step;
}

function startOfDay(time: number): number {
  return floor(time, DAY);
}

function startOfMonth(time: number, offset: number): number {
  const date = new Date(time);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset, 1);
}

const utc = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC", hourCycle: "h23" });

const LABELS: Record<SliceName, Intl.DateTimeFormat> = {
  minute: utc({ hour: "2-digit", minute: "2-digit" }),
  hour: utc({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }),
  day: utc({ day: "numeric", month: "short", year: "numeric" }),
  month: utc({ month: "long", year: "numeric" }),
};
