/** What became of an event's keys, by what was done to them. */

import type { Model } from "@/api/types";
import { writeJson } from "@/text/json";
import { visible } from "@/text/laid_out";

export interface Told {
  label: string;
  pointers: string[];
  /** How many more there are than are listed. */
  left: number;
}

const MOST = 50;

/** Empty where the event is stored just as it was sent. */
export function toldOf(row: Model<"DryRunRow">): Told[] {
  const groups: [string, readonly string[]][] = [
    ["Dropped", row.dropped ?? []],
    ["Kept in _extra", keptOf(row.stored)],
    ["Filled with the default", row.defaulted ?? []],
    ["Filled by a macro", row.filled ?? []],
    ["Protected", row.protected ?? []],
  ];
  return groups.flatMap(([label, pointers]) =>
    pointers.length === 0
      ? []
      : [{ label, pointers: pointers.slice(0, MOST).map(visible), left: Math.max(0, pointers.length - MOST) }],
  );
}

function keptOf(stored: Record<string, unknown> | null): string[] {
  const extra = stored?._extra;
  if (typeof extra !== "object" || extra === null) return [];
  return Object.entries(extra).map(([pointer, value]) =>
    pointer === "" ? `and more than fits: ${writeJson(value)}` : pointer,
  );
}
