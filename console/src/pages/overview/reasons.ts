/** Why events were refused, by field: the groups of several environments' quarantines as one list. */

import { FAULTS } from "@/api/fault_codes";
import type { Model } from "@/api/types";
import { oneOf } from "@/state/search";

export interface Reason {
  code: Model<"Fault">;
  pointer: string;
  /** Events, those that were sent since among them. */
  count: number;
  environment: Model<"Environment">;
}

interface Quarantined {
  environment: Model<"Environment">;
  groups: readonly Model<"QuarantineGroup">[];
}

/** The most frequent first; what several revisions of an environment refused for one reason is one. */
export function reasonsOf(all: readonly Quarantined[]): Reason[] {
  const found = new Map<string, Reason>();
  for (const { environment, groups } of all) {
    for (const { code: given, pointer, count, redriven } of groups) {
      const code = oneOf(given, FAULTS);
      if (code === undefined) continue;
      const key = `${environment.id} ${code} ${pointer}`;
      const before = found.get(key)?.count ?? 0;
      found.set(key, { code, pointer, environment, count: before + count + redriven });
    }
  }
  return [...found.values()].toSorted((one, other) => other.count - one.count);
}
