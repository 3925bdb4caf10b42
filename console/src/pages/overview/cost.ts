/** What an environment costs on AWS, estimated from the figures that docs/cost.md is made of. */

import type { Model } from "@/api/types";
import figures from "@/pages/overview/cost_figures.json";

export type Door = keyof typeof figures.per_million;
export type CostedDestination = "s3" | keyof typeof figures.on_top;

/** How events come, and where they go. */
export interface Traffic {
  /** As stored. */
  eventBytes: number;
  eventsPerRequest: number;
  destination: CostedDestination;
}

export const ALB_DOLLARS_PER_MONTH = figures.alb_dollars_per_month;
/** What a table's commits take, where there is one each minute. */
export const LAKE_DOLLARS_PER_MONTH = figures.lake_dollars_per_month;

/** What the objects of a lake's files of Parquet take, where there is one each minute. */
export const PARQUET_DOLLARS_PER_MONTH = figures.parquet_dollars_per_month;

/** What a period's usage says of how events come; null without any. */
export function trafficOf(totals: Model<"UsageCounts">, destination: CostedDestination): Traffic | null {
  const { requests = 0, bytes = 0, accepted = 0, rejected = 0, limited = 0 } = totals;
  if (requests === 0 || accepted === 0) return null;
  return {
    eventBytes: bytes / accepted,
    eventsPerRequest: (accepted + rejected + limited) / requests,
    destination,
  };
}

/** Dollars for a million events. Between the figures that there are, in proportion; beyond them, as at their end. */
export function dollarsPerMillion(traffic: Traffic, door: Door = "http_api"): number {
  const size = placeOf(traffic.eventBytes, figures.event_bytes);
  const batch = placeOf(traffic.eventsPerRequest, figures.events_per_request);
  const row = (index: number) => between(figures.per_million[door][index] ?? [], batch);
  const s3 = mixed(row(size.index), row(size.index + 1), size.share);
  if (traffic.destination === "s3") return s3;
  return s3 + between(figures.on_top[traffic.destination], size);
}

/** What an environment's destination counts as here. */
export function costedDestination({ destination }: Model<"Environment">): CostedDestination {
  if (destination.type === "lake") return destination.table_format === "parquet" ? "lake_parquet" : "lake";
  if (destination.type !== "bigquery") return destination.type;
  return destination.mode === "stream" ? "bigquery_stream" : "bigquery_load";
}

/** `$0.15`; below a cent with two digits that say something. */
export function dollars(amount: number): string {
  if (amount === 0) return "$0";
  if (amount >= 0.01)
    return `$${amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `$${amount.toPrecision(2)}`;
}

interface Place {
  index: number;
  /** Of the way to the next one. */
  share: number;
}

/** Where a number stands among growing ones, by its logarithm. */
function placeOf(value: number, among: readonly number[]): Place {
  const first = among[0] ?? 1;
  const last = among.at(-1) ?? 1;
  const inside = Math.min(last, Math.max(first, value));
  const index = Math.max(
    0,
    Math.min(
      among.length - 2,
      among.findLastIndex((known) => known <= inside),
    ),
  );
  const [low = 1, high = 1] = among.slice(index, index + 2);
  return { index, share: Math.log(inside / low) / Math.log(high / low) };
}

function between(values: readonly number[], { index, share }: Place): number {
  return mixed(values[index] ?? 0, values[index + 1] ?? 0, share);
}

function mixed(low: number, high: number, share: number): number {
  return low > 0 && high > 0 ? low * (high / low) ** share : low + (high - low) * share;
}
