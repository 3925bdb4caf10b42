const DAY_MS = 86_400_000;

/** What a month's sum will be at its end if it grows as it has since the month began (UTC); null on its first day. */
export function projected(used: number, now: number): number | null {
  const date = new Date(now);
  const start = Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  const end = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  return now - start < DAY_MS ? null : Math.round((used * (end - start)) / (now - start));
}
