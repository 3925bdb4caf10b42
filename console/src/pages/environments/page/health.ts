/** How an environment does, read from its usage: what came, what was refused, and how far delivery is behind. */

import type { Model } from "@/api/types";

export interface Health {
  /** Events of the last 24 hours, whatever became of them. */
  events: number;
  refused: number;
  /** Of the events; null without any. */
  refusedShare: number | null;
  /** Over the plan or the rate limit. */
  limited: number;
  setAside: number;
  inFlight: number;
  /** The start of the newest slice in which an event came. */
  lastEventAt: string | null;
  /** The start of the newest slice of whose events some are delivered. */
  deliveredTo: string | null;
  /** The start of the oldest slice of whose events some are on their way. */
  waitingSince: string | null;
}

type Row = Model<"UsageRow">;
type Summed = Pick<Model<"Usage">, "series" | "totals">;

/** What is asked for: all that `healthOf` reads. */
export const HEALTH_METRICS = "accepted,rejected,limited,delivered,set_aside,in_flight";

/**
 * Sum up the last 24 hours by hour. The last hour by minute tells times more exactly.
 */
export function healthOf(hours: Summed, minutes: Summed): Health {
  const { accepted = 0, rejected = 0, limited = 0, set_aside = 0, in_flight = 0 } = hours.totals;
  const events = accepted + rejected + limited;
  const fine = minutes.series;
  const newest = (has: (row: Row) => boolean) => fine.findLast(has)?.at ?? hours.series.findLast(has)?.at ?? null;
  return {
    events,
    refused: rejected,
    refusedShare: events === 0 ? null : rejected / events,
    limited,
    setAside: set_aside,
    inFlight: Math.max(0, in_flight),
    lastEventAt: newest((row) => sum(row.accepted, row.rejected, row.limited) > 0),
    deliveredTo: newest(({ delivered = 0 }) => delivered > 0),
    waitingSince: waitingSince(hours.series, fine),
  };
}

function waitingSince(hours: readonly Row[], minutes: readonly Row[]): string | null {
  const waits = ({ in_flight = 0 }: Row) => in_flight > 0;
  const hour = hours.find(waits);
  const minute = minutes.find(waits);
  if (hour === undefined) return minute?.at ?? null;
  // A minute of that hour is more exact; an hour before the minutes is older than all of them.
  const first = minutes[0];
  const isCovered = first !== undefined && Date.parse(hour.at) + HOUR_MS > Date.parse(first.at);
  return isCovered && minute !== undefined ? minute.at : hour.at;
}

const HOUR_MS = 3_600_000;
const TOLD_MS = 24 * HOUR_MS;

/** What to say of a destination's last error at a time in milliseconds: after a day, one that is over is no news. */
export function deliveryState(error: Model<"DeliveryError"> | null, now: number): "fine" | "failing" | "recovered" {
  if (error === null) return "fine";
  if (error.recovered_at === null) return "failing";
  return now - Date.parse(error.recovered_at) < TOLD_MS ? "recovered" : "fine";
}

function sum(...counts: (number | undefined)[]): number {
  return counts.reduce<number>((total, count) => total + (count ?? 0), 0);
}
