/** Two people's changes of one draft put together, by the keys at its root. */

import type { SchemaField } from "@/pages/revisions/field";
import { sameJson } from "@/text/json";

export interface Merged {
  fields: SchemaField[];
  /** Keys that both changed, differently: mine was taken. */
  contested: string[];
  /** Keys that only the other changed, added or removed. */
  theirs: string[];
}

/** Put `mine` and `theirs` together, both made from `base`; in my order, with what they added at the end. */
export function merge(
  base: readonly SchemaField[],
  mine: readonly SchemaField[],
  theirs: readonly SchemaField[],
): Merged {
  const [was, they] = [byKey(base), byKey(theirs)];
  const contested: string[] = [];
  const taken: string[] = [];
  const fields: SchemaField[] = [];
  const own = byKey(mine);
  for (const field of mine) {
    const before = was.get(field.key);
    const other = they.get(field.key);
    if (same(before, other) || same(field, other)) fields.push(field);
    else if (same(field, before)) {
      taken.push(field.key);
      if (other !== undefined) fields.push(other);
    } else {
      contested.push(field.key);
      fields.push(field);
    }
  }
  for (const field of theirs) {
    if (own.has(field.key)) continue;
    const before = was.get(field.key);
    if (before === undefined) {
      taken.push(field.key);
      fields.push(field);
    } else if (!same(before, field)) contested.push(field.key);
  }
  return { fields, contested, theirs: taken };
}

function byKey(fields: readonly SchemaField[]): Map<string, SchemaField> {
  return new Map(fields.map((field) => [field.key, field]));
}

function same(one: SchemaField | undefined, other: SchemaField | undefined): boolean {
  return sameJson(one, other);
}
