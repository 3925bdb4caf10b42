const STEPS: [limitSeconds: number, seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86_400, 3600, "hour"],
  [2_592_000, 86_400, "day"],
  [31_536_000, 2_592_000, "month"],
  [Infinity, 31_536_000, "year"],
];

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const EXACT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** `5 minutes ago`, `in 3 days`, `just now`; both times in milliseconds. */
export function relativeTime(at: number, now: number): string {
  const seconds = (at - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  for (const [limit, unitSeconds, unit] of STEPS) {
    if (size < limit) return RELATIVE.format(Math.trunc(seconds / unitSeconds), unit);
  }
  return "";
}

/** `25 Nov 2026, 14:03:12 (UTC 13:03:12)`, the first in the reader's own zone. */
export function exactTime(at: number): string {
  const utc = new Date(at).toISOString();
  return `${EXACT.format(at)} (UTC ${utc.slice(11, 19)})`;
}
