/** Example values as text fields hold them. */

import type { Model } from "@/api/types";

export type Example = Record<string, unknown>;

/** What a field shows of a value: strings as they are, everything else as JSON, nothing as nothing. */
export function textIn(type: Model<"DataType">, value: unknown): string {
  if (value === undefined) return "";
  const isText = (type === "STRING" || type === "DATETIME") && typeof value === "string";
  return isText ? value : JSON.stringify(value, null, 2);
}

/** The value of a JSON field; an empty one leaves its key out. */
export function valueFrom(text: string): { ok: true; value: unknown } | { ok: false } {
  if (text.trim() === "") return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false };
  }
}

/** The example with another value at a key, or without the key. */
export function withValue(example: Example, key: string, value: unknown): Example {
  if (value !== undefined) return { ...example, [key]: value };
  return Object.fromEntries(Object.entries(example).filter(([name]) => name !== key));
}
