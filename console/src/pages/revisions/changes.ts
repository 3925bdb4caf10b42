/** The order and the fields in which a diff is shown. */

import type { Model } from "@/api/types";
import { SPOKEN } from "@/pages/revisions/in_words";
import { writeJson } from "@/text/json";

type Change = Model<"RevisionChangeRow">;

const WEIGHT = { breaking: 0, safe: 1, cosmetic: 2 };

/** What breaks first; within a class as the API has them. */
export function byWeight(changes: readonly Change[]): Change[] {
  return changes.toSorted((one, other) => WEIGHT[one.class] - WEIGHT[other.class]);
}

/** Of a change the properties that differ and are not said in words, of what was added or removed all. */
export function propertiesThatDiffer({ before, after }: Pick<Change, "before" | "after">): string[] {
  const properties = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter(
    (property) => property !== "fields",
  );
  if (before === null || after === null) return properties;
  return properties.filter(
    (property) => !SPOKEN.has(property) && writeJson(before[property]) !== writeJson(after[property]),
  );
}
